import { mul, scale, sub } from "./arithmetic.ts";
import type { AttentionShape, UnfoldShape } from "./backend.ts";
import type { Ids } from "./product.ts";
import { matmul } from "./product.ts";
import { same, sum } from "./shape.ts";
import { size, Tensor } from "./tensor.ts";

/** The layers that networks share. Those with one kernel forwards and one back can be differentiated once, the others again and again. */

export function softmax(x: Tensor): Tensor {
  const width = x.shape.at(-1)!;
  const rows = x.size / width;
  const y: Tensor = Tensor.make(x.backend, x.backend.softmax(x.block, rows, width), x.shape, {
    name: "softmax",
    inputs: [x],
    back: (g, again) => [
      again
        ? mul(y, sub(g, sum(mul(y, g), [-1], true)))
        : Tensor.make(x.backend, x.backend.softmaxBack(y.block, g.block, rows, width), x.shape),
    ],
  });
  return y;
}

/** RMSNorm over the last axis (Zhang & Sennrich 2019), or LayerNorm (Ba et al. 2016) when a bias is given. Differentiable once. */
export function norm(x: Tensor, weight: Tensor, bias?: Tensor, epsilon = 1e-5): Tensor {
  const { backend } = x;
  const width = x.shape.at(-1)!;
  if (weight.size !== width) throw new RangeError(`norm of [${x.shape}] by a weight [${weight.shape}]`);
  const rows = x.size / width;
  const { y, kept } = backend.norm(x.block, weight.block, bias?.block, rows, width, epsilon);
  const centred = bias !== undefined;
  return Tensor.make(backend, y, x.shape, {
    name: "norm",
    inputs: bias === undefined ? [x, weight] : [x, weight, bias],
    back: (g, again) => {
      once("norm", again);
      return [
        Tensor.make(backend, backend.normBack(x.block, weight.block, g.block, kept, rows, width, centred), x.shape),
        Tensor.make(backend, backend.normWeight(x.block, g.block, kept, rows, width, centred), weight.shape),
        bias && Tensor.make(backend, backend.reduce("sum", g.block, 1, rows, width), bias.shape),
      ];
    },
    free: () => backend.free(kept),
  });
}

/** Mean of −ln p(target) over the targets that are not below 0 [rows]; logits [.., classes]. Differentiable once. */
export function crossEntropy(logits: Tensor, targets: Ids, counted = size(targets.shape)): Tensor {
  const losses = crossEntropies(logits, targets);
  return scale(sum(losses), 1 / Math.max(1, counted));
}
/** −ln p(target) of each row. */
export function crossEntropies(logits: Tensor, targets: Ids): Tensor {
  const { backend } = logits;
  const width = logits.shape.at(-1)!;
  const rows = logits.size / width;
  if (size(targets.shape) !== rows) throw new RangeError(`logits [${logits.shape}] and targets [${targets.shape}] do not fit`);
  const { loss, kept } = backend.crossEntropy(logits.block, targets.block, rows, width);
  return Tensor.make(backend, loss, [rows], {
    name: "crossEntropy",
    inputs: [logits],
    back: (g, again) => {
      once("crossEntropy", again);
      return [
        Tensor.make(backend, backend.crossEntropyBack(logits.block, targets.block, kept, g.block, rows, width), logits.shape),
      ];
    },
    free: () => backend.free(kept),
  });
}

export interface AttentionOptions {
  readonly causal?: boolean;
  /** [B, S], added to the scores: −1e9 hides a key. */
  readonly mask?: Tensor;
}
/** Scaled dot-product attention: q [B, T, H, dh], k and v [B, S, G, dh] → [B, T, H, dh]; H/G heads share a key. At most 4,096 keys. Differentiable once. */
export function attention(q: Tensor, k: Tensor, v: Tensor, { causal = false, mask }: AttentionOptions = {}): Tensor {
  const { backend } = q;
  const [B, T, H, dh] = q.shape as [number, number, number, number];
  const [, S, G] = k.shape as [number, number, number];
  if (S > 4096) throw new RangeError(`attention over ${S} keys: at most 4,096 here`);
  if (H % G !== 0 || k.shape[3] !== dh || k.shape.some((d, i) => d !== v.shape[i]))
    throw new RangeError(`attention of [${q.shape}] over [${k.shape}] and [${v.shape}]`);
  const shape: AttentionShape = { B, T, S, H, G, dh, causal };
  const { y: block, kept } = backend.attention(q.block, k.block, v.block, mask?.block, shape);
  const y: Tensor = Tensor.make(backend, block, q.shape, {
    name: "attention",
    inputs: [q, k, v],
    back: (g, again) => {
      once("attention", again);
      const { dq, dk, dv } = backend.attentionBack(q.block, k.block, v.block, mask?.block, y.block, kept, g.block, shape);
      return [Tensor.make(backend, dq, q.shape), Tensor.make(backend, dk, k.shape), Tensor.make(backend, dv, v.shape)];
    },
    free: () => backend.free(kept),
  });
  return y;
}

/** Cosines and sines of positions × dh/2 angles: rotary position embedding (Su et al. 2021). */
export interface Rotation {
  readonly cos: Tensor;
  readonly sin: Tensor;
}
export function rotation(backend: Tensor["backend"], positions: number, dh: number, theta = 10_000): Rotation {
  const half = dh / 2;
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  for (let p = 0; p < positions; p++)
    for (let i = 0; i < half; i++) {
      const angle = p * theta ** ((-2 * i) / dh);
      cos[p * half + i] = Math.cos(angle);
      sin[p * half + i] = Math.sin(angle);
    }
  return { cos: Tensor.from(backend, cos, [positions, half]).keep(), sin: Tensor.from(backend, sin, [positions, half]).keep() };
}
/** Turns the pairs (i, i + dh/2) of x [B, T, H, dh] by their position's angle; `offset` is the position of the first. */
export function rotate(x: Tensor, by: Rotation, offset = 0, inverse = false): Tensor {
  const [B, T, H, dh] = x.shape as [number, number, number, number];
  if (offset + T > by.cos.shape[0]!)
    throw new RangeError(`position ${offset + T} is beyond the ${by.cos.shape[0]} of this model`);
  const block = x.backend.rope(x.block, by.cos.block, by.sin.block, B * T, H, dh, T, offset, inverse);
  return Tensor.make(x.backend, block, x.shape, { name: "rope", inputs: [x], back: (g) => [rotate(g, by, offset, !inverse)] });
}

/** silu(gate)·up (Shazeer 2020). Differentiable once. */
export function swiglu(gate: Tensor, up: Tensor): Tensor {
  const { backend } = gate;
  return Tensor.make(backend, backend.swiglu(gate.block, up.block), gate.shape, {
    name: "swiglu",
    inputs: [gate, up],
    back: (g, again) => {
      once("swiglu", again);
      const { dgate, dup } = backend.swigluBack(gate.block, up.block, g.block);
      return [Tensor.make(backend, dgate, gate.shape), Tensor.make(backend, dup, up.shape)];
    },
  });
}

/** Patches of x [B, H, W, C] → [B, OH, OW, kh·kw·C]; its gradient is `fold`. */
export function unfold(x: Tensor, kh: number, kw: number, stride = 1, padding = 0): Tensor {
  const [B, H, W, C] = x.shape as [number, number, number, number];
  const OH = Math.floor((H + 2 * padding - kh) / stride) + 1;
  const OW = Math.floor((W + 2 * padding - kw) / stride) + 1;
  const s: UnfoldShape = { B, H, W, C, kh, kw, stride, pad: padding, OH, OW };
  return patches(x, s, true);
}
/** Sums patches [B, OH, OW, kh·kw·C] back into a picture [B, H, W, C]: the adjoint of `unfold`. */
export function fold(x: Tensor, H: number, W: number, kh: number, kw: number, stride = 1, padding = 0): Tensor {
  const [B, OH, OW, width] = x.shape as [number, number, number, number];
  return patches(x, { B, H, W, C: width / (kh * kw), kh, kw, stride, pad: padding, OH, OW }, false);
}
function patches(x: Tensor, s: UnfoldShape, out: boolean): Tensor {
  const { backend } = x;
  return Tensor.make(
    backend,
    out ? backend.unfold(x.block, s) : backend.fold(x.block, s),
    out ? [s.B, s.OH, s.OW, s.kh * s.kw * s.C] : [s.B, s.H, s.W, s.C],
    { name: out ? "unfold" : "fold", inputs: [x], back: (g) => [patches(g, s, !out)] },
  );
}
/** Convolution: x [B, H, W, C], weight [out, kh·kw·C] (patch order ky, kx, c) → [B, OH, OW, out]. */
export function conv2d(x: Tensor, weight: Tensor, kernel: number, stride = 1, padding = 0): Tensor {
  return matmul(unfold(x, kernel, kernel, stride, padding), weight, { transB: true });
}
/** Transposed convolution to H×W: x [B, h, w, in], weight [in, kh·kw·C] → [B, H, W, C]. */
export function convTranspose2d(
  x: Tensor,
  weight: Tensor,
  H: number,
  W: number,
  kernel: number,
  stride = 1,
  padding = 0,
): Tensor {
  return fold(matmul(x, weight), H, W, kernel, kernel, stride, padding);
}

/** Zeroes each number with chance `rate` and scales the rest up; the same (seed, stream) gives the same mask. */
export function dropout(x: Tensor, rate: number, seed: number, stream: number): Tensor {
  if (rate === 0) return same(x);
  const { backend } = x;
  const noise = Tensor.make(backend, backend.uniform(x.size, seed, stream), x.shape);
  // noise in [0, 1): noise − rate is positive or zero with chance 1 − rate
  const keep = Tensor.make(backend, backend.unary("affine", noise.block, 1, -rate), x.shape);
  const mask = Tensor.make(backend, backend.unary("step", keep.block, 0, 0), x.shape);
  return scale(mul(x, mask), 1 / (1 - rate));
}

function once(name: string, again: boolean): void {
  if (again) throw new Error(`${name} can be differentiated once; build the penalised part from other layers`);
}
