import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { InksealError } from "@inkseal/core";
import type { BertConfig, VitConfig } from "../models/config.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { TrainConfig } from "../train/config.ts";
import type { ExampleSource } from "../train/lesson.ts";
import { errorCode } from "./durable-file.ts";
import type { Check, Examples } from "./lesson-data.ts";
import { withLabels } from "./lesson-labels.ts";
import { readPicture, sharedBytes } from "./pictures.ts";
import { openTokenFile } from "./token-file.ts";
import { prepareTokenizer, prepareTokens } from "./training-data.ts";

/** Windows of tokens, or with `classes` one row for each line of a .jsonl, which begins with the mask token: its state stands for the row. */
export async function readTexts(
  config: TrainConfig,
  start: BertConfig,
  given: Tokenizer | undefined,
  check: Check,
): Promise<Examples> {
  const length = config.length ?? start.context;
  if (length > start.context)
    throw new InksealError("bad-request", `length ${length} is above the model's context of ${start.context}`, {
      param: "length",
    });
  if (start.classes === undefined) {
    const { tokenizer, files } = await prepareTokens(config, given);
    const model = withVocab(start, tokenizer.vocab + 1, "model.vocab");
    check(model, length, 0);
    const windows = files.map((path) => {
      const file = openTokenFile(path);
      try {
        const count = Math.floor(file.length / length);
        return Int32Array.from(file.slice(0, count * length));
      } finally {
        file.close();
      }
    });
    const ids = new Int32Array(windows.reduce((sum, w) => sum + w.length, 0));
    let at = 0;
    for (const window of windows) {
      ids.set(window, at);
      at += window.length;
    }
    const sources = windows.map((w, i) => ({ count: w.length / length, weight: config.data[i]!.weight }));
    return { model, data: { tokens: { ids, length } }, sources, length, tokenizer };
  }
  const tokenizer = await prepareTokenizer(config, given);
  const lines = await Promise.all(config.data.map(({ path }) => jsonLines(path, ["text", "label"])));
  const named = withLabels(withVocab(start, tokenizer.vocab + 1, "model.vocab"), [
    ...new Set(lines.flat().map(({ label }) => label!)),
  ]);
  const model = named.model as BertConfig;
  check(model, length, 0);
  const mark = model.vocab - 1;
  const rows = lines.flat().map((line) => [mark, ...tokenizer.encode(line.text!, { plain: true })]);
  const labels = Int32Array.from(
    lines.flatMap((own, i) => own.map(({ label }) => named.numberOf(label!, config.data[i]!.path))),
  );
  return { model, data: { tokens: tokenRows(rows, length), labels }, sources: counts(config, lines), length, tokenizer };
}

/** Pictures and their texts, one pair for each line of a .jsonl. */
export async function readPairs(
  config: TrainConfig,
  start: VitConfig,
  given: Tokenizer | undefined,
  check: Check,
): Promise<Examples> {
  const tokenizer = await prepareTokenizer(config, given);
  const model = { ...start, text: withVocab(start.text!, tokenizer.vocab, "model.text.vocab") };
  const lines = await Promise.all(config.data.map(({ path }) => jsonLines(path, ["image", "text"])));
  const { picture: size, text } = model;
  const each = size.height * size.width * size.channels;
  const count = lines.reduce((sum, own) => sum + own.length, 0);
  check(model, text.context, count * each);
  const pictures = sharedBytes(count * each);
  let at = 0;
  for (const [i, own] of lines.entries())
    for (const { image } of own) {
      pictures.set(await readPicture(join(dirname(config.data[i]!.path), image!), size), at);
      at += each;
    }
  const rows = lines.flat().map((line) => tokenizer.encode(line.text!, { plain: true }));
  return {
    model,
    data: { pictures, tokens: tokenRows(rows, text.context) },
    sources: counts(config, lines),
    length: 1,
    tokenizer,
  };
}

const counts = ({ data }: TrainConfig, lists: readonly (readonly unknown[])[]): ExampleSource[] =>
  lists.map((list, i) => ({ count: list.length, weight: data[i]!.weight }));

/** `vocab` 1 stands for the tokenizer's. */
function withVocab<T extends { readonly vocab: number }>(model: T, vocab: number, param: string): T {
  if (model.vocab !== 1 && model.vocab < vocab)
    throw new InksealError(
      "bad-request",
      `the tokenizer needs ${vocab} tokens, ${param} is only ${model.vocab}; leave it out`,
      {
        param,
      },
    );
  return { ...model, vocab: model.vocab === 1 ? vocab : model.vocab };
}
function tokenRows(rows: readonly (readonly number[])[], length: number): { ids: Int32Array; length: number } {
  const ids = new Int32Array(rows.length * length).fill(-1);
  rows.forEach((row, i) => {
    ids.set(row.slice(0, length), i * length);
  });
  return { ids, length };
}

/** Lines of JSON that each have these strings. */
async function jsonLines(path: string, keys: readonly string[]): Promise<Record<string, string>[]> {
  return (await readUtf8(path)).split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === "") return [];
    let value: Record<string, unknown> | undefined;
    try {
      value = JSON.parse(line) as Record<string, unknown>;
    } catch {
      // said below
    }
    const lacking = keys.find((key) => typeof value?.[key] !== "string");
    if (lacking !== undefined)
      throw new InksealError("bad-file", `line ${i + 1} of ${path} is not JSON with a string ${JSON.stringify(lacking)}`);
    return [value as Record<string, string>];
  });
}
/** A whole text file. Throws `not-found`, and `bad-file` when it is not UTF-8. */
export async function readUtf8(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw errorCode(error) === "ENOENT" ? new InksealError("not-found", `there is no file ${path}`) : error;
  });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InksealError("bad-file", `${path} is not UTF-8`, { cause });
  }
}
