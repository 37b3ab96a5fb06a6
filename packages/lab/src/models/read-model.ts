import { InksealError } from "@inkseal/core";
import * as z from "zod";
import { unpackModel } from "../compress/model-file.ts";
import { fromLlamaConfig } from "../export/llama-config.ts";
import { readSafetensors } from "../export/safetensors.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { readTokenizerJson } from "../text/tokenizer-json.ts";
import type { MixedWeights, QuantisedMatrix, Values } from "../weights.ts";
import { type ModelConfig, ModelConfigSchema } from "./config.ts";
import { modelShapes } from "./shapes.ts";

export const plain = "model.safetensors";
export const packed = "model.packed.safetensors";
export const index = "model.safetensors.index.json";

/** A file of a model's folder, or undefined where there is none of that name. */
export type ReadFile = (name: string) => Promise<Uint8Array | undefined>;

/** A finished model, some of whose matrices may be quantised or sparse. */
export interface CompressedFolder {
  readonly weights: MixedWeights;
  readonly config: ModelConfig;
  readonly tokenizer?: Tokenizer;
  /** What was done to it, for people: `int4`. None for a plain model. */
  readonly made?: string;
}

/**
 * A model from its files, wherever they lie; `where` names the place in errors. Its matrices stay as they were written: what a decoder runs fastest.
 * Throws `not-found` without config.json or weights, and `bad-file`, saying what, when the parts are broken or do not fit together.
 */
export async function readModel(read: ReadFile, where: string): Promise<CompressedFolder> {
  const json = await readJson(read, "config.json");
  if (json === undefined) throw new InksealError("not-found", `${where} has no config.json, so it is no model`);
  const config = readConfig(json);
  const { weights, made } = await readWeights(read, where);
  const tokenizer = await readJson(read, "tokenizer.json");
  return {
    config,
    weights: fitting(weights, modelShapes(config)),
    ...(made !== undefined && { made }),
    ...(tokenizer !== undefined && { tokenizer: readTokenizerJson(tokenizer) }),
  };
}

/** A model's tokenizer alone. Throws `not-found` without one, and `bad-file`. */
export async function readTokenizer(read: ReadFile, where: string): Promise<Tokenizer> {
  const json = await readJson(read, "tokenizer.json");
  if (json === undefined) throw new InksealError("not-found", `${where} has no tokenizer.json`);
  return readTokenizerJson(json);
}

function readConfig(json: unknown): ModelConfig {
  if (typeof json !== "object" || json === null || !("inkseal" in json)) return fromLlamaConfig(json);
  const config = ModelConfigSchema.safeParse(json.inkseal);
  if (config.success) return config.data;
  const issue = config.error.issues[0]!;
  throw new InksealError("bad-file", `config.json is malformed at inkseal.${issue.path.join(".")}: ${issue.message}`);
}

const IndexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string().regex(/^[\w-][\w.-]*\.safetensors$/)) });

async function readWeights(read: ReadFile, where: string): Promise<Pick<CompressedFolder, "weights" | "made">> {
  const shards = await readJson(read, index);
  if (shards === undefined) {
    const bytes = await read(plain);
    if (bytes !== undefined) return { weights: readSafetensors(bytes).weights };
    const small = await read(packed);
    if (small === undefined) throw new InksealError("not-found", `${where} has no ${plain}`);
    const { weights, metadata } = unpackModel(small);
    return { weights, made: metadata.made ?? "compressed" };
  }
  const parsed = IndexSchema.safeParse(shards);
  if (!parsed.success) throw new InksealError("bad-file", `${index} does not map tensors to .safetensors files`);
  const weights = new Map<string, Values>();
  for (const shard of [...new Set(Object.values(parsed.data.weight_map))].sort()) {
    const bytes = await read(shard);
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

async function readJson(read: ReadFile, name: string): Promise<unknown> {
  const bytes = await read(name);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new InksealError("bad-file", `${name} is not JSON`, { cause });
  }
}
