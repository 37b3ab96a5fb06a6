import * as disk from "node:fs/promises";
import { join } from "node:path";
import { packModel } from "../compress/model-file.ts";
import { dequantiseAll } from "../compress/quantise.ts";
import { toLlamaConfig } from "../export/llama-config.ts";
import { writeSafetensors } from "../export/safetensors.ts";
import type { ModelConfig } from "../models/config.ts";
import { type CompressedFolder, index, packed, plain, readModel } from "../models/read-model.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { Weights } from "../weights.ts";
import { diskError, errorCode, type FileSystem, readWhole, replaceFile } from "./durable-file.ts";

export interface ModelFolder extends Omit<CompressedFolder, "weights" | "made"> {
  readonly weights: Weights;
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
  return await readModel((name) => readWhole(join(folder, name), fs).catch(missing), folder);
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

function missing(error: unknown): undefined {
  if (errorCode(error) !== "ENOENT") throw error;
}
