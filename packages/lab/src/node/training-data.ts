import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { InksealError } from "@inkseal/core";
import { BpeTokenizer } from "../text/bpe.ts";
import { CharTokenizer } from "../text/char-tokenizer.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { readTokenizerJson } from "../text/tokenizer-json.ts";
import type { TrainConfig } from "../train/config.ts";
import { diskError, replaceFile } from "./durable-file.ts";
import { openTokenFile, textsOf, writeTokens } from "./token-file.ts";

export interface Prepared {
  readonly tokenizer: Tokenizer;
  /** One token file for each source. */
  readonly files: readonly string[];
}

/** The tokenizer, kept in `out`, so that a resumed training has the same. */
export async function prepareTokenizer(config: TrainConfig, given: Tokenizer | undefined): Promise<Tokenizer> {
  const kept = join(config.out, "tokenizer.json");
  const there = given ?? (await readIfThere(kept));
  if (there !== undefined) return there;
  const tokenizer = await makeTokenizer(config);
  await replaceFile(kept, new TextEncoder().encode(JSON.stringify(tokenizer.json())));
  return tokenizer;
}

/** The tokenizer, and each source as a token file, made once. */
export async function prepareTokens(config: TrainConfig, given: Tokenizer | undefined): Promise<Prepared> {
  const tokenizer = await prepareTokenizer(config, given);
  const files: string[] = [];
  for (const { path } of config.data) {
    if (extname(path) === ".tokens") {
      files.push(path);
      continue;
    }
    const name = createHash("sha256").update(path).update(JSON.stringify(tokenizer.json())).digest("hex").slice(0, 12);
    const file = join(config.out, `data-${name}.tokens`);
    if (!(await sound(file)))
      try {
        await writeTokens(file, { inputs: [path], tokenizer });
      } catch (error) {
        throw diskError(error, "the tokenised data");
      }
    files.push(file);
  }
  return { tokenizer, files };
}

async function readIfThere(path: string): Promise<Tokenizer | undefined> {
  try {
    return readTokenizerJson(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
async function sound(path: string): Promise<boolean> {
  try {
    openTokenFile(path).close();
    return true;
  } catch {
    return false;
  }
}
async function makeTokenizer({ tokenizer, data }: TrainConfig): Promise<Tokenizer> {
  if (tokenizer.type === "file") {
    const read = await readIfThere(tokenizer.path);
    if (read === undefined)
      throw new InksealError("bad-request", `there is no tokenizer at ${tokenizer.path}`, { param: "tokenizer.path" });
    return read;
  }
  const chunks: string[] = [];
  let characters = 0;
  for (const { path } of data) {
    if (extname(path) === ".tokens")
      throw new InksealError("bad-request", `${path} is tokenised already; name its tokenizer: {"type": "file", "path": …}`, {
        param: "tokenizer",
      });
    for await (const chunk of textsOf(path)) {
      // merges are learnt from the first 64 M characters; characters from all of them
      if (tokenizer.type === "bpe" && characters > 64e6) break;
      chunks.push(tokenizer.type === "char" ? [...new Set(chunk)].join("") : chunk);
      characters += chunk.length;
    }
  }
  return tokenizer.type === "char" ? CharTokenizer.train(chunks) : BpeTokenizer.train(chunks, { vocab: tokenizer.vocab });
}
