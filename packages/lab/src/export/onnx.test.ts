import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../data/random.ts";
import { type GptConfig, GptConfigSchema, gptSizes } from "../models/config.ts";
import { randomWeights, referenceLogits } from "../models/reference.ts";
import { onnx } from "./onnx.ts";
import { OnnxGraph } from "./onnx-graph.ts";
import { onnxStack } from "./onnx-stack.ts";

const parse = (more: object = {}): GptConfig =>
  GptConfigSchema.parse({ kind: "gpt", vocab: 50, context: 32, layers: 2, width: 32, heads: 4, kvHeads: 2, ...more });
const open = (bytes: Uint8Array) =>
  InferenceSession.create(bytes, { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 });
const ints = (rows: readonly (readonly number[])[]): Tensor =>
  new Tensor("int64", BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]!.length]);
const random = seededRandom(99);
const text = (length: number): number[] => Array.from({ length }, () => random.below(50));
/** Rows of logits by [batch][place]. */
function rowsOf({ data, dims }: Tensor): number[][][] {
  const [batch, length, vocab] = dims as [number, number, number];
  const row = (n: number) => [...(data as Float32Array).subarray(n * vocab, (n + 1) * vocab)];
  return Array.from({ length: batch }, (_, b) => Array.from({ length }, (_, t) => row(b * length + t)));
}
const furthest = (ours: readonly ArrayLike<number>[], theirs: readonly ArrayLike<number>[]): number =>
  Math.max(...ours.flatMap((row, t) => Array.from(row, (v, i) => Math.abs(v - theirs[t]![i]!))));
const shapes: [string, object][] = [
  ["grouped heads, tied", {}],
  ["all heads their own, untied, another theta and epsilon", { kvHeads: 4, tied: false, ropeTheta: 300, normEps: 1e-2 }],
  ["one head of keys", { kvHeads: 1, layers: 3, hidden: 40 }],
  ["experts", { experts: { count: 5, top: 2 } }],
];

describe("a model in onnxruntime", () => {
  it.each(shapes)("says what the reference says: %s", async (_, more) => {
    const config = parse(more);
    const weights = randomWeights(config, seededRandom(1));
    const session = await open(onnx({ config, weights }));
    for (const length of [1, 7, 32]) {
      const batch = [text(length), text(length)];
      const { logits } = await session.run({ input_ids: ints(batch) });
      for (const [b, rows] of rowsOf(logits!).entries())
        expect(furthest(referenceLogits(config, weights, batch[b]!), rows)).toBeLessThan(1e-4);
    }
    await session.release();
  });

  it.each(shapes)("says the same with a cache, piece by piece: %s", async (_, more) => {
    const config = parse(more);
    const weights = randomWeights(config, seededRandom(2));
    const session = await open(onnx({ config, weights, past: true }));
    const batch = [text(12), text(12)];
    const expected = batch.map((tokens) => referenceLogits(config, weights, tokens));
    let cache = emptyCache(config, 2);
    let at = 0;
    for (const length of [5, 1, 1, 4, 1]) {
      const feeds = {
        input_ids: ints(batch.map((tokens) => tokens.slice(at, at + length))),
        attention_mask: ints(batch.map(() => Array(at + length).fill(1))),
      };
      const { logits, ...present } = await session.run({ ...feeds, ...cache });
      for (const [b, rows] of rowsOf(logits!).entries())
        expect(furthest(expected[b]!.slice(at, at + length), rows)).toBeLessThan(1e-4);
      cache = Object.fromEntries(
        Object.entries(present).map(([name, value]) => [name.replace("present", "past_key_values"), value]),
      );
      at += length;
    }
    await session.release();
  });

  it.each(shapes)("says nearly the same in 8 bits, in a fraction of the size: %s", async (_, more) => {
    const config = parse({ width: 64, ...more });
    const weights = randomWeights(config, seededRandom(5));
    const whole = onnx({ config, weights, past: true });
    const small = onnx({ config, weights, past: true, bits: 8 });
    if (config.experts === undefined && !config.tied) expect(small.length).toBeLessThan(whole.length / 2);
    const session = await open(small);
    const tokens = text(20);
    const feeds = { input_ids: ints([tokens]), attention_mask: ints([Array(20).fill(1)]), ...emptyCache(config, 1) };
    const { logits } = await session.run(feeds);
    const theirs = rowsOf(logits!)[0]!;
    const ours = referenceLogits(config, weights, tokens).flatMap((row) => [...row]);
    const length = (values: readonly number[]): number => Math.hypot(...values);
    expect(length(ours.map((v, i) => v - theirs.flat()[i]!))).toBeLessThan(length(ours) * 0.05);
    await session.release();
  });

  it("does not see padding before the shorter text of a batch", async () => {
    const config = parse();
    const weights = randomWeights(config, seededRandom(3));
    const session = await open(onnx({ config, weights, past: true }));
    const [long, short] = [text(9), text(4)];
    const input_ids = ints([long, [0, 0, 0, 0, 0, ...short]]);
    const attention_mask = ints([Array(9).fill(1), [0, 0, 0, 0, 0, 1, 1, 1, 1]]);
    const { logits } = await session.run({ input_ids, attention_mask, ...emptyCache(config, 2) });
    const [first, second] = rowsOf(logits!);
    expect(furthest(referenceLogits(config, weights, long), first!)).toBeLessThan(1e-4);
    expect(furthest(referenceLogits(config, weights, short), second!.slice(5))).toBeLessThan(1e-4);
    expect(second!.flat().every(Number.isFinite)).toBe(true);
    await session.release();
  });

  it("tells its inputs and outputs as Hugging Face's Optimum", async () => {
    const config = parse();
    const weights = randomWeights(config, seededRandom(4));
    const plain = await open(onnx({ config, weights }));
    expect([plain.inputNames, plain.outputNames]).toEqual([["input_ids"], ["logits"]]);
    const past = await open(onnx({ config, weights, past: true }));
    const parts = ["0.key", "0.value", "1.key", "1.value"];
    expect(past.inputNames.toSorted()).toEqual(["attention_mask", "input_ids", ...parts.map((p) => `past_key_values.${p}`)]);
    expect(past.outputNames.toSorted()).toEqual(["logits", ...parts.map((p) => `present.${p}`)]);
    expect(() => onnx({ config, weights: new Map() })).toThrow(/embed_tokens.weight is missing/);
  });
});

function emptyCache(config: GptConfig, batch: number): Record<string, Tensor> {
  const { kvHeads, head } = gptSizes(config);
  return Object.fromEntries(
    Array.from({ length: config.layers }, (_, i) => ["key", "value"].map((part) => `past_key_values.${i}.${part}`))
      .flat()
      .map((name) => [name, new Tensor("float32", new Float32Array(0), [batch, kvHeads, 0, head])]),
  );
}

describe("OnnxGraph", () => {
  it("makes any graph: float attributes, negative integers, several outputs, scalars, one name for equal constants", async () => {
    const g = new OnnxGraph("odd");
    const x = g.input("x", "float", ["n", 4]);
    const { values, places } = g.topK(g.node("LeakyRelu", "float", [x], { alpha: { float: 0.5 } }), 2);
    g.output("values", g.add(values, g.floats(-1)), ["n", 2]);
    g.output("places", g.add(places, g.ints(-3)), ["n", 2]);
    expect(g.ints([7])).toBe(g.ints([7]));
    expect(g.ints([7])).not.toBe(g.ints(7));
    const session = await open(g.finish());
    const out = await session.run({ x: new Tensor("float32", Float32Array.of(-4, -2, 3, 5), [1, 4]) });
    expect([...(out.values!.data as Float32Array)]).toEqual([4, 2]);
    expect([...(out.places!.data as BigInt64Array)]).toEqual([0n, -1n]);
    await session.release();
  });

  it("exports a stack of layers", async () => {
    const layer = (rows: number, columns: number, values: number[]) => ({
      shape: [rows, columns],
      data: Float32Array.from(values),
    });
    const bytes = onnxStack(
      [
        { weight: layer(2, 3, [1, 0, -1, 2, 2, 2]), bias: { shape: [2], data: Float32Array.of(0, -20) }, activation: "relu" },
        { weight: layer(1, 2, [0.5, 1]), activation: "sigmoid" },
      ],
      { input: "latent", output: "pixels" },
    );
    const session = await open(bytes);
    const { pixels } = await session.run({ latent: new Tensor("float32", Float32Array.of(3, 2, 1, 9, 9, 9), [2, 3]) });
    const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
    expect(pixels!.dims).toEqual([2, 1]);
    for (const [i, v] of [sigmoid(1), sigmoid(34)].entries()) expect((pixels!.data as Float32Array)[i]).toBeCloseTo(v, 5);
    expect(() => onnxStack([{ weight: layer(2, 3, []) }, { weight: layer(2, 3, []) }])).toThrow(/layer 1 of shape \[2, 3\]/);
    expect(() => onnxStack([])).toThrow(/no layers/);
    await session.release();
  });
});
