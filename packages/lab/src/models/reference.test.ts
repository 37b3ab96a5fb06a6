import { describe, expect, it } from "vitest";
import { seededRandom } from "../data/random.ts";
import type { Values, Weights } from "../weights.ts";
import { GptConfigSchema, gptShapes } from "./config.ts";
import { randomWeights, referenceLogits } from "./reference.ts";

const parse = (more: object) =>
  GptConfigSchema.parse({ kind: "gpt", vocab: 11, context: 16, layers: 2, width: 8, heads: 2, ...more });
const logits = (config: ReturnType<typeof parse>, weights: Weights, tokens: number[]) =>
  referenceLogits(config, weights, tokens).map((row) => [...row]);

describe("referenceLogits", () => {
  it("does by hand what it does: one width-two head, identity projections", () => {
    const config = parse({ vocab: 2, layers: 1, width: 2, heads: 1, hidden: 1, normEps: 1e-12 });
    const given: Record<string, number[]> = {
      "model.embed_tokens.weight": [1, 1, -1, 1],
      q_proj: [1, 0, 0, 1],
      k_proj: [1, 0, 0, 1],
      v_proj: [1, 0, 0, 1],
      o_proj: [1, 0, 0, 1],
      norm: [1, 1],
    };
    const weights = new Map(
      [...gptShapes(config)].map(([name, shape]): [string, Values] => {
        const key = Object.keys(given).find((k) => name.includes(k));
        const length = shape.reduce((a, b) => a * b, 1);
        return [name, { shape, data: key === undefined ? new Float32Array(length) : Float32Array.from(given[key]!) }];
      }),
    );
    // Position 0 sees itself alone: (1, 1) + (1, 1), normed to (1, 1). Position 1: q = k₁ = R(1)(−1, 1), k₀ = (1, 1).
    const [c, s] = [Math.cos(1), Math.sin(1)];
    const q = [-c - s, c - s];
    const scores = [(q[0]! + q[1]!) / Math.SQRT2, 2 / Math.SQRT2];
    const share = 1 / (1 + Math.exp(scores[1]! - scores[0]!));
    const y = [-1 + share - (1 - share), 2];
    const scale = 1 / Math.sqrt((y[0]! ** 2 + y[1]! ** 2) / 2);
    const [first, second] = referenceLogits(config, weights, [0, 1]);
    expect(first![0]).toBeCloseTo(2, 6);
    expect(first![1]).toBeCloseTo(0, 6);
    expect(second![0]).toBeCloseTo((y[0]! + y[1]!) * scale, 6);
    expect(second![1]).toBeCloseTo((-y[0]! + y[1]!) * scale, 6);
  });

  it("looks only backwards, and minds the order", () => {
    const config = parse({ kvHeads: 1, tied: false });
    const weights = randomWeights(config, seededRandom(3));
    const all = logits(config, weights, [1, 2, 3, 4]);
    expect(logits(config, weights, [1, 2, 9, 9]).slice(0, 2)).toEqual(all.slice(0, 2));
    expect(logits(config, weights, [2, 1, 3, 4])[3]).not.toEqual(all[3]);
  });

  it("shares heads of keys as if they were repeated", () => {
    const few = parse({ heads: 4, kvHeads: 2 });
    const many = parse({ heads: 4 });
    const weights = new Map(randomWeights(few, seededRandom(5)));
    const repeated = new Map(weights);
    for (const [name, { data }] of weights)
      if (/[kv]_proj/.test(name)) {
        const rows = [0, 1, 0, 1, 2, 3, 2, 3].map((row) => data.subarray(row * 8, row * 8 + 8));
        repeated.set(name, { shape: [8, 8], data: Float32Array.from(rows.flatMap((row) => [...row])) });
      }
    expect(logits(few, weights, [1, 5, 7])).toEqual(logits(many, repeated, [1, 5, 7]));
  });

  it("is the dense model when all experts are the same", () => {
    const dense = parse({ hidden: 6 });
    const sparse = parse({ hidden: 6, experts: { count: 3, top: 2 } });
    const weights = randomWeights(dense, seededRandom(7));
    const parts: Record<string, string> = { w1: "gate_proj", w3: "up_proj", w2: "down_proj" };
    const copied = new Map(
      [...randomWeights(sparse, seededRandom(8))].map(([name, own]): [string, Values] => [
        name,
        weights.get(name.replace(/block_sparse_moe\.experts\.\d\.(w\d)/, (_, part) => `mlp.${parts[part]}`)) ?? own,
      ]),
    );
    const expected = logits(dense, weights, [1, 5, 7]);
    for (const [t, row] of logits(sparse, copied, [1, 5, 7]).entries())
      for (const [i, v] of row.entries()) expect(v).toBeCloseTo(expected[t]![i]!, 10);
  });

  it("names a missing weight and a foreign token", () => {
    const config = parse({});
    const weights = randomWeights(config, seededRandom(1));
    expect(() => referenceLogits(config, weights, [11])).toThrow(/no token 11/);
    expect(() => referenceLogits(config, new Map(), [1])).toThrow(/lack model.embed_tokens.weight/);
  });
});
