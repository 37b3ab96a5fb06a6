import { type Backend, type Block, binaryOps, type UnaryOp, unaryOps } from "../src/tensor/backend.ts";
import { type Check, type Draw, draws } from "./check.ts";

/** What a method made, of numbers and shapes that depend on the seed alone. `pick` answers a whole number in [low, high]. */
type Case = (
  on: Backend,
  draw: Draw,
  pick: (low: number, high: number) => number,
) => readonly Block[] | Promise<readonly number[]>;

const rounds = 6;
/** Largest |ours − theirs| / (1 + |theirs|): f32 arithmetic in another order, and each device's own e^x. */
export const tolerance = 1e-4;

const positive: ReadonlySet<UnaryOp> = new Set(["log", "sqrt", "reciprocal"]);
const strides = (dims: readonly number[]): number[] => dims.map((_, i) => dims.slice(i + 1).reduce((p, d) => p * d, 1));
const size = (dims: readonly number[]): number => dims.reduce((p, d) => p * d, 1);
const ids = (draw: Draw, n: number, below: number): Int32Array => Int32Array.from(draw(n, -1, below), (x) => Math.floor(x)); // −1 among them

const cases: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(
    unaryOps.map((op): [string, Case] => [
      op,
      (on, draw, pick) => {
        const x = draw(pick(1, 3000), positive.has(op) ? 0.1 : -6, 6);
        return [on.unary(op, on.from(x), op === "clamp" ? -2 : 0.7, op === "clamp" ? 1.5 : -0.3)];
      },
    ]),
  ),
  ...Object.fromEntries(
    binaryOps.map((op): [string, Case] => [
      op,
      (on, draw, pick) => {
        const dims = [pick(1, 3), pick(1, 4), pick(1, 3), pick(1, 9), pick(1, 40)];
        // either operand may repeat an axis
        const walk = (): [number[], number[]] => {
          const own = dims.map((d) => (pick(0, 3) === 0 ? 1 : d));
          return [own, strides(own).map((s, i) => (own[i] === 1 ? 0 : s))];
        };
        const [da, sa] = walk();
        const [db, sb] = walk();
        const round = op === "equal" ? Math.round : (x: number): number => x;
        const a = on.from(draw(size(da), -3, 3).map(round));
        const b = on.from(draw(size(db), op === "div" ? 0.3 : -3, 3).map(round));
        return [
          on.binary(op, a, b, dims, sa, sb),
          on.binary(op, a, a, [1, 1, 1, 1, size(da)], [0, 0, 0, 0, 1], [0, 0, 0, 0, 1]),
        ];
      },
    ]),
  ),
  full: (on, _draw, pick) => [on.full(pick(1, 900), 2.5)],
  uniform: (on, _draw, pick) => [on.uniform(pick(1, 5000), pick(0, 2 ** 30), pick(0, 2 ** 30))],
  write(on, draw, pick) {
    const x = on.from(draw(pick(1, 50)));
    const before = on.unary("square", x, 0, 0);
    on.write(x, draw(x.length));
    return [before, on.unary("square", x, 0, 0)];
  },
  accumulate(on, draw, pick) {
    const n = pick(1, 40_000);
    const into = on.from(draw(n));
    on.accumulate(into, on.from(draw(n)));
    return [into];
  },
  sum: (on, draw, pick) => [reduced(on, draw, pick, "sum")],
  "sum of much": (on, draw, pick) => [on.reduce("sum", on.from(draw(pick(5000, 90_000))), 1, 5000, 1)],
  "sum of long columns": (on, draw, pick) => [columns(on, draw, pick(2048, 6000), pick(1, 40))],
  largest: (on, draw, pick) => [reduced(on, draw, pick, "max")],
  copy(on, draw, pick) {
    const dims = [pick(1, 3), pick(1, 3), pick(1, 2), pick(1, 4), pick(1, 5), pick(1, 20)];
    const order = [3, 0, 5, 2, 1, 4];
    const s = strides(dims);
    const x = on.from(draw(size(dims) + 7));
    return [
      on.copy(
        x,
        7,
        order.map((i) => dims[i]!),
        order.map((i) => (i === 1 ? 0 : s[i]!)),
      ),
    ];
  },
  paste(on, draw, pick) {
    const dims = [1, pick(1, 3), pick(1, 2), pick(1, 4), pick(1, 5), pick(1, 9)];
    const whole = dims.map((d) => d + 1);
    return [on.paste(on.from(draw(size(dims))), size(whole), pick(0, 1), dims, strides(whole))];
  },
  matmul(on, draw, pick) {
    const [m, n, k, batch] = [pick(1, 150), pick(1, 150), pick(1, 100), pick(1, 3)];
    const [transA, transB] = [pick(0, 1) === 1, pick(0, 1) === 1];
    const one = pick(0, 1) === 1; // one B for all
    const a = on.from(draw(batch * m * k));
    const b = on.from(draw((one ? 1 : batch) * k * n));
    return [on.matmul(a, b, { m, n, k, transA, transB, batch, strideA: m * k, strideB: one ? 0 : k * n })];
  },
  "matmul of fours, either way round": (on, draw, pick) => {
    const [m, n, k, batch] = [4 * pick(1, 30), 4 * pick(1, 30), 4 * pick(1, 20), pick(1, 2)];
    const [a, b] = [on.from(draw(batch * m * k)), on.from(draw(batch * k * n))];
    const ways = [false, true].flatMap((transA) => [false, true].map((transB) => ({ transA, transB })));
    return ways.map((way) => on.matmul(a, b, { ...way, m, n, k, batch, strideA: m * k, strideB: k * n }));
  },
  "matmul of large matrices": (on, draw, pick) => {
    const [m, n, k] = [pick(500, 600), pick(500, 600), pick(30, 80)];
    const shape = { m, n, k, transA: false, transB: true, batch: 1, strideA: 0, strideB: 0 };
    return [on.matmul(on.from(draw(m * k)), on.from(draw(n * k)), shape)];
  },
  gather(on, draw, pick) {
    const [rows, width, height] = [pick(1, 60), pick(1, 70), pick(1, 30)];
    return [on.gather(on.from(draw(height * width)), on.from(ids(draw, rows, height)), rows, width)];
  },
  scatterAdd(on, draw, pick) {
    const [rows, width, height] = [pick(1, 300), pick(1, 70), pick(1, 30)];
    return [on.scatterAdd(on.from(draw(rows * width)), on.from(ids(draw, rows, height)), rows, width, height)];
  },
  unfold(on, draw, pick) {
    const s = picture(pick);
    return [on.unfold(on.from(draw(s.B * s.H * s.W * s.C)), s)];
  },
  fold(on, draw, pick) {
    const s = picture(pick);
    return [on.fold(on.from(draw(s.B * s.OH * s.OW * s.kh * s.kw * s.C)), s)];
  },
  softmax(on, draw, pick) {
    const [rows, width] = rowShape(pick);
    const y = on.softmax(on.from(draw(rows * width, -9, 9)), rows, width);
    return [y, on.softmaxBack(y, on.from(draw(rows * width)), rows, width)];
  },
  RMSNorm: (on, draw, pick) => normed(on, draw, pick, false),
  LayerNorm: (on, draw, pick) => normed(on, draw, pick, true),
  crossEntropy(on, draw, pick) {
    const [rows, width] = rowShape(pick);
    const logits = on.from(draw(rows * width, -5, 5));
    const targets = on.from(ids(draw, rows, width));
    const { loss, kept } = on.crossEntropy(logits, targets, rows, width);
    return [loss, on.crossEntropyBack(logits, targets, kept, on.from(draw(rows)), rows, width)];
  },
  attention(on, draw, pick) {
    const [B, T, G, dh] = [pick(1, 2), pick(1, 80), pick(1, 2), 2 * pick(1, 17)];
    const [S, H, causal, masked] = [T + pick(0, 20), G * pick(1, 3), pick(0, 1) === 1, pick(0, 1) === 1];
    const shape = { B, T, S, H, G, dh, causal };
    const q = on.from(draw(B * T * H * dh));
    const [k, v] = [on.from(draw(B * S * G * dh)), on.from(draw(B * S * G * dh))];
    const mask = masked ? on.from(draw(B * S).map((x) => (x > 0.6 ? -1e9 : x))) : undefined;
    const { y, kept } = on.attention(q, k, v, mask, shape);
    const { dq, dk, dv } = on.attentionBack(q, k, v, mask, y, kept, on.from(draw(B * T * H * dh)), shape);
    return [y, dq, dk, dv];
  },
  rope(on, draw, pick) {
    const [B, T, heads, half, offset] = [pick(1, 3), pick(1, 9), pick(1, 4), pick(1, 9), pick(0, 5)];
    const rows = B * T;
    const [cos, sin] = [on.from(draw((T + offset) * half)), on.from(draw((T + offset) * half))];
    const x = on.from(draw(rows * heads * half * 2));
    return [false, true].map((inverse) => on.rope(x, cos, sin, rows, heads, half * 2, T, offset, inverse));
  },
  swiglu(on, draw, pick) {
    const n = pick(1, 3000);
    const [gate, up, dy] = [on.from(draw(n, -6, 6)), on.from(draw(n)), on.from(draw(n))];
    const { dgate, dup } = on.swigluBack(gate, up, dy);
    return [on.swiglu(gate, up), dgate, dup];
  },
  squares: async (on, draw, pick) => [await on.squares(on.from(draw(pick(1, 90_000), -0.1, 0.1)))],
  adamw(on, draw, pick) {
    const n = pick(1, 3000);
    const [parameter, m, v] = [on.from(draw(n)), on.full(n, 0), on.full(n, 0)];
    for (let step = 1; step <= 3; step++)
      on.adamw(parameter, on.from(draw(n)), m, v, {
        ...{ rate: 1e-2, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 0.1, step, scale: 0.5 },
      });
    return [parameter, m, v];
  },
};
type Pick = Parameters<Case>[2];
function reduced(on: Backend, draw: Draw, pick: Pick, op: "sum" | "max"): Block {
  const [outer, count, inner] = [pick(1, 20), pick(1, 400), pick(0, 1) === 0 ? 1 : pick(1, 70)];
  return on.reduce(op, on.from(draw(outer * count * inner)), outer, count, inner);
}
const columns = (on: Backend, draw: Draw, count: number, inner: number): Block =>
  on.reduce("sum", on.from(draw(count * inner)), 1, count, inner);
/** Short rows, middling and long ones. */
const rowShape = (pick: Pick): [number, number] => [pick(1, 70), [pick(1, 40), pick(64, 300), pick(1024, 1500)][pick(0, 2)]!];
function normed(on: Backend, draw: Draw, pick: Pick, centred: boolean): readonly Block[] {
  const [rows, width] = rowShape(pick);
  const x = on.from(draw(rows * width));
  const weight = on.from(draw(width));
  const { y, kept } = on.norm(x, weight, centred ? on.from(draw(width)) : undefined, rows, width, 1e-5);
  const dy = on.from(draw(rows * width));
  return [y, on.normBack(x, weight, dy, kept, rows, width, centred), on.normWeight(x, dy, kept, rows, width, centred)];
}
function picture(pick: Pick) {
  const [B, C, kh, kw, stride, pad] = [pick(1, 2), pick(1, 5), pick(1, 3), pick(1, 3), pick(1, 2), pick(0, 1)];
  const [H, W] = [pick(3, 9), pick(3, 9)];
  const out = (length: number, k: number): number => Math.floor((length + 2 * pad - k) / stride) + 1;
  return { B, H, W, C, kh, kw, stride, pad, OH: out(H, kh), OW: out(W, kw) };
}

/** Every method of a backend answers what `reference` answers, within `tolerance`, for random shapes. */
export function conformanceChecks(reference: Backend): readonly Check[] {
  return Object.entries(cases).map(([name, make]) => ({
    name,
    async run(backend) {
      for (let round = 1; round <= rounds; round++) {
        const answer = async (on: Backend): Promise<readonly ArrayLike<number>[]> => {
          const draw = draws(round * 7919);
          const pick = (low: number, high: number): number => Math.floor(draw(1, low, high + 1)[0]!);
          const made = await make(on, draw, pick);
          return Promise.all(made.map((x) => (typeof x === "number" ? [x] : on.read(x))));
        };
        const [theirs, ours] = [await answer(reference), await answer(backend)];
        theirs.forEach((list, part) => {
          for (let i = 0; i < list.length; i++) {
            const [a, b] = [ours[part]![i]!, list[i]!];
            if (!(Math.abs(a - b) <= tolerance * (1 + Math.abs(b))))
              throw new Error(`round ${round}, result ${part}, element ${i}: ${a}, and ${b} on ${reference.name}`);
          }
        });
      }
    },
  }));
}
