import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as disk from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AutoTokenizer, env } from "@huggingface/transformers";
import { afterAll, describe, expect, it } from "vitest";
import { dequantiseAll, quantise } from "../compress/quantise.ts";
import { seededRandom } from "../data/random.ts";
import { writeSafetensors } from "../export/safetensors.ts";
import { type GptConfig, GptConfigSchema, gptShapes, ModelConfigSchema } from "../models/config.ts";
import { initialModel } from "../models/shapes.ts";
import { BpeTokenizer } from "../text/bpe.ts";
import { CharTokenizer } from "../text/char-tokenizer.ts";
import type { Values } from "../weights.ts";
import { loadCompressed, loadModel, saveCompressed, saveModel } from "./model-folder.ts";

const root = mkdtempSync(join(tmpdir(), "lab-models-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const folder = () => join(root, String(folders++));
const refused = (code: string, message = "") => expect.objectContaining({ code, message: expect.stringContaining(message) });

const config: GptConfig = GptConfigSchema.parse({
  kind: "gpt",
  vocab: 270,
  context: 16,
  layers: 2,
  width: 8,
  heads: 4,
  kvHeads: 2,
  tied: false,
});
const weightsOf = (c: GptConfig) =>
  new Map(
    [...gptShapes(c)].map(([name, shape], i): [string, Values] => {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).map((_, j) => i + j / 1000);
      return [name, { shape, data }];
    }),
  );
const weights = weightsOf(config);
const tokenizer = BpeTokenizer.train(["the sun and the moon\n".repeat(9)], { vocab: 270, special: ["<|endoftext|>"] });

function put(files: Record<string, unknown>): string {
  const path = folder();
  mkdirSync(path);
  for (const [name, value] of Object.entries(files))
    writeFileSync(join(path, name), value instanceof Uint8Array ? value : JSON.stringify(value));
  return path;
}

describe("a model's folder", () => {
  it("gives back weights, configuration and tokenizer", async () => {
    const path = folder();
    await saveModel(path, { weights, config, tokenizer });
    const back = await loadModel(path);
    expect(back.config).toEqual(config);
    expect([...back.weights]).toEqual([...weights]);
    expect(back.tokenizer!.encode("the moon<|endoftext|>")).toEqual(tokenizer.encode("the moon<|endoftext|>"));
    const json = JSON.parse(readFileSync(join(path, "config.json"), "utf8"));
    expect(json).toMatchObject({
      architectures: ["LlamaForCausalLM"],
      num_key_value_heads: 2,
      hidden_size: 8,
      inkseal: { kind: "gpt" },
    });
  });
  it("replaces an older model, and holds other kinds, which Hugging Face does not know", async () => {
    const path = folder();
    await saveModel(path, { weights, config });
    const vae = ModelConfigSchema.parse({ kind: "vae", picture: { height: 2, width: 2, channels: 1 } });
    const few = initialModel(vae, seededRandom(1));
    await saveModel(path, { weights: few, config: vae, tokenizer: CharTokenizer.train("ab") });
    expect(await loadModel(path)).toMatchObject({ config: vae, weights: few, tokenizer: { vocab: 2 } });
    expect(JSON.parse(readFileSync(join(path, "config.json"), "utf8")).architectures).toBeUndefined();
  });
  it("opens in transformers.js with the same ids", async () => {
    Object.assign(env, { allowRemoteModels: false, allowLocalModels: true, localModelPath: root });
    const text = "the sun's  moon 海\n<|endoftext|>and so";
    for (const ours of [tokenizer, CharTokenizer.train(text)]) {
      const path = folder();
      await saveModel(path, { weights, config, tokenizer: ours });
      const theirs = await AutoTokenizer.from_pretrained(path, { local_files_only: true });
      expect(theirs.encode(text, { add_special_tokens: false })).toEqual(ours.encode(text));
      expect(theirs.decode(ours.encode(text))).toBe(text);
    }
  });
});

describe("a compressed model's folder", () => {
  const wide = GptConfigSchema.parse({ kind: "gpt", vocab: 270, context: 16, layers: 1, width: 32, heads: 4, hidden: 64 });
  const plain = weightsOf(wide);
  const mixed = quantise(plain, { bits: 4 });

  it("gives back every bit to a decoder, and floats to everybody else", async () => {
    const path = folder();
    await saveModel(path, { weights: plain, config: wide, tokenizer });
    await saveCompressed(path, { weights: mixed, config: wide, tokenizer, made: "int4" });
    expect(readdirSync(path).sort()).toEqual([
      "config.json",
      "model.packed.safetensors",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    const back = await loadCompressed(path);
    expect(back).toMatchObject({ made: "int4", config: wide });
    expect([...back.weights]).toEqual([...mixed]);
    expect([...(await loadModel(path)).weights]).toEqual([...dequantiseAll(mixed)]);
    await saveModel(path, { weights: plain, config: wide });
    expect([...(await loadModel(path)).weights]).toEqual([...plain]);
    expect(await loadCompressed(path)).not.toHaveProperty("made");
  });
  it("is refused when it was damaged", async () => {
    const path = folder();
    await saveCompressed(path, { weights: mixed, config: wide, made: "int4" });
    const file = join(path, "model.packed.safetensors");
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(0, bytes.length - 9));
    await expect(loadModel(path)).rejects.toEqual(refused("bad-file"));
    const less = new Map(mixed);
    less.delete("model.norm.weight");
    await saveCompressed(path, { weights: less, config: wide });
    await expect(loadModel(path)).rejects.toEqual(refused("bad-file", "lacks model.norm.weight"));
  });
  it("leaves the model that was there whole when the disk is full", async () => {
    const path = folder();
    await saveCompressed(path, { weights: mixed, config: wide, made: "int4" });
    const full = {
      ...disk,
      open: async (...args: Parameters<typeof disk.open>) => {
        const file = await disk.open(...args);
        file.write = () => Promise.reject(Object.assign(new Error("no room"), { code: "ENOSPC" }));
        return file;
      },
    };
    const eight = quantise(plain, { bits: 8 });
    await expect(saveCompressed(path, { weights: eight, config: wide, made: "int8" }, full)).rejects.toEqual(
      refused("disk-full"),
    );
    expect((await loadCompressed(path)).made).toBe("int4");
    expect(readdirSync(path).filter((name) => name.endsWith(".partial"))).toEqual([]);
  });
});

describe("a Llama's folder from Hugging Face", () => {
  const llama = {
    model_type: "llama",
    vocab_size: config.vocab,
    max_position_embeddings: config.context,
    num_hidden_layers: config.layers,
    hidden_size: config.width,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    intermediate_size: 24,
  };
  const old = { shape: [2], data: Float32Array.of(1, 2) };

  it("opens, in one file, with tensors of old versions left out", async () => {
    const model = writeSafetensors(new Map([["model.layers.0.self_attn.rotary_emb.inv_freq", old], ...weights]));
    const back = await loadModel(put({ "config.json": llama, "model.safetensors": model }));
    expect(back.config).toMatchObject({ kind: "gpt", kvHeads: 2, hidden: 24, normEps: 1e-6, tied: false });
    expect([...back.weights]).toEqual([...weights]);
    expect(back.tokenizer).toBeUndefined();
  });
  it("opens in shards", async () => {
    const halves = [[...weights].filter((_, i) => i % 2 === 0), [...weights].filter((_, i) => i % 2 === 1)];
    const shard = (i: number) => `model-0000${i + 1}-of-00002.safetensors`;
    const weight_map = Object.fromEntries(halves.flatMap((half, i) => half.map(([name]) => [name, shard(i)])));
    const files = Object.fromEntries(halves.map((half, i) => [shard(i), writeSafetensors(new Map(half))]));
    const index = { metadata: { total_size: 1 }, weight_map };
    const back = await loadModel(put({ "config.json": llama, "model.safetensors.index.json": index, ...files }));
    expect([...back.weights]).toEqual([...weights]);
    const path = put({ "config.json": llama, "model.safetensors.index.json": index, [shard(0)]: files[shard(0)] });
    await expect(loadModel(path)).rejects.toEqual(refused("bad-file", shard(1)));
  });
  it("is refused when its parts are missing, broken, elsewhere or of other shapes", async () => {
    const model = writeSafetensors(weights);
    const without = new Map(weights);
    without.delete("model.norm.weight");
    const wrong = new Map(weights).set("model.norm.weight", old);
    const cases: [Record<string, unknown>, ReturnType<typeof refused>][] = [
      [{ "model.safetensors": model }, refused("not-found", "config.json")],
      [{ "config.json": llama }, refused("not-found", "model.safetensors")],
      [{ "config.json": new TextEncoder().encode("{"), "model.safetensors": model }, refused("bad-file", "not JSON")],
      [{ "config.json": [], "model.safetensors": model }, refused("bad-file", "config.json")],
      [{ "config.json": { inkseal: { kind: "gpt" } }, "model.safetensors": model }, refused("bad-file", "inkseal.vocab")],
      [{ "config.json": llama, "model.safetensors": model.subarray(0, 99) }, refused("bad-file", "safetensors")],
      [
        { "config.json": llama, "model.safetensors": writeSafetensors(without) },
        refused("bad-file", "lacks model.norm.weight [8]"),
      ],
      [{ "config.json": llama, "model.safetensors": writeSafetensors(wrong) }, refused("bad-file", "has shape [2]")],
      [
        { "config.json": llama, "model.safetensors.index.json": { weight_map: { a: "../x.safetensors" } } },
        refused("bad-file", "index.json"),
      ],
      [
        { "config.json": llama, "model.safetensors": model, "tokenizer.json": { model: 1 } },
        refused("bad-file", "tokenizer.json"),
      ],
    ];
    for (const [files, error] of cases) await expect(loadModel(put(files))).rejects.toEqual(error);
  });
});
