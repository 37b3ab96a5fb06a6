import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InksealError, type TextTokens } from "@inkseal/core";
import type { Tokenizer } from "@inkseal/lab";
import type { LabModel } from "./lab-folder.ts";

/** Tokenizers that are kept in memory. */
const most = 16;

/** A text as tokens of the Lab's models: those of their tokenizers, without the weights. */
export class LabTokens {
  /** By what tokenizer.json holds, the least recently used first. */
  readonly #read = new Map<string, Tokenizer>();

  async of(text: string, models: readonly LabModel[]): Promise<readonly TextTokens[]> {
    const byFile = new Map<string, string[]>();
    for (const { id, path } of models) {
      const json = await readFile(join(path, "tokenizer.json"), "utf8").catch(() => undefined);
      if (json !== undefined) byFile.set(json, [...(byFile.get(json) ?? []), id]);
    }
    const all: TextTokens[] = [];
    for (const [json, ids] of byFile) {
      const tokenizer = await this.#tokenizer(json).catch(() => undefined); // its model says what is wrong when it is asked
      if (tokenizer !== undefined) all.push({ models: ids, ids: encode(tokenizer, text) });
    }
    return all;
  }

  async #tokenizer(json: string): Promise<Tokenizer> {
    const { readTokenizerJson } = await import("@inkseal/lab");
    const tokenizer = this.#read.get(json) ?? readTokenizerJson(JSON.parse(json));
    this.#read.delete(json); // to the young end
    this.#read.set(json, tokenizer);
    if (this.#read.size > most) this.#read.delete(this.#read.keys().next().value as string);
    return tokenizer;
  }
}

/** Characters that the tokenizer does not have become a token that none of its models says. */
function encode(tokenizer: Tokenizer, text: string): readonly number[] {
  const plain = (part: string): number[] => tokenizer.encode(part, { plain: true });
  try {
    return plain(text);
  } catch (error) {
    if (!InksealError.is(error)) throw error;
  }
  // only tokenizers of characters refuse one: each by itself is the same as all together
  return [...text].flatMap((character) => {
    try {
      return plain(character);
    } catch {
      return [tokenizer.vocab];
    }
  });
}
