import { afterAll, describe, expect, it } from "vitest";
import { seededRandom } from "../data/random.ts";
import { cpuBackend } from "../node/threads.ts";
import * as t from "../tensor/index.ts";
import { Ids } from "../tensor/index.ts";
import { GptConfigSchema } from "./config.ts";
import { gpt, gptRotation, initialGpt } from "./gpt.ts";
import { freeParameters, toParameters } from "./parameters.ts";
import { referenceLogits } from "./reference.ts";

const backend = cpuBackend({ threads: 2, memory: 256 << 20 });
afterAll(() => backend.close());

const base = { kind: "gpt", vocab: 37, context: 24, layers: 2, width: 32, heads: 4 } as const;
const tokens = [3, 1, 4, 1, 5, 9, 2, 6, 5, 35, 8, 9];

describe("gpt", () => {
  for (const [name, more] of [
    ["plain", {}],
    ["grouped queries, an output of its own, another base of rotation", { kvHeads: 2, tied: false, ropeTheta: 500 }],
    ["a mixture of experts", { experts: { count: 4, top: 2 } }],
  ] as const)
    it(`says what the reference says: ${name}`, () => {
      const config = GptConfigSchema.parse({ ...base, ...more });
      const weights = new Map(
        [...initialGpt(config, seededRandom(1))].map(([n, v]) => [
          n,
          { ...v, data: v.data.map((x) => (v.shape.length > 1 ? x * 10 : x)) },
        ]),
      );
      const expected = referenceLogits(config, weights, tokens);
      const p = toParameters(backend, weights);
      const rotation = gptRotation(backend, config);
      const [got] = t.scope(() =>
        t.untracked(() => [
          gpt(config, p, rotation, Ids.from(backend, [...tokens, ...tokens], [2, tokens.length])).logits.valuesSync(),
        ]),
      );
      for (const row of [0, 1]) {
        const at = row * tokens.length * config.vocab;
        const mine = Array.from(got!.subarray(at, at + tokens.length * config.vocab));
        const difference = expected.flatMap((l) => [...l]).map((x, j) => Math.abs(x - mine[j]!));
        expect(Math.max(...difference)).toBeLessThan(1e-3);
      }
      freeParameters(p);
    });

  it("learns to count, the same at every run", () => {
    const run = (experts?: object): number[] => {
      const config = GptConfigSchema.parse({ ...base, ...(experts && { experts }), dropout: 0.1 });
      const p = toParameters(backend, initialGpt(config, seededRandom(7)));
      const parameters = [...p.values()];
      const moments = parameters.map(
        (x) => [t.Tensor.full(backend, x.shape, 0).keep(), t.Tensor.full(backend, x.shape, 0).keep()] as const,
      );
      const rotation = gptRotation(backend, config);
      const losses: number[] = [];
      for (let step = 1; step <= 60; step++)
        t.scope(() => {
          const rows = [0, 1, 2, 3].map((b) => Array.from({ length: 17 }, (_, i) => (i + b * 5 + step) % 37));
          const inputs = Ids.from(
            backend,
            rows.flatMap((r) => r.slice(0, 16)),
            [4, 16],
          );
          const targets = Ids.from(
            backend,
            rows.flatMap((r) => r.slice(1)),
            [64],
          );
          const { logits, balance } = gpt(config, p, rotation, inputs, { dropout: { seed: 1, step } });
          const loss = t.crossEntropy(logits, targets);
          losses.push(loss.valuesSync()[0]!);
          const gradients = t.gradient(balance === undefined ? loss : t.add(loss, balance), parameters);
          parameters.forEach((x, i) => {
            backend.adamw(x.block, gradients[i]!.block, moments[i]![0].block, moments[i]![1].block, {
              rate: 3e-3,
              beta1: 0.9,
              beta2: 0.99,
              epsilon: 1e-8,
              decay: 0,
              step,
              scale: 1,
            });
          });
        });
      freeParameters(p);
      return losses;
    };
    const dense = run();
    expect(dense[0]).toBeGreaterThan(3.4); // ln 37 = 3.61
    expect(dense.at(-1)).toBeLessThan(1);
    expect(run()).toEqual(dense);
    expect(run({ count: 3, top: 1, balance: 0.01 }).at(-1)).toBeLessThan(1);
  });
});
