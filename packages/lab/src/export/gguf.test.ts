import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getLlama, LlamaLogLevel, type LlamaModel, type Token } from "node-llama-cpp";
import { afterAll, describe, expect, it } from "vitest";
import { seededRandom } from "../data/random.ts";
import { type GptConfig, GptConfigSchema } from "../models/config.ts";
import { randomWeights, referenceLogits } from "../models/reference.ts";
import { BpeTokenizer } from "../text/bpe.ts";
import { byteToCharacter } from "../text/byte-alphabet.ts";
import { CharTokenizer } from "../text/char-tokenizer.ts";
import { readTokenizerJson } from "../text/tokenizer-json.ts";
import type { Values, Weights } from "../weights.ts";
import { gguf } from "./gguf.ts";
import { dequantise, type GgufType, quantise, quantisedBytes } from "./gguf-quant.ts";
import { type GgufTokens, ggufTokens } from "./gguf-vocabulary.ts";

const folder = await mkdtemp(join(tmpdir(), "inkseal-lab-gguf-"));
const llama = await getLlama({
  gpu: false,
  build: "never",
  skipDownload: true,
  progressLogs: false,
  logLevel: LlamaLogLevel.disabled,
  maxThreads: 1,
});
afterAll(async () => {
  await llama.dispose();
  await rm(folder, { recursive: true });
});
let files = 0;
async function load(bytes: Uint8Array): Promise<LlamaModel> {
  const modelPath = join(folder, `${files++}.gguf`);
  await writeFile(modelPath, bytes);
  return await llama.loadModel({ modelPath, defaultContextFlashAttention: false });
}

const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
const characters = ["\n", ...printable, "é", "人"];
const tokens: GgufTokens = { pieces: characters };
const base = { kind: "gpt", vocab: characters.length, context: 64, layers: 2, width: 64, heads: 4, kvHeads: 2 };
const parse = (more: object = {}): GptConfig => GptConfigSchema.parse({ ...base, ...more });
const prompt = [...'Say "人é" or ~'].map((c) => characters.indexOf(c));

/** llama.cpp's raw logits after each token, its cache in full precision. */
async function logitsOf(model: LlamaModel, input: readonly number[]): Promise<Float64Array[]> {
  const context = await model.createContext({
    contextSize: 64,
    threads: 1,
    experimentalKvCacheKeyType: "F32",
    experimentalKvCacheValueType: "F32",
  });
  const out = await context
    .getSequence()
    .controlledEvaluate(input.map((t) => [t as Token, { generateNext: { logits: true } }] as const));
  await context.dispose();
  return out.map((item) => {
    const pairs = item!.next.logits!;
    const row = new Float64Array(pairs.size);
    for (const [token, logit] of pairs) row[token] = logit;
    return row;
  });
}
const furthest = (ours: readonly Float64Array[], theirs: readonly Float64Array[]): number =>
  Math.max(...ours.flatMap((row, t) => [...row].map((v, i) => Math.abs(v - theirs[t]![i]!))));
const best = (row: Float64Array): number => row.indexOf(Math.max(...row));

async function compare(config: GptConfig, seed: number): Promise<void> {
  const weights = randomWeights(config, seededRandom(seed));
  const model = await load(gguf({ config, weights, tokens }));
  const ours = referenceLogits(config, weights, prompt);
  const theirs = await logitsOf(model, prompt);
  expect(furthest(ours, theirs)).toBeLessThan(1e-3);
  expect(theirs.map((row) => best(row))).toEqual(ours.map((row) => best(row)));
  await model.dispose();
}

describe("a model in llama.cpp", () => {
  it("says what the reference says: grouped heads, tied", () => compare(parse(), 1));
  it("… untied, all heads their own, another theta and epsilon", () =>
    compare(parse({ tied: false, kvHeads: 4, ropeTheta: 500, normEps: 1e-2, hidden: 96 }), 2));
  it("… one head of keys, three layers", () => compare(parse({ kvHeads: 1, layers: 3 }), 3));
  it("… a mixture of experts", () => compare(parse({ experts: { count: 4, top: 2 }, hidden: 64 }), 4));

  it("goes on greedily, token by token, as the reference", async () => {
    const config = parse({ tied: false });
    const weights = randomWeights(config, seededRandom(5));
    const model = await load(gguf({ config, weights, tokens }));
    const context = await model.createContext({ contextSize: 64, threads: 1 });
    const theirs: number[] = [];
    for await (const token of context.getSequence().evaluate(prompt as Token[], { temperature: 0, yieldEogToken: true })) {
      theirs.push(token);
      if (theirs.length === 20) break;
    }
    const ours = [...prompt];
    for (let i = 0; i < 20; i++) ours.push(best(referenceLogits(config, weights, ours).at(-1)!));
    expect(theirs).toEqual(ours.slice(prompt.length));
    expect(new Set(theirs).size).toBeGreaterThan(8);
    await model.dispose();
  });

  it.each([
    ["F16", 0.02],
    ["Q8_0", 0.2],
    ["Q4_0", 0.5],
  ] as const)("says in %s what the reference says with weights rounded so", async (type, tolerance) => {
    const config = parse({ tied: false, hidden: 64 });
    const weights = randomWeights(config, seededRandom(6));
    const bytes = gguf({ config, weights, tokens, type });
    const model = await load(bytes);
    const theirs = await logitsOf(model, prompt);
    expect(furthest(referenceLogits(config, rounded(weights, type), prompt), theirs)).toBeLessThan(tolerance);
    expect(bytes.length).toBeLessThan({ F16: 0.55, Q8_0: 0.32, Q4_0: 0.25 }[type] * gguf({ config, weights, tokens }).length);
    await model.dispose();
  });

  it("keeps rows that are no multiple of 32 in F16", async () => {
    const config = parse({ hidden: 72 });
    const weights = randomWeights(config, seededRandom(7));
    const model = await load(gguf({ config, weights, tokens, type: "Q8_0" }));
    const types = new Map(model.fileInfo.fullTensorInfo!.map((t) => [t.name, t.ggmlType]));
    expect(types.get("blk.0.ffn_down.weight")).toBe(1);
    expect(types.get("blk.0.ffn_up.weight")).toBe(8);
    expect(types.get("blk.0.attn_norm.weight")).toBe(0);
    await model.dispose();
  });
});

/** As the file holds them. */
function rounded(weights: Weights, type: GgufType): Weights {
  return new Map(
    [...weights].map(([name, values]): [string, Values] => {
      if (values.shape.length === 1) return [name, values];
      const as = type === "Q4_0" && /embed_tokens|lm_head/.test(name) ? "Q8_0" : type;
      const bytes = new Uint8Array(quantisedBytes(as, values.data.length));
      quantise(as, values.data, bytes);
      return [name, { ...values, data: dequantise(as, bytes, values.data.length) }];
    }),
  );
}

const llama3Split =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

describe("a vocabulary in llama.cpp", () => {
  const config = parse();
  const weights = randomWeights(config, seededRandom(8));

  it("cuts text into our characters and puts it together again; drops what has no token", async () => {
    const model = await load(gguf({ config, weights, tokens }));
    const text = 'Hello , world!\n\n  I\'ve 人人é 2024 "~" .';
    const ids = [...text].map((c) => characters.indexOf(c));
    expect(model.tokenize(text)).toEqual(ids);
    expect(model.detokenize(ids as Token[])).toBe(text);
    expect(model.detokenize(model.tokenize("aêb犬c"))).toBe("abc");
    expect(model.tokens.eos).toBe(characters.length); // an id after ours
    expect(characters.some((_, id) => model.isEogToken(id as Token))).toBe(false);
    await model.dispose();
  });

  it("never prefers the end that it had to add", async () => {
    for (const seed of [1, 2]) {
      const random = randomWeights(parse({ tied: false }), seededRandom(seed));
      const model = await load(gguf({ config: parse({ tied: false }), weights: random, tokens }));
      for (const row of await logitsOf(model, prompt)) {
        const ours = row.slice(0, characters.length);
        expect(row).toHaveLength(characters.length + 1);
        expect(row.at(-1)).toBeCloseTo(ours.reduce((a, b) => a + b, 0) / ours.length, 3);
      }
      await model.dispose();
    }
  });

  it("has bytes and merges of BPE, with an end that no text can reach", async () => {
    const pieces = [
      ...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)),
      "he",
      "ll",
      "hell",
      "hello",
      " w",
      "<|end|>",
    ];
    const merges = [
      ["h", "e"],
      ["l", "l"],
      ["he", "ll"],
      ["hell", "o"],
      [byteToCharacter[32]!, "w"],
    ] as const;
    const wide = parse({ vocab: 264 });
    const of = (more: object) =>
      gguf({
        config: wide,
        weights: randomWeights(wide, seededRandom(1)),
        tokens: { pieces, merges, special: [261], ...more },
      });
    const model = await load(of({}));
    const w = "w".charCodeAt(0);
    expect(model.tokenize("hello world")).toEqual(
      [259, 260, ..."orld"].map((t) => (typeof t === "string" ? t.charCodeAt(0) : t)),
    );
    expect(model.tokenize("é 人w")).toEqual([0xc3, 0xa9, 32, 0xe4, 0xba, 0xba, w]);
    expect(model.detokenize(model.tokenize("hello , wéll é 人"))).toBe("hello , wéll é 人");
    expect(model.isEogToken(0xff as Token)).toBe(true);
    expect(model.isEogToken(11 as Token)).toBe(false);
    expect(model.tokenize("a<|end|>", true)).toEqual([97, 261]);
    await model.dispose();
    const ended = await load(of({ end: 261, begin: 261 }));
    expect([ended.tokens.eos, ended.tokens.bos]).toEqual([261, 261]);
    await ended.dispose();
  });

  it("takes our tokenizers, and cuts text as they do", async () => {
    const line = "It's the hell of a hello: the shelf, the shell, the 3 helpers\n\n  said 'hé'. 人人, 人!\n";
    const bpe = BpeTokenizer.train([line.repeat(3)], { vocab: 300, special: ["<|endoftext|>"] });
    const preTokenizer = {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: llama3Split }, behavior: "Isolated", invert: false },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    };
    for (const tokenizer of [
      CharTokenizer.train(line),
      bpe,
      readTokenizerJson({ ...bpe.json(), pre_tokenizer: preTokenizer }),
    ]) {
      const sized = parse({ vocab: tokenizer.vocab + 4, layers: 1 });
      const bytes = gguf({ config: sized, weights: randomWeights(sized, seededRandom(1)), tokens: ggufTokens(tokenizer) });
      const model = await load(bytes);
      for (const text of [line, "the 人 , shell!\nIt's 3\t ", "hell".repeat(9)].filter(
        (t) => tokenizer.vocab > 100 || t === line,
      )) {
        expect(model.tokenize(text)).toEqual(tokenizer.encode(text));
        expect(tokenizer.decode(model.tokenize(text))).toBe(text);
      }
      expect(model.tokens.eos).toBe(tokenizer.special.get("<|endoftext|>") ?? sized.vocab);
      await model.dispose();
    }
    const foreign = {
      ...bpe,
      special: new Map(),
      vocab: 1,
      json: () => ({ model: { type: "Unigram" } }),
    } as unknown as BpeTokenizer;
    expect(() => ggufTokens(foreign)).toThrow(/only character and byte-level/);
    expect(() => ggufTokens(bpe, "<|stop|>")).toThrow(/no such end token/);
  });

  it("refuses what llama.cpp would die of", () => {
    const of = (more: Partial<GgufTokens>) => () => gguf({ config, weights, tokens: { ...tokens, ...more } });
    expect(of({ pieces: ["a", "a"] })).toThrow(/same spelling/);
    expect(of({ pieces: Array.from({ length: 200 }, (_, i) => String.fromCodePoint(0x4e00 + i)) })).toThrow(
      /98 ids and the vocabulary 200/,
    );
    expect(of({ end: 1_000 })).toThrow(/no token 1000/);
    expect(() => gguf({ config, weights: new Map(), tokens })).toThrow(/embed_tokens.weight is missing/);
  });
});
