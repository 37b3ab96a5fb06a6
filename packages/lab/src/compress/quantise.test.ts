import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { normal } from "../data/gaussian.ts";
import { seededRandom } from "../data/random.ts";
import { dequantise as fromGguf, quantise as toGguf } from "../export/gguf-quant.ts";
import { gptDecoder } from "../infer/gpt-decoder.ts";
import { isQuantised } from "../infer/matrices.ts";
import { GptConfigSchema } from "../models/config.ts";
import { randomWeights, referenceLogits } from "../models/reference.ts";
import { cpuBackend } from "../node/threads.ts";
import type { QuantisedMatrix, Values } from "../weights.ts";
import { activationMoments } from "./calibrate.ts";
import { gptq } from "./gptq.ts";
import { dequantise } from "./group.ts";
import { packModel, unpackModel } from "./model-file.ts";
import { alignGpt, quantise, quantiseMatrix, simulate } from "./quantise.ts";

const backend = cpuBackend({ threads: 1, memory: 256 << 20 });
afterAll(() => backend.close());

const random = seededRandom(3);
const gaussian = (n: number, k: number): Values => ({
  shape: [n, k],
  data: Float32Array.from({ length: n * k }, () => normal(random)),
});
const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a, (x, i) => (x - b[i]!) ** 2).reduce((sum, x) => sum + x, 0);
const config = GptConfigSchema.parse({ kind: "gpt", vocab: 40, context: 32, layers: 2, width: 32, heads: 2, hidden: 40 });
const plain = randomWeights(config, seededRandom(5));

describe("group quantisation", () => {
  it("lies as the kernels read it", () => {
    const data = Float32Array.from({ length: 32 }, (_, i) => (i % 16) - 8); // scale 1: integers −8 … 7
    const four = quantiseMatrix({ shape: [1, 32], data }, 4);
    expect(four.scales[0]).toBe(1);
    expect([...four.data]).toEqual(Array.from({ length: 16 }, (_, i) => i | (i << 4)));
    const eight = quantiseMatrix({ shape: [1, 32], data: data.map((x) => x * (127 / 8)) }, 8);
    expect([...eight.data]).toEqual([...data].map((x) => Math.round((x * 127) / 8)));
  });
  it("errs by half a step of 8 bits at most, and by less than llama.cpp's Q4_0 with 4", () => {
    fc.assert(
      fc.property(fc.array(fc.float({ min: -1000, max: 1000, noNaN: true }), { minLength: 64, maxLength: 64 }), (values) => {
        const data = Float32Array.from(values);
        const eight = quantiseMatrix({ shape: [2, 32], data }, 8);
        dequantise(eight).data.forEach((x, i) => {
          expect(Math.abs(x - data[i]!)).toBeLessThanOrEqual(eight.scales[i >> 5]! * 0.5001 + 1e-37);
        });
        const bytes = new Uint8Array(36);
        toGguf("Q4_0", data, bytes);
        const ours = distance(dequantise(quantiseMatrix({ shape: [2, 32], data }, 4)).data, data);
        expect(ours).toBeLessThanOrEqual(distance(fromGguf("Q4_0", bytes, 64), data) * 1.0001 + 1e-6);
      }),
    );
  });
  it("makes nothing of zeros", () => {
    for (const bits of [8, 4] as const) {
      const zeros = { shape: [1, 32], data: new Float32Array(32) };
      expect(dequantise(quantiseMatrix(zeros, bits)).data).toEqual(zeros.data);
    }
  });
  it("refuses rows that cannot be cut into groups", () => {
    expect(() => quantiseMatrix(gaussian(2, 33), 8)).toThrow(RangeError);
  });
});

describe("quantise", () => {
  it("leaves vectors, what is to be kept, and unfit rows; embeddings stay at 8 bits", () => {
    const bits = (name: string, mixed = quantise(plain, { bits: 4, keep: ["layers.0.self_attn.q_proj.weight"] })) => {
      const value = mixed.get(name)!;
      return isQuantised(value) ? value.bits : 32;
    };
    expect(bits("model.embed_tokens.weight")).toBe(8);
    expect(bits("model.layers.0.self_attn.q_proj.weight")).toBe(32);
    expect(bits("model.layers.1.self_attn.q_proj.weight")).toBe(4);
    expect(bits("model.layers.0.mlp.down_proj.weight")).toBe(32); // 40 is no multiple of 32
    expect(bits("model.norm.weight")).toBe(32);
    expect(simulate(plain, 8).get("model.norm.weight")).toEqual(plain.get("model.norm.weight"));
  });
  it("never touches a mixture's router", () => {
    const experts = GptConfigSchema.parse({ ...config, hidden: 32, experts: { count: 4, top: 2 } });
    const mixed = quantise(randomWeights(experts, random), { bits: 4 });
    expect(isQuantised(mixed.get("model.layers.0.block_sparse_moe.gate.weight")!)).toBe(false);
    expect(isQuantised(mixed.get("model.layers.0.block_sparse_moe.experts.3.w2.weight")!)).toBe(true);
  });
  it("aligns a model without changing what it says, and then quantises all of it", () => {
    const aligned = alignGpt(config, plain);
    expect(aligned.config.hidden).toBe(64);
    const tokens = [1, 7, 3, 22, 9];
    const before = referenceLogits(config, plain, tokens).at(-1)!;
    expect(referenceLogits(aligned.config, aligned.weights, tokens).at(-1)).toEqual(before);
    expect(alignGpt(aligned.config, aligned.weights).weights).toBe(aligned.weights);
    const matrices = [...quantise(aligned.weights, { bits: 8 }).values()].filter((v) => v.shape.length === 2);
    expect(matrices.every(isQuantised)).toBe(true);
  });
  it("is read by the decoder as simulated", () => {
    const aligned = alignGpt(config, plain);
    for (const bits of [8, 4] as const) {
      const decoder = gptDecoder(backend, aligned.config, quantise(aligned.weights, { bits }));
      const sequence = decoder.open();
      const [[row]] = decoder.feed([{ sequence, tokens: [1, 7, 3] }]) as [[Float32Array]];
      const expected = referenceLogits(aligned.config, simulate(aligned.weights, bits), [1, 7, 3]).at(-1)!;
      expect(
        Math.sqrt(
          distance(row, expected) /
            distance(
              expected,
              expected.map(() => 0),
            ),
        ),
      ).toBeLessThan(0.03); // activations of 8 bits
      sequence.close();
      decoder.close();
    }
  });
});

describe("rounding by the inputs (GPTQ)", () => {
  it("answers more exactly than rounding each value by itself", () => {
    const k = 64;
    const weights = gaussian(24, k);
    // inputs that go together: mixtures of a few directions
    const directions = gaussian(8, k).data;
    const inputs = Array.from({ length: 200 }, () => {
      const x = Float64Array.from({ length: k }, () => 0.1 * normal(random));
      for (let d = 0; d < 8; d++) {
        const by = normal(random);
        for (let j = 0; j < k; j++) x[j]! += by * directions[d * k + j]!;
      }
      return x;
    });
    const moments = new Float32Array(k * k);
    for (const x of inputs)
      for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) moments[i * k + j]! += (x[i]! * x[j]!) / 200;
    const wrong = (matrix: QuantisedMatrix): number => {
      const { data } = dequantise(matrix);
      let sum = 0;
      for (const x of inputs)
        for (let r = 0; r < 24; r++) {
          let difference = 0;
          for (let j = 0; j < k; j++) difference += (data[r * k + j]! - weights.data[r * k + j]!) * x[j]!;
          sum += difference ** 2;
        }
      return sum;
    };
    expect(wrong(gptq(weights, 4, moments))).toBeLessThan(0.4 * wrong(quantiseMatrix(weights, 4)));
    expect(wrong(gptq(weights, 8, moments))).toBeLessThan(wrong(quantiseMatrix(weights, 8)));
  });
  it("is finite for inputs that never come", () => {
    const matrix = gptq(gaussian(2, 32), 4, new Float32Array(32 * 32));
    expect(matrix.scales.every(Number.isFinite)).toBe(true);
  });
  it("calibrates on what a model's projections are fed", async () => {
    const used = backend.memory.used;
    const tokens = Int32Array.from({ length: 64 }, (_, i) => (i * 7) % 40);
    const moments = await activationMoments(backend, config, plain, [{ inputs: tokens }], 16);
    expect(moments.size).toBe(2 * 7);
    const q = moments.get("model.layers.0.self_attn.q_proj.weight")!;
    // the first layer's input is the embeddings' RMSNorm: its mean square, weight included, is known
    const embedding = plain.get("model.embed_tokens.weight")!.data;
    const weight = plain.get("model.layers.0.input_layernorm.weight")!.data;
    let expected = 0;
    for (const token of tokens) {
      const x = embedding.subarray(token * 32, token * 32 + 32);
      const square = x.reduce((sum, v) => sum + v * v, 0) / 32 + config.normEps;
      expected += (x[3]! * weight[3]!) ** 2 / square / tokens.length;
    }
    expect(q[3 * 32 + 3]).toBeCloseTo(expected, 4);
    expect(q[3 * 32 + 5]).toBeCloseTo(q[5 * 32 + 3]!, 5);
    expect(backend.memory.used).toBeLessThanOrEqual(used + (16 << 10)); // the rotation's tables may stay
  });
});

describe("the file of a compressed model", () => {
  it("keeps every bit, and is as small as it says", () => {
    const sparse: Values = { shape: [3, 5, 7], data: Float32Array.from({ length: 105 }, (_, i) => (i % 3 === 0 ? i + 1 : 0)) };
    const mixed = new Map([...quantise(plain, { bits: 4 }), ["eight", quantiseMatrix(gaussian(3, 64), 8)], ["sparse", sparse]]);
    const bytes = packModel(mixed, { made: "here" });
    const back = unpackModel(bytes);
    expect(back.metadata).toEqual({ made: "here" });
    expect(new Map([...back.weights].sort())).toEqual(new Map([...mixed].sort()));
    expect(packModel(new Map([["sparse", sparse]])).length).toBeLessThan(35 * 4 + 14 + 12 + 300);
  });
  it("reads a plain model, and sizes fall as they should", () => {
    const big = new Map([["w", gaussian(128, 256)]]);
    const [full, eight, four] = [big, quantise(big, { bits: 8 }), quantise(big, { bits: 4 })].map((w) => packModel(w).length);
    expect(unpackModel(packModel(big)).weights).toEqual(big);
    expect(full! / eight!).toBeGreaterThan(3.5);
    expect(full! / four!).toBeGreaterThan(6.2);
  });
  it("refuses a file whose parts do not belong together", () => {
    const mixed = quantise(new Map([["w", gaussian(2, 32)]]), { bits: 8 });
    const broken = new Map(mixed).set("w", { ...(mixed.get("w") as QuantisedMatrix), shape: [1, 64] });
    expect(() => unpackModel(packModel(new Map([["w.bits", quantiseMatrix(gaussian(1, 32), 8)]])))).toThrow(/lacks w.shape/);
    expect(() => packModel(broken)).not.toThrow();
    const bytes = packModel(mixed);
    const text = new TextDecoder("latin1").decode(bytes).replace("w.scales", "v.scales");
    expect(() => unpackModel(Uint8Array.from(text, (c) => c.charCodeAt(0)))).toThrow(/lacks w.scales/);
  });
});
