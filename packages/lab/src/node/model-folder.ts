import * as disk from "node:fs/promises";
import { join } from "node:path";
import { InksealError } from "@inkseal/core";
import * as z from "zod";
import { packModel, unpackModel } from "../compress/model-file.ts";
import { dequantiseAll } from "../compress/quantise.ts";
import { fromLlamaConfig, toLlamaConfig } from "../export/llama-config.ts";
import { readSafetensors, writeSafetensors } from "../export/safetensors.ts";
import { type ModelConfig, ModelConfigSchema } from "../models/config.ts";
import { modelShapes } from "../models/shapes.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { readTokenizerJson } from "../text/tokenizer-json.ts";
import type { MixedWeights, QuantisedMatrix, Values, Weights } from "../weights.ts";
import { diskError, errorCode, type FileSystem, readWhole, replaceFile } from "./durable-file.ts";

export interface ModelFolder {
  readonly weights: Weights;
  readonly config: ModelConfig;
  readonly tokenizer?: Tokenizer;
}
/** A model some of whose matrices are quantised or sparse. */
export interface CompressedFolder extends Omit<ModelFolder, "weights"> {
  readonly weights: MixedWeights;
  /** What was done to it, for people: `int4`. None for a plain model. */
  readonly made?: string;
}

/**
 * Writes a finished model: model.safetensors, config.json and, with a tokenizer, tokenizer.json and tokenizer_config.json.
 * config.json has our configuration under "inkseal", and for a GPT the fields by which Hugging Face's transformers opens the folder.
 * Throws `disk-full`; files that were there are then whole.
 */
export async function saveModel(folder: string, { weights, ...model }: ModelFolder, fs: FileSystem = disk): Promise<void> {
  const foreign = model.config.kind === "gpt" ? toLlamaConfig(model.config) : {};
  const file = writeSafetensors(weights, { format: "pt" });
  await saveFolder(folder, model, { name: plain, file, foreign }, fs);
}

/** Writes a compressed model: as {@link saveModel}, with `packModel`'s model.packed.safetensors, which transformers cannot open. Throws as that. */
export async function saveCompressed(
  folder: string,
  { weights, made, ...model }: CompressedFolder,
  fs: FileSystem = disk,
): Promise<void> {
  const file = packModel(weights, made === undefined ? {} : { made });
  await saveFolder(folder, model, { name: packed, file, foreign: {} }, fs);
}

const plain = "model.safetensors";
const packed = "model.packed.safetensors";

async function saveFolder(
  folder: string,
  { config, tokenizer }: Omit<ModelFolder, "weights">,
  { name, file, foreign }: { readonly name: string; readonly file: Uint8Array; readonly foreign: object },
  fs: FileSystem,
): Promise<void> {
  const json = (value: unknown) => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
  try {
    await fs.mkdir(folder, { recursive: true });
    if (tokenizer !== undefined) {
      await replaceFile(join(folder, "tokenizer.json"), json(tokenizer.json()), fs);
      await replaceFile(join(folder, "tokenizer_config.json"), json(tokenizerConfig(tokenizer, config)), fs);
    }
    await replaceFile(join(folder, name), file, fs);
    await replaceFile(join(folder, "config.json"), json({ ...foreign, inkseal: config }), fs);
    // one that lay there before in the other form would be read in its place
    for (const other of [plain, packed, index]) if (other !== name) await fs.rm(join(folder, other), { force: true });
  } catch (error) {
    throw diskError(error, "the model");
  }
}

/**
 * Reads a folder of ours, compressed ones as plain floats, or one of a Hugging Face Llama, Mistral or Mixtral, in one file or in shards.
 * Throws `not-found` without config.json or weights, and `bad-file`, saying what, when the parts are broken or do not fit together.
 */
export async function loadModel(folder: string, fs: FileSystem = disk): Promise<ModelFolder> {
  const { weights, made: _, ...model } = await loadCompressed(folder, fs);
  return { ...model, weights: dequantiseAll(weights) };
}

/** The same with its matrices as they lie on the disk: what a decoder runs fastest. A plain model is its own. Throws as {@link loadModel}. */
export async function loadCompressed(folder: string, fs: FileSystem = disk): Promise<CompressedFolder> {
  const json = await readJson(join(folder, "config.json"), fs);
  if (json === undefined) throw new InksealError("not-found", `${folder} has no config.json, so it is no model`);
  const config = readConfig(json);
  const { weights, made } = await readWeights(folder, fs);
  const tokenizer = await readJson(join(folder, "tokenizer.json"), fs);
  return {
    config,
    weights: fitting(weights, modelShapes(config)),
    ...(made !== undefined && { made }),
    ...(tokenizer !== undefined && { tokenizer: readTokenizerJson(tokenizer) }),
  };
}

function readConfig(json: unknown): ModelConfig {
  if (typeof json !== "object" || json === null || !("inkseal" in json)) return fromLlamaConfig(json);
  const config = ModelConfigSchema.safeParse(json.inkseal);
  if (config.success) return config.data;
  const issue = config.error.issues[0]!;
  throw new InksealError("bad-file", `config.json is malformed at inkseal.${issue.path.join(".")}: ${issue.message}`);
}

const IndexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string().regex(/^[\w-][\w.-]*\.safetensors$/)) });

const index = "model.safetensors.index.json";

async function readWeights(folder: string, fs: FileSystem): Promise<Pick<CompressedFolder, "weights" | "made">> {
  const shards = await readJson(join(folder, index), fs);
  if (shards === undefined) {
    const bytes = await readWhole(join(folder, plain), fs).catch(missing);
    if (bytes !== undefined) return { weights: readSafetensors(bytes).weights };
    const small = await readWhole(join(folder, packed), fs).catch(missing);
    if (small === undefined) throw new InksealError("not-found", `${folder} has no ${plain}`);
    const { weights, metadata } = unpackModel(small);
    return { weights, made: metadata.made ?? "compressed" };
  }
  const parsed = IndexSchema.safeParse(shards);
  if (!parsed.success) throw new InksealError("bad-file", `${index} does not map tensors to .safetensors files`);
  const weights = new Map<string, Values>();
  for (const shard of [...new Set(Object.values(parsed.data.weight_map))].sort()) {
    const bytes = await readWhole(join(folder, shard), fs).catch(missing);
    if (bytes === undefined) throw new InksealError("bad-file", `the model's part ${shard} is missing`);
    for (const [name, values] of readSafetensors(bytes).weights) weights.set(name, values);
  }
  return { weights };
}

/** The tensors that the model has, in its order; others (old checkpoints' rotary tables) are left out. Throws `bad-file`. */
function fitting(tensors: MixedWeights, shapes: ReadonlyMap<string, readonly number[]>): MixedWeights {
  const weights = new Map<string, Values | QuantisedMatrix>();
  for (const [name, shape] of shapes) {
    const values = tensors.get(name);
    if (values === undefined) throw new InksealError("bad-file", `the model lacks ${name} [${shape}]`);
    if (`${values.shape}` !== `${shape}`)
      throw new InksealError("bad-file", `${name} has shape [${values.shape}]; config.json asks for [${shape}]`);
    weights.set(name, values);
  }
  return weights;
}

function tokenizerConfig(tokenizer: Tokenizer, config: ModelConfig): object {
  const end = ["<|endoftext|>", "</s>"].find((token) => tokenizer.special.has(token));
  return {
    tokenizer_class: "PreTrainedTokenizerFast",
    clean_up_tokenization_spaces: false,
    ...("context" in config && { model_max_length: config.context }),
    ...(end !== undefined && { eos_token: end }),
  };
}

async function readJson(path: string, fs: FileSystem): Promise<unknown> {
  const bytes = await readWhole(path, fs).catch(missing);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new InksealError("bad-file", `${path} is not JSON`, { cause });
  }
}

function missing(error: unknown): undefined {
  if (errorCode(error) !== "ENOENT") throw error;
}
