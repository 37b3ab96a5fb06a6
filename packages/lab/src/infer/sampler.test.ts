import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../data/random.ts";
import { logitBias } from "./hooks.ts";
import { logProbability, Sampler, type SamplerOptions, type SamplerStages } from "./sampler.ts";

const context = { tokens: [] as number[], position: 0 };
const logs = (...p: number[]): Float32Array => Float32Array.from(p, Math.log);
const make = (options: SamplerOptions, stages: SamplerStages = {}): Sampler =>
  new Sampler(options, { random: seededRandom(7), ...stages });
const kept = (options: SamplerOptions, logits: Float32Array, tokens: number[] = []): Record<number, number> => {
  const { tokens: ids, probabilities } = make(options).candidates(logits, { tokens, position: 0 });
  return Object.fromEntries(Array.from(ids, (t, i) => [t, Math.round(probabilities[i]! * 1e4) / 1e4]));
};

describe("sampler", () => {
  it("is greedy at temperature 0, ties to the lowest id, without a random source", () => {
    expect(new Sampler({ temperature: 0 }).sample(Float32Array.of(1, 3, 3, 2), context)).toBe(1);
    expect(() => new Sampler({ temperature: 0.5 })).toThrow(/random/);
  });
  it("cuts as its options say", () => {
    const p = [0.5, 0.25, 0.125, 0.0625, 0.0625];
    expect(kept({ topK: 2 }, logs(...p))).toEqual({ 0: 0.6667, 1: 0.3333 });
    expect(kept({ topP: 0.7 }, logs(...p))).toEqual({ 0: 0.6667, 1: 0.3333 });
    expect(kept({ topP: 0.01 }, logs(...p))).toEqual({ 0: 1 });
    expect(kept({ minP: 0.2 }, logs(...p))).toEqual({ 0: 0.5714, 1: 0.2857, 2: 0.1429 });
    expect(kept({ temperature: 0.5 }, logs(0.6, 0.3, 0.1))).toEqual({ 0: 0.7826, 1: 0.1957, 2: 0.0217 });
    // entropy 1.3 nats: the token of 0.25 (1.39 nats) is the most typical, then that of 0.5 (0.69)
    expect(Object.keys(kept({ typicalP: 0.2 }, logs(...p)))).toEqual(["1"]);
    expect(Object.keys(kept({ typicalP: 0.7 }, logs(...p)))).toEqual(["0", "1"]);
    expect(Object.keys(kept({ typicalP: 0.2, minP: 0.9 }, logs(...p)))).toEqual(["1"]);
  });
  it("penalises as llama.cpp and OpenAI do, over the last tokens only", () => {
    const logits = (): Float32Array => Float32Array.of(2, -2, 0, 1);
    const after = (options: SamplerOptions, tokens: number[]): number[] => {
      const l = logits();
      make(options).candidates(l, { tokens, position: 0 });
      return [...l];
    };
    expect(after({ repeatPenalty: 2 }, [0, 1, 0])).toEqual([1, -4, 0, 1]);
    expect(after({ frequencyPenalty: 0.5, presencePenalty: 1 }, [0, 1, 0])).toEqual([0, -3.5, 0, 1]);
    expect(after({ presencePenalty: 1, repeatLastN: 1 }, [0, 1, 3])).toEqual([2, -2, 0, 0]);
    expect(after({ presencePenalty: 1, repeatLastN: 0 }, [0, 1, 3])).toEqual([2, -2, 0, 1]);
  });
  it("draws by probability (chi-square, 7 degrees of freedom, p above 0.001)", () => {
    const p = [0.3, 0.2, 0.15, 0.1, 0.1, 0.08, 0.05, 0.02];
    const sampler = make({});
    const counts = new Array<number>(p.length).fill(0);
    const n = 20_000;
    for (let i = 0; i < n; i++) counts[sampler.sample(logs(...p), context)]!++;
    const chi = p.reduce((sum, pi, i) => sum + (counts[i]! - n * pi) ** 2 / (n * pi), 0);
    expect(chi).toBeLessThan(24.32);
  });
  it("gives the same tokens for the same seed", () => {
    const run = (): number[] => {
      const sampler = new Sampler({ temperature: 2 }, { random: seededRandom(3) });
      return Array.from({ length: 50 }, () => sampler.sample(logs(0.2, 0.3, 0.5), context));
    };
    expect(run()).toEqual(run());
  });
  it("runs hooks in order before all else, and lets a draw take the place of its own", () => {
    const order: number[] = [];
    const hook = (n: number) => () => void order.push(n);
    const sampler = make(
      { topK: 3 },
      {
        hooks: [hook(1), logitBias({ 2: 5, 0: Number.NEGATIVE_INFINITY }), hook(2)],
        draw: (probabilities, tokens) => {
          expect([...tokens]).toEqual([2, 1, 3]);
          expect(probabilities[0]).toBeGreaterThan(0.9);
          return 2;
        },
      },
    );
    expect(sampler.sample(Float32Array.of(9, 1, 1, 0), context)).toBe(3);
    expect(order).toEqual([1, 2]);
  });
  it("refuses what no token can come of", () => {
    const is = (code: string) => expect.objectContaining({ code });
    expect(() => make({}).sample(Float32Array.of(1, Number.NaN), context)).toThrow(is("upstream-invalid"));
    expect(() => make({ temperature: 0 }).sample(Float32Array.of(Number.NaN, 1), context)).toThrow(is("upstream-invalid"));
    expect(() => make({}).sample(Float32Array.of(1, Number.POSITIVE_INFINITY), context)).toThrow(is("upstream-invalid"));
    expect(() => make({}).sample(new Float32Array(3).fill(Number.NEGATIVE_INFINITY), context)).toThrow(is("cannot-do"));
    expect(() => make({ topP: 0 })).toThrow(is("bad-request"));
    expect(() => logitBias({ 1: Number.NaN })).toThrow(is("bad-request"));
    expect(() => make({}, { hooks: [logitBias({ 9: 1 })] }).sample(Float32Array.of(1), context)).toThrow(is("bad-request"));
  });
  it("keeps what a full sort keeps, and sums to one", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -6, max: 6 }), { minLength: 1, maxLength: 60 }),
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        fc.nat(70),
        (values, topP, topK) => {
          const logits = Float32Array.from(values);
          const sorted = values.map((v, t) => ({ v, t })).sort((a, b) => b.v - a.v || a.t - b.t);
          const top = topK > 0 ? sorted.slice(0, topK) : sorted;
          const total = top.reduce((s, { v }) => s + Math.exp(v), 0);
          let mass = 0;
          const run = top.filter(({ v }) => {
            const before = mass;
            mass += Math.exp(v) / total;
            return before < topP - 1e-9;
          });
          const { tokens, probabilities } = make({ topP, topK }).candidates(logits, context);
          expect(Math.abs(tokens.length - run.length)).toBeLessThanOrEqual(1); // rounding at the edge
          expect([...tokens.subarray(0, run.length)]).toEqual(run.slice(0, tokens.length).map(({ t }) => t));
          expect(probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
        },
      ),
    );
  });
  it("knows log probabilities", () => {
    expect(logProbability(logs(0.5, 0.25, 0.25), 1)).toBeCloseTo(Math.log(0.25), 6);
  });
});
