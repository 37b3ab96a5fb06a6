import * as t from "@inkseal/lab";
import { type Backend, initialWeights, type Parameters, parameter, type Random, Tensor, type Weights } from "@inkseal/lab";
import { apply, type Wish, wishVectors } from "../../src/picture/flow.ts";

/**
 * What was tried first: flow matching by a diffusion Transformer (Peebles & Xie 2023) over sixteen tokens, two by two places of the grid each;
 * words, style and time shift, scale and gate every layer (adaLN). In 260 s of CPU it saw 40,000 pictures, the perceptron 255,000.
 */
export interface TransformerSize {
  readonly words: number;
  readonly styles: number;
  readonly latent: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Width of a word's vector. */
  readonly vector: number;
}
const places = 16;

const dense = (name: string, out: number, input: number): [string, readonly number[]][] => [
  [`${name}.weight`, [out, input]],
  [`${name}.bias`, [out]],
];
export function transformerShapes({
  words,
  styles,
  latent,
  width,
  layers,
  vector,
}: TransformerSize): Map<string, readonly number[]> {
  return new Map<string, readonly number[]>([
    ...dense("in", width, 4 * latent),
    ["positions", [places, width]],
    ["words", [words, vector]],
    ...dense("text.up", 2 * width, vector),
    ...dense("text.down", width, 2 * width),
    ["styles", [styles, width]],
    ...dense("time.up", width, width),
    ...dense("time.down", width, width),
    ...Array.from({ length: layers }, (_, i) => [
      ...dense(`layers.${i}.modulation`, 6 * width, width),
      ...dense(`layers.${i}.attention.in`, 3 * width, width),
      ...dense(`layers.${i}.attention.out`, width, width),
      ...dense(`layers.${i}.feed.up`, 4 * width, width),
      ...dense(`layers.${i}.feed.down`, width, 4 * width),
    ]).flat(),
    ...dense("modulation", 2 * width, width),
    ...dense("out", 4 * latent, width),
  ]);
}
export const initialTransformer = (size: TransformerSize, random: Random): Weights =>
  initialWeights(transformerShapes(size), random, (name, shape) => {
    if (name === "out.weight") return 0;
    if (name === "positions" || name === "styles") return 0.3;
    if (name === "words") return 1;
    if (/modulation/.test(name)) return 0.1 / Math.sqrt(shape[1]!);
    return (/(attention\.out|feed\.down)\.weight$/.test(name) ? 0.7 / Math.sqrt(2 * size.layers) : 0.8) / Math.sqrt(shape[1]!);
  });

/** Noisy grids [B, 8, 8, latent] at their times (0 noise, 1 picture) → their velocities. */
export function velocity(
  size: TransformerSize,
  p: Parameters,
  grids: Tensor,
  times: readonly number[],
  wishes: readonly Wish[],
): Tensor {
  const { backend } = grids;
  const { width, heads, latent } = size;
  const B = times.length;
  const time = apply(t.silu(apply(waves(backend, times, width), p, "time.up")), p, "time.down");
  const condition = t.silu(t.add(wishVectors(p, wishes, backend), time));
  const ones = Tensor.full(backend, [width], 1);
  const zeros = Tensor.full(backend, [width], 0);
  const parts = (name: string, count: number): Tensor[] => {
    const all = apply(condition, p, name);
    return Array.from({ length: count }, (_, i) => t.reshape(t.slice(all, 1, i * width, (i + 1) * width), [B, 1, width]));
  };
  const modulated = (x: Tensor, shift: Tensor, scale: Tensor): Tensor =>
    t.add(t.mul(t.norm(x, ones, zeros, 1e-6), t.affine(scale, 1, 1)), shift);

  let x = t.reshape(apply(t.unfold(grids, 2, 2, 2), p, "in"), [B, places, width]);
  x = t.add(x, parameter(p, "positions"));
  for (let i = 0; i < size.layers; i++) {
    const name = `layers.${i}`;
    const [shift1, scale1, gate1, shift2, scale2, gate2] = parts(`${name}.modulation`, 6) as Six;
    const all = apply(modulated(x, shift1, scale1), p, `${name}.attention.in`);
    const part = (k: number): Tensor =>
      t.reshape(t.slice(all, 2, k * width, (k + 1) * width), [B, places, heads, width / heads]);
    const seen = t.reshape(t.attention(part(0), part(1), part(2)), [B, places, width]);
    x = t.add(x, t.mul(apply(seen, p, `${name}.attention.out`), t.affine(gate1, 1, 1)));
    const fed = apply(t.gelu(apply(modulated(x, shift2, scale2), p, `${name}.feed.up`)), p, `${name}.feed.down`);
    x = t.add(x, t.mul(fed, t.affine(gate2, 1, 1)));
  }
  const [shift, scale] = parts("modulation", 2) as [Tensor, Tensor];
  const out = apply(modulated(x, shift, scale), p, "out");
  return t.fold(t.reshape(out, [B, 4, 4, 4 * latent]), 8, 8, 2, 2, 2);
}
type Six = [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];

/** Cosines and sines of 1000·time at geometric frequencies, [B, width] (Vaswani et al. 2017). */
function waves(backend: Backend, times: readonly number[], width: number): Tensor {
  const half = width / 2;
  const values = new Float32Array(times.length * width);
  times.forEach((time, b) => {
    for (let i = 0; i < width; i++) {
      const angle = 1000 * time * 10_000 ** (-(i % half) / half);
      values[b * width + i] = i < half ? Math.cos(angle) : Math.sin(angle);
    }
  });
  return Tensor.from(backend, values, [times.length, width]);
}

/** Mean squared error of the velocity on straight paths from noise to grids [B, 8, 8, latent]. */
export function transformerLoss(
  size: TransformerSize,
  p: Parameters,
  grids: Tensor,
  wishes: readonly Wish[],
  random: Random,
): Tensor {
  const { backend, shape } = grids;
  const B = shape[0]!;
  const noise = Tensor.from(backend, t.fillNormal(random, new Float32Array(grids.size)), shape);
  const each = (values: readonly number[]): Tensor => Tensor.from(backend, values, [B, 1, 1, 1]);
  // more often in the middle, where it is undecided what the picture becomes (Esser et al. 2024)
  const times = Array.from({ length: B }, () => 1 / (1 + Math.exp(-t.normal(random))));
  const noisy = t.add(t.mul(grids, each(times)), t.mul(noise, each(times.map((time) => 1 - time))));
  return t.mean(t.square(t.sub(velocity(size, p, noisy, times, wishes), t.sub(grids, noise))));
}
