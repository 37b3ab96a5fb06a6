import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { normal } from "../data/gaussian.ts";
import { seededRandom } from "../data/random.ts";
import { isQuantised } from "../infer/matrices.ts";
import { GptConfigSchema } from "../models/config.ts";
import { toParameters, toWeights } from "../models/parameters.ts";
import { randomWeights } from "../models/reference.ts";
import { cpuBackend } from "../node/threads.ts";
import { scope, Tensor } from "../tensor/index.ts";
import { Optimiser } from "../train/optimiser.ts";
import type { Values, Weights } from "../weights.ts";
import { dequantise, integersOf } from "./group.ts";
import { packModel, unpackModel } from "./model-file.ts";
import { prune, pruningMasks, sparsity, zeroKeeper, zeroMasks } from "./prune.ts";
import { quantise } from "./quantise.ts";

const backend = cpuBackend({ threads: 1, memory: 64 << 20 });
afterAll(() => backend.close());
const config = GptConfigSchema.parse({ kind: "gpt", vocab: 40, context: 32, layers: 2, width: 64, heads: 2, hidden: 128 });
const weights = randomWeights(config, seededRandom(5));
const one = (shape: readonly number[], data: readonly number[]): Weights =>
  new Map([["proj.weight", { shape, data: Float32Array.from(data) }]]);
const kept = (w: Weights, o: Parameters<typeof pruningMasks>[1]): number[] => [...pruningMasks(w, o).get("proj.weight")!];

describe("pruningMasks", () => {
  it("takes the share of least magnitude from each linear matrix, and leaves the others whole", () => {
    const masks = pruningMasks(weights, { share: 0.5 });
    expect(masks.size).toBe(2 * 7);
    expect([...masks.keys()].some((name) => /embed|norm/.test(name))).toBe(false);
    for (const [name, mask] of masks) {
      const { data } = weights.get(name)!;
      expect(mask.reduce((n, x) => n + x, 0)).toBe(data.length / 2);
      const size = (which: number): number[] => [...data].filter((_, i) => mask[i] === which).map(Math.abs);
      expect(Math.max(...size(0))).toBeLessThanOrEqual(Math.min(...size(1)));
    }
  });
  it("counts over the whole model or each row when told to", () => {
    const two = new Map([
      ["a.weight", { shape: [1, 4], data: Float32Array.of(1, 2, 3, 4) }],
      ["b.weight", { shape: [1, 4], data: Float32Array.of(10, 20, 30, 40) }],
    ]);
    const model = pruningMasks(two, { share: 0.5, over: "model" });
    expect([...model.values()].map((m) => [...m])).toEqual([
      [0, 0, 0, 0],
      [1, 1, 1, 1],
    ]);
    expect(kept(one([2, 2], [1, 2, 30, 40]), { share: 0.5, over: "row" })).toEqual([0, 1, 0, 1]);
    expect(kept(one([2, 2], [1, 2, 30, 40]), { share: 0.5 })).toEqual([0, 0, 1, 1]);
  });
  it("takes exactly the share, ties or none", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 40 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, share) => {
          const mask = kept(one([1, values.length], values), { share });
          expect(mask.filter((x) => x === 0).length).toBe(Math.floor(values.length * share));
        },
      ),
    );
    expect(() => kept(one([1, 1], [1]), { share: 1.5 })).toThrow(RangeError);
  });
  it("with moments weighs each weight by its input (Wanda)", () => {
    const moments = new Map([["proj.weight", Float32Array.of(100, 0, 0, 1)]]); // inputs of 10 and 1
    expect(kept(one([2, 2], [3, 20, 1, 5]), { share: 0.5, moments })).toEqual([1, 1, 0, 0]);
    expect(kept(one([2, 2], [3, 20, 1, 5]), { share: 0.5, moments, over: "row" })).toEqual([1, 0, 1, 0]);
  });
  it("2:4 leaves two of each four along a row, also of a row's rest", () => {
    expect(kept(one([1, 7], [4, -3, 2, 1, 5, 6, -7]), { share: "2:4" })).toEqual([1, 1, 0, 0, 0, 1, 1]);
    const masks = pruningMasks(weights, { share: "2:4" });
    for (const mask of masks.values())
      for (let i = 0; i < mask.length; i += 4) expect(mask.subarray(i, i + 4).reduce((n, x) => n + x, 0)).toBe(2);
  });
});

describe("a pruned model", () => {
  const pruned = prune(weights, pruningMasks(weights, { share: 0.5 }));

  it("is known by its zeros, and its file is smaller", () => {
    expect([...zeroMasks(pruned)]).toEqual([...pruningMasks(weights, { share: 0.5 })]);
    expect(zeroMasks(weights).size).toBe(0);
    expect(sparsity(pruned)).toBeGreaterThan(0.4);
    expect(packModel(pruned).length).toBeLessThan(0.65 * packModel(weights).length);
  });
  it("keeps its zeros and gets smaller still when it is quantised, also by its inputs", () => {
    const identity = new Map(
      [...pruned].map(([name, { shape }]) => {
        const k = shape[1] ?? 1;
        return [name, Float32Array.from({ length: k * k }, (_, i) => (i % (k + 1) === 0 ? 1 : 0.3))];
      }),
    );
    for (const bits of [8, 4] as const)
      for (const moments of [undefined, identity]) {
        const mixed = quantise(pruned, { bits, ...(moments && { moments }) });
        for (const [name, mask] of zeroMasks(pruned)) {
          const matrix = mixed.get(name)!;
          if (!isQuantised(matrix)) throw new Error(`${name} was not quantised`);
          const integers = integersOf(matrix);
          expect(mask.every((m, i) => m === 1 || integers[i] === 0)).toBe(true);
        }
        const bytes = packModel(mixed);
        expect(bytes.length).toBeLessThan(packModel(quantise(weights, { bits })).length);
        expect(new Map([...unpackModel(bytes).weights].sort())).toEqual(new Map([...mixed].sort()));
      }
  });
  it("is packed to the bit whatever its zeros are", () => {
    const random = seededRandom(8);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(8 as const, 4 as const), (share, bits) => {
        const matrix: Values = {
          shape: [3, 32],
          data: Float32Array.from({ length: 96 }, () => (random() < share ? 0 : normal(random))),
        };
        const mixed = quantise(new Map([["w", matrix]]), { bits });
        const back = unpackModel(packModel(mixed)).weights.get("w")!;
        expect(back).toEqual(mixed.get("w"));
        expect(isQuantised(back) && dequantise(back).data.length).toBe(96);
      }),
      { numRuns: 50 },
    );
  });
  it("says when its file's sparse parts do not belong together", () => {
    const mixed = quantise(pruned, { bits: 4 });
    const text = new TextDecoder("latin1").decode(packModel(mixed)).replace("q_proj.weight.scales", "q_proj.weight.scaleZ");
    expect(() => unpackModel(Uint8Array.from(text, (c) => c.charCodeAt(0)))).toThrow(/lacks .*q_proj.weight.scales/);
  });
  it("has its zeros put back after an optimiser's step, and nothing else", async () => {
    const used = backend.memory.used;
    const parameters = toParameters(backend, pruned);
    const zeros = zeroKeeper(parameters, zeroMasks(pruned));
    const optimiser = new Optimiser(parameters, { beta1: 0.9, beta2: 0.99, weightDecay: 0.1 });
    const step = (): void =>
      scope(() =>
        optimiser.step(
          [...parameters.values()].map((p) => Tensor.full(p.backend, p.shape, 1)),
          0.01,
        ),
      );
    step();
    const moved = await toWeights(parameters);
    scope(() => zeros.settle());
    const settled = await toWeights(parameters);
    expect([...settled]).toEqual([...prune(moved, zeroMasks(pruned))]);
    expect(sparsity(moved)).toBeLessThan(0.01);
    zeros.free();
    optimiser.free();
    for (const p of parameters.values()) p.free();
    expect(backend.memory.used).toBe(used);
  });
});
