import * as t from "../src/tensor/index.ts";
import { type Backend, Ids, Tensor } from "../src/tensor/index.ts";
import { type Check, draws } from "./check.ts";

interface Options {
  readonly low?: number;
  readonly high?: number;
  /** How far an input is moved. */
  readonly h?: number;
  readonly tolerance?: number;
}
type Shapes = readonly (readonly number[])[];

/** Compares the gradient of Σ f(inputs)·w, for random w, with central differences in each input. */
async function check(
  backend: Backend,
  shapes: Shapes,
  f: (...x: Tensor[]) => Tensor,
  { low = -1, high = 1, h = 1e-2, tolerance = 2e-2 }: Options = {},
): Promise<void> {
  const draw = draws(12345);
  const data = shapes.map((s) => draw(t.size(s), low, high));
  const inputs = data.map((d, i) => Tensor.parameter(backend, d, shapes[i]!));
  const weights = draw(t.scope(() => f(...inputs).size));
  const loss = (): Tensor => {
    const y = f(...inputs);
    return t.sum(t.mul(y, Tensor.from(backend, weights, y.shape)));
  };
  // asked for all at once: each value is that of its own moment, and a GPU answers them together
  const exact = t.scope(() => t.gradient(loss(), inputs).map((g) => g.values()));
  const places = inputs.flatMap((input, i) =>
    Array.from({ length: input.size }, (_, j) => j)
      .filter((j) => j % Math.max(1, Math.floor(input.size / 12)) === 0)
      .map((j) => ({ i, j })),
  );
  const differences = places.map(({ i, j }) => {
    const [up, down] = [h, -h].map((delta) => {
      const moved = data[i]!.slice();
      moved[j]! += delta;
      backend.write(inputs[i]!.block, moved);
      return t.scope(() => ({ value: t.untracked(loss).values() })).value;
    });
    backend.write(inputs[i]!.block, data[i]!);
    return { up: up!, down: down! };
  });
  const gradients = await Promise.all(exact);
  for (const [n, { i, j }] of places.entries()) {
    const difference = ((await differences[n]!.up)[0]! - (await differences[n]!.down)[0]!) / (2 * h);
    const is = gradients[i]![j]!;
    if (!(Math.abs(difference - is) < tolerance * (1 + Math.abs(difference))))
      throw new Error(`input ${i}, element ${j}: ${difference} by differences, ${is} exact`);
  }
  for (const input of inputs) input.free();
}

const one: readonly [string, (x: Tensor) => Tensor, Options?][] = [
  ["affine", (x) => t.affine(x, 3, 1)],
  ["exp", t.exp],
  ["log", t.log, { low: 0.5, high: 2 }],
  ["sqrt", t.sqrt, { low: 0.5, high: 2 }],
  ["tanh", t.tanh],
  ["sigmoid", t.sigmoid],
  ["relu", t.relu, { low: 0.1 }],
  ["leakyRelu", (x) => t.leakyRelu(x), { low: -2, high: -0.1 }],
  ["abs", t.abs, { low: -2, high: -0.1 }],
  ["reciprocal", t.reciprocal, { low: 0.5, high: 2 }],
  ["square", t.square],
  ["clamp", (x) => t.clamp(x, -5, 5)],
  ["silu", t.silu],
  ["gelu", t.gelu],
  ["softplus", t.softplus],
  ["softmax", t.softmax],
  ["logSoftmax", t.logSoftmax],
  ["mean", (x) => t.mean(x, [0])],
  ["sum", (x) => t.sum(x, [1])],
  ["max", t.maxLast, { h: 1e-3 }],
  ["reshape", (x) => t.reshape(x, [7, 5])],
  ["transpose", t.transpose],
  ["slice", (x) => t.slice(x, 1, 2, 6)],
  ["pad", (x) => t.pad(x, 0, 2, 1)],
  ["dropout", (x) => t.dropout(x, 0.4, 7, 3)],
  ["gather", (x) => t.gather(x, Ids.from(x.backend, [4, 0, 4, -1], [2, 2]))],
  ["scatterAdd", (x) => t.scatterAdd(x, Ids.from(x.backend, [2, 0, 2, -1, 1], [5]), 4)],
  ["crossEntropy", (x) => t.crossEntropies(x, Ids.from(x.backend, [2, 0, 6, -1, 1], [5]))],
];
/** Name, shapes of the inputs, what is made of them. */
// biome-ignore format: a table
const several: readonly [string, Shapes, (...x: Tensor[]) => Tensor, Options?][] = [
  ["add, broadcast", [[3, 4, 5], [4, 1]], t.add],
  ["add, led", [[5], [2, 3, 5]], t.add],
  ["sub, broadcast", [[3, 4, 5], [4, 1]], t.sub],
  ["sub, led", [[5], [2, 3, 5]], t.sub],
  ["mul, broadcast", [[3, 4, 5], [4, 1]], t.mul],
  ["mul, led", [[5], [2, 3, 5]], t.mul],
  ["div", [[3, 4], [4]], t.div, { low: 0.5, high: 2 }],
  ["maximum", [[9], [9]], t.maximum, { h: 1e-3 }],
  ["minimum", [[9], [9]], t.minimum, { h: 1e-3 }],
  ["A·B", [[5, 7], [7, 9]], (a, b) => t.matmul(a, b)],
  ["Aᵀ·B", [[7, 5], [7, 9]], (a, b) => t.matmul(a, b, { transA: true })],
  ["A·Bᵀ", [[5, 7], [9, 7]], (a, b) => t.matmul(a, b, { transB: true })],
  ["Aᵀ·Bᵀ", [[7, 5], [9, 7]], (a, b) => t.matmul(a, b, { transA: true, transB: true })],
  ["A·B, batched", [[2, 3, 5, 7], [2, 3, 7, 4]], (a, b) => t.matmul(a, b)],
  ["A·B, one B for all", [[2, 5, 7], [7, 4]], (a, b) => t.matmul(a, b)],
  ["Aᵀ·B, one B for all", [[2, 7, 5], [7, 4]], (a, b) => t.matmul(a, b, { transA: true })],
  ["linear", [[2, 3, 6], [4, 6], [4]], (x, w, b) => t.linear(x!, w!, b)],
  ["permute", [[2, 3, 4]], (x) => t.permute(x, [2, 0, 1])],
  ["concat", [[2, 3], [2, 4]], (a, b) => t.concat([a, b], 1)],
  ["broadcastTo", [[3, 1]], (x) => t.broadcastTo(x, [2, 3, 4])],
  ["RMSNorm", [[4, 10], [10]], (x, w) => t.norm(x, w)],
  ["LayerNorm", [[4, 10], [10], [10]], (x, w, b) => t.norm(x!, w!, b)],
  ["attention, causal", [[2, 6, 2, 4], [2, 6, 2, 4], [2, 6, 2, 4]], (q, k, v) => t.attention(q, k, v, { causal: true })],
  ["attention, grouped queries", [[1, 5, 4, 4], [1, 7, 2, 4], [1, 7, 2, 4]], (q, k, v) => t.attention(q, k, v, { causal: true })],
  ["attention, masked", [[2, 3, 2, 4], [2, 4, 2, 4], [2, 4, 2, 4]], (q, k, v) =>
    t.attention(q, k, v, { mask: Tensor.from(q.backend, [0, 0, -1e9, 0, 0, 0, 0, -1e9], [2, 4]) })],
  ["attention, a head of 6", [[1, 5, 2, 6], [1, 5, 1, 6], [1, 5, 1, 6]], (q, k, v) => t.attention(q, k, v, { causal: true })],
  ["attention, more than a block", [[1, 70, 1, 4], [1, 70, 1, 4], [1, 70, 1, 4]], (q, k, v) => t.attention(q, k, v, { causal: true })],
  ["rotary embedding", [[2, 5, 3, 6]], (x) => t.rotate(x, t.rotation(x.backend, 16, 6), 4)],
  ["SwiGLU", [[4, 9], [4, 9]], t.swiglu],
  ["convolution", [[2, 5, 6, 3], [4, 27]], (x, w) => t.conv2d(x, w, 3, 2, 1)],
  ["transposed convolution", [[2, 3, 3, 4], [4, 9 * 2]], (x, w) => t.convTranspose2d(x, w, 5, 5, 3, 2, 1)],
];

/** The gradient of a gradient penalty, against differences. */
async function penalty(backend: Backend): Promise<void> {
  const draw = draws(12345);
  const x0 = draw(12);
  const data = [draw(24), draw(6)] as const;
  const w1 = Tensor.parameter(backend, data[0], [6, 4]);
  const w2 = Tensor.parameter(backend, data[1], [1, 6]);
  const penalised = (): Tensor => {
    const x = Tensor.parameter(backend, x0, [3, 4]);
    x.kept = false;
    const y = t.sum(t.linear(t.silu(t.linear(x, w1)), w2));
    const [dx] = t.gradient(y, [x], { again: true });
    const length = t.sqrt(t.affine(t.sum(t.square(dx!), [1]), 1, 1e-6));
    return t.sum(t.square(t.affine(length, 1, -1)));
  };
  const exact = await t.scope(() => ({ values: t.gradient(penalised(), [w1])[0]!.values() })).values;
  for (let j = 0; j < 24; j += 5) {
    const [up, down] = [1e-2, -1e-2].map((delta) => {
      const moved = data[0].slice();
      moved[j]! += delta;
      backend.write(w1.block, moved);
      return t.scope(() => ({ values: penalised().values() })).values;
    });
    const difference = ((await up!)[0]! - (await down!)[0]!) / 2e-2;
    if (!(Math.abs(difference - exact[j]!) < 2e-2 * (1 + Math.abs(difference))))
      throw new Error(`element ${j}: ${difference} by differences, ${exact[j]} exact`);
  }
  w1.free();
  w2.free();
}

/** The gradient of every operation is that of finite differences. */
export const gradientChecks: readonly Check[] = [
  ...one.map(([name, f, options]) => ({ name, run: (on: Backend) => check(on, [[5, 7]], f as never, options) })),
  ...several.map(([name, shapes, f, options]) => ({ name, run: (on: Backend) => check(on, shapes, f, options) })),
  { name: "a gradient's gradient", run: penalty },
];
