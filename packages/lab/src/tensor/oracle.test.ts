import type { Array as JaxArray } from "@jax-js/jax";
import { afterAll, describe, expect, it } from "vitest";
import { draws } from "../../test/check.ts";
import { cpuBackend } from "../node/threads.ts";
import * as t from "./index.ts";
import { Ids, Tensor } from "./index.ts";

// jax-js, whose kernels and rules of differentiation are others than ours. Node has no navigator, which it asks for the number of cores.
Object.defineProperty(globalThis, "navigator", { value: { userAgent: "node", hardwareConcurrency: 1 }, configurable: true });
const jax = await import("@jax-js/jax");
await jax.init("wasm");
jax.defaultDevice("wasm");
const { numpy: np, nn } = jax;

const backend = cpuBackend({ threads: 2, memory: 128 << 20 });
afterAll(() => backend.close());

const targets = [2, 0, 6, 3, 1];
const oneHot = targets.flatMap((id) => Array.from({ length: 7 }, (_, i) => (i === id ? 1 : 0)));
const array = (values: ArrayLike<number>, shape: readonly number[]): JaxArray =>
  np.array(Float32Array.from(values), { shape: [...shape] });
/** RMSNorm, and attention [B, T, H, d] with a mask [T, S], as their papers write them. Every use of a jax-js array but the last takes its `ref`. */
const rmsNorm = (x: JaxArray, w: JaxArray): JaxArray =>
  x.ref.mul(np.reciprocal(np.sqrt(np.mean(np.square(x), -1, { keepdims: true }).add(1e-5)))).mul(w);
function attend(q: JaxArray, k: JaxArray, v: JaxArray): JaxArray {
  const scores = np.matmul(q.transpose([0, 2, 1, 3]), k.transpose([0, 2, 3, 1])).mul(0.5);
  const mask = array(
    Array.from({ length: 36 }, (_, i) => (i % 6 > Math.floor(i / 6) ? -1e9 : 0)),
    [6, 6],
  );
  return np.matmul(nn.softmax(scores.add(mask), -1), v.transpose([0, 2, 1, 3])).transpose([0, 2, 1, 3]);
}

type Row = readonly [string, readonly (readonly number[])[], (...x: Tensor[]) => Tensor, (...x: JaxArray[]) => JaxArray];
// biome-ignore format: a table
const rows: readonly Row[] = [
  ["exp", [[5, 7]], t.exp, (x) => np.exp(x!)],
  ["tanh", [[5, 7]], t.tanh, (x) => np.tanh(x!)],
  ["sigmoid", [[5, 7]], t.sigmoid, (x) => nn.sigmoid(x!)],
  ["silu", [[5, 7]], t.silu, (x) => nn.silu(x!)],
  ["gelu", [[5, 7]], t.gelu, (x) => nn.gelu(x!, { approximate: true })],
  ["softplus", [[5, 7]], t.softplus, (x) => nn.softplus(x!)],
  ["add, broadcast", [[3, 4, 5], [4, 1]], t.add, (a, b) => a!.add(b!)],
  ["mul, broadcast", [[3, 4, 5], [4, 1]], t.mul, (a, b) => a!.mul(b!)],
  ["matmul", [[5, 70], [70, 9]], (a, b) => t.matmul(a!, b!), (a, b) => np.matmul(a!, b!)],
  ["linear", [[5, 70], [9, 70]], (a, b) => t.linear(a!, b!), (a, b) => np.matmul(a!, np.transpose(b!))],
  ["matmul, batched", [[2, 3, 5, 7], [2, 3, 7, 4]], (a, b) => t.matmul(a!, b!), (a, b) => np.matmul(a!, b!)],
  ["softmax", [[5, 7]], t.softmax, (x) => nn.softmax(x!, -1)],
  ["sum", [[5, 6, 7]], (x) => t.sum(x!, [1]), (x) => np.sum(x!, 1)],
  ["permute", [[2, 3, 4]], (x) => t.permute(x!, [2, 0, 1]), (x) => np.transpose(x!, [2, 0, 1])],
  ["RMSNorm", [[4, 10], [10]], (x, w) => t.norm(x!, w!), (x, w) => rmsNorm(x!, w!)],
  ["cross-entropy", [[5, 7]], (x) => t.crossEntropies(x!, Ids.from(backend, targets, [5])), (x) =>
    nn.logSoftmax(x!, -1).mul(array(oneHot, [5, 7])).sum(-1).neg()],
  ["causal attention", [[2, 6, 2, 4], [2, 6, 2, 4], [2, 6, 2, 4]], (q, k, v) => t.attention(q!, k!, v!, { causal: true }), (q, k, v) =>
    attend(q!, k!, v!)],
  ["SwiGLU", [[4, 9], [4, 9]], t.swiglu, (gate, up) => nn.silu(gate!).mul(up!)],
];

describe("value and gradient are those of jax-js", () => {
  for (const [name, shapes, ours, theirs] of rows)
    it(name, async () => {
      const draw = draws(99);
      const data = shapes.map((s) => draw(t.size(s)));
      const { value, weights, gradients } = t.scope(() => {
        const inputs = data.map((d, i) => Tensor.parameter(backend, d, shapes[i]!));
        const y = ours(...inputs);
        const by = draw(y.size);
        const value = y.valuesSync();
        const loss = t.sum(t.mul(y, Tensor.from(backend, by, y.shape)));
        const found = t.gradient(loss, inputs).map((g) => g.valuesSync());
        for (const input of inputs) input.kept = false;
        return { value, weights: { by, shape: y.shape }, gradients: found };
      });
      const arrays = (): JaxArray[] => data.map((d, i) => array(d, shapes[i]!));
      near(value, (await theirs(...arrays()).data()) as Float32Array);
      const loss = (...x: JaxArray[]): JaxArray =>
        theirs(...x)
          .mul(array(weights.by, weights.shape))
          .sum();
      for (let i = 0; i < shapes.length; i++) {
        const gradient = jax.grad(loss, { argnums: i })(...arrays()) as JaxArray;
        near(gradients[i]!, (await gradient.data()) as Float32Array);
      }
    });
});
/** Within 10⁻⁵ of 1 + |theirs|. */
function near(ours: Float32Array, theirs: Float32Array): void {
  expect(ours.length).toBe(theirs.length);
  for (let i = 0; i < ours.length; i++)
    expect(Math.abs(ours[i]! - theirs[i]!), `element ${i}: ${ours[i]} and ${theirs[i]}`).toBeLessThan(
      1e-5 * (1 + Math.abs(theirs[i]!)),
    );
}
