import type { BinaryOp } from "./backend.ts";
import { broadcastTo, contiguous, padded, reshape, same, sum, sumTo } from "./shape.ts";
import { Tensor } from "./tensor.ts";

/** Elementwise arithmetic with NumPy's broadcasting. Each gradient is made of these same functions, so it can be differentiated again. */

function binary(op: BinaryOp, a: Tensor, b: Tensor, back?: (g: Tensor, y: Tensor) => readonly (Tensor | undefined)[]): Tensor {
  const rank = Math.max(a.rank, b.rank);
  const [da, sa] = padded(a.shape, contiguous(a.shape), rank);
  const [db, sb] = padded(b.shape, contiguous(b.shape), rank);
  const shape = da.map((d, i) => {
    if (d !== db[i] && d !== 1 && db[i] !== 1) throw new RangeError(`${op}: [${a.shape}] and [${b.shape}] do not fit`);
    return d === 1 ? db[i]! : d;
  });
  const ta = sa.map((s, i) => (da[i] === 1 ? 0 : s));
  const tb = sb.map((s, i) => (db[i] === 1 ? 0 : s));
  const [dims, x, y] = merged(shape, ta, tb);
  const [d, xs] = padded(dims, x, 5);
  const [, ys] = padded(dims, y, 5);
  const out: Tensor = Tensor.make(
    a.backend,
    a.backend.binary(op, a.block, b.block, d, xs, ys),
    shape,
    back === undefined
      ? undefined
      : {
          name: op,
          inputs: [a, b],
          back: (g) => back(g, out).map((part, i) => (part === undefined ? undefined : reduced(part, i === 0 ? a : b))),
        },
  );
  return out;
}
/** `sumTo` that does not leave the unsummed behind. */
function reduced(part: Tensor, like: Tensor): Tensor {
  if (part.rank === like.rank && part.shape.every((d, i) => d === like.shape[i])) return part;
  return sumTo(part, like.shape);
}
/** Neighbouring axes that both operands walk alike become one. */
function merged(shape: readonly number[], a: readonly number[], b: readonly number[]): [number[], number[], number[]] {
  const dims: number[] = [];
  const x: number[] = [];
  const y: number[] = [];
  for (let i = 0; i < shape.length; i++) {
    const d = shape[i]!;
    if (d === 1) continue;
    const n = dims.length - 1;
    if (n >= 0 && x[n] === a[i]! * d && y[n] === b[i]! * d) {
      dims[n]! *= d;
      x[n] = a[i]!;
      y[n] = b[i]!;
    } else {
      dims.push(d);
      x.push(a[i]!);
      y.push(b[i]!);
    }
  }
  if (dims.length === 0) return [[1], [1], [1]];
  return [dims, x, y];
}

export const add = (a: Tensor, b: Tensor): Tensor => binary("add", a, b, (g) => [same(g), same(g)]);
export const sub = (a: Tensor, b: Tensor): Tensor => binary("sub", a, b, (g) => [same(g), neg(g)]);
export const mul = (a: Tensor, b: Tensor): Tensor =>
  binary("mul", a, b, (g) => [a.tracked ? mul(g, b) : undefined, b.tracked ? mul(g, a) : undefined]);
export const div = (a: Tensor, b: Tensor): Tensor =>
  binary("div", a, b, (g, y) => [a.tracked ? div(g, b) : undefined, b.tracked ? neg(div(mul(g, y), b)) : undefined]);
/** Where both are equal the gradient goes to a. */
export const maximum = (a: Tensor, b: Tensor): Tensor =>
  binary("max", a, b, (g) => [mul(g, greaterEqual(a, b)), mul(g, greater(b, a))]);
export const minimum = (a: Tensor, b: Tensor): Tensor =>
  binary("min", a, b, (g) => [mul(g, greaterEqual(b, a)), mul(g, greater(a, b))]);
/** 1 where it holds, else 0; no gradient. */
export const greater = (a: Tensor, b: Tensor): Tensor => binary("greater", a, b);
export const greaterEqual = (a: Tensor, b: Tensor): Tensor => binary("greaterEqual", a, b);
export const equal = (a: Tensor, b: Tensor): Tensor => binary("equal", a, b);

type Unary = Parameters<Tensor["backend"]["unary"]>[0];
function unary(op: Unary, x: Tensor, back: ((g: Tensor, y: Tensor) => Tensor) | undefined, alpha = 0, beta = 0): Tensor {
  const y: Tensor = Tensor.make(
    x.backend,
    x.backend.unary(op, x.block, alpha, beta),
    x.shape,
    back && { name: op, inputs: [x], back: (g) => [back(g, y)] },
  );
  return y;
}
/** α·x + β. */
export const affine = (x: Tensor, alpha: number, beta = 0): Tensor => unary("affine", x, (g) => affine(g, alpha), alpha, beta);
export const scale = (x: Tensor, by: number): Tensor => affine(x, by);
export const neg = (x: Tensor): Tensor => affine(x, -1);
export const exp = (x: Tensor): Tensor => unary("exp", x, (g, y) => mul(g, y));
export const log = (x: Tensor): Tensor => unary("log", x, (g) => div(g, x));
export const sqrt = (x: Tensor): Tensor => unary("sqrt", x, (g, y) => scale(div(g, y), 0.5));
export const tanh = (x: Tensor): Tensor => unary("tanh", x, (g, y) => mul(g, affine(square(y), -1, 1)));
export const sigmoid = (x: Tensor): Tensor => unary("sigmoid", x, (g, y) => mul(g, mul(y, affine(y, -1, 1))));
export const relu = (x: Tensor): Tensor => unary("relu", x, (g) => mul(g, step(x)));
/** 1 above 0, else 0; no gradient. */
export const step = (x: Tensor): Tensor => unary("step", x, undefined);
export const abs = (x: Tensor): Tensor => unary("abs", x, (g) => mul(g, affine(step(x), 2, -1)));
export const reciprocal = (x: Tensor): Tensor => unary("reciprocal", x, (g, y) => neg(mul(g, square(y))));
export const square = (x: Tensor): Tensor => unary("square", x, (g) => mul(g, scale(x, 2)));
/** Into [low, high]; no gradient outside. */
export const clamp = (x: Tensor, low: number, high: number): Tensor =>
  unary("clamp", x, (g) => mul(g, mul(step(affine(x, 1, -low)), step(affine(x, -1, high)))), low, high);
export const silu = (x: Tensor): Tensor =>
  unary("silu", x, (g, y) => {
    const s = sigmoid(x);
    return mul(g, add(s, mul(y, affine(s, -1, 1))));
  });
/** The tanh form (Hendrycks & Gimpel 2016). Differentiable once. */
export const gelu = (x: Tensor): Tensor => unary("gelu", x, (g) => mul(g, unary("geluSlope", x, undefined)));
export const softplus = (x: Tensor): Tensor => unary("softplus", x, (g) => mul(g, sigmoid(x)));
export const leakyRelu = (x: Tensor, slope = 0.2): Tensor => add(scale(relu(x), 1 - slope), scale(x, slope));

export function mean(x: Tensor, axes?: readonly number[], keep = false): Tensor {
  const total = sum(x, axes, keep);
  return scale(total, total.size / x.size);
}
/** Largest along the last axis, which stays with length 1; the gradient goes to every place that reaches it. */
export function maxLast(x: Tensor): Tensor {
  const width = x.shape.at(-1)!;
  const rows = x.size / width;
  const shape = [...x.shape.slice(0, -1), 1];
  const y: Tensor = Tensor.make(x.backend, x.backend.reduce("max", x.block, rows, width, 1), shape, {
    name: "max",
    inputs: [x],
    back: (g) => [mul(broadcastTo(g, x.shape), equal(x, y))],
  });
  return y;
}
/** ln Σ e^x along the last axis, which stays with length 1. */
export function logSumExp(x: Tensor): Tensor {
  const top = maxLast(x).detach();
  return add(log(sum(exp(sub(x, top)), [-1], true)), top);
}
export const logSoftmax = (x: Tensor): Tensor => sub(x, logSumExp(x));
export const flatten = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, -1]);
