import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { InksealError } from "@inkseal/core";
import { parseCsv } from "../data/csv.ts";
import { seededRandom } from "../data/random.ts";
import { describeColumns, readRows, type Table, tableOf } from "../data/table.ts";
import type { BertConfig, Columns, ModelConfig, VitConfig } from "../models/config.ts";
import { encodeRows, fitColumns } from "../models/table-transform.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { TrainConfig } from "../train/config.ts";
import { type ExampleSource, splitAll } from "../train/lesson.ts";
import type { LessonData } from "../train/lessons.ts";
import { errorCode } from "./durable-file.ts";
import { openPictures, readPicture } from "./pictures.ts";
import { openTokenFile } from "./token-file.ts";
import { prepareTokenizer, prepareTokens } from "./training-data.ts";

/** The examples of a training, and the model with all that they say of it: classes, columns, vocabulary. */
export interface Examples {
  readonly model: ModelConfig;
  readonly data: LessonData;
  readonly sources: readonly ExampleSource[];
  /** Tokens of an example; 1 where it has none. */
  readonly length: number;
  readonly tokenizer?: Tokenizer;
}
/** Told the model as soon as it is known and, of pictures, the bytes that they will take: throws when that is too large. */
export type Check = (model: ModelConfig, length: number, bytes: number) => void;

/** Reads `config.data` for a model of any kind but gpt. `model`: the configuration's, or that of the folder it starts from, whose classes and columns stay. */
export async function readExamples(
  config: TrainConfig,
  model: ModelConfig,
  given: Tokenizer | undefined,
  check: Check,
): Promise<Examples> {
  if (model.kind === "bert") return readTexts(config, model, given, check);
  if (model.kind === "vit" && model.text !== undefined) return readPairs(config, model, given, check);
  if ("columns" in model && model.columns !== undefined) return readTables(config, model, model.columns, check);
  return readPictures(config, model as Pictured, check);
}
type Pictured = Exclude<ModelConfig, { kind: "gpt" | "bert" }>;

/** Memory that all replicas see. */
const shared = (bytes: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(bytes));

async function readPictures(config: TrainConfig, start: Pictured, check: Check): Promise<Examples> {
  const opened = await Promise.all(config.data.map(({ path }) => openPictures(path)));
  const wanted = start.kind === "vit" || ("classes" in start && start.classes !== undefined);
  let model = start;
  let labels: Int32Array | undefined;
  if (wanted) {
    for (const [i, { classes }] of opened.entries())
      if (classes === undefined)
        throw new InksealError("bad-request", `${config.data[i]!.path} has no folders of classes, and no labels`, {
          param: "data",
        });
    const named = withLabels(start as Labelled, [...new Set(opened.flatMap(({ classes }) => [...classes!]))]);
    model = named.model as Pictured;
    labels = Int32Array.from(
      opened.flatMap((o, i) => Array.from(o.labels!, (label) => named.numberOf(o.classes![label]!, config.data[i]!.path))),
    );
  }
  const size = model.picture!;
  const each = size.height * size.width * size.channels;
  if (size.channels !== 1 && size.channels !== 3)
    throw new InksealError("bad-request", `pictures are read with 1 channel or 3, not ${size.channels}`, {
      param: "model.picture.channels",
    });
  const total = opened.reduce((sum, { count }) => sum + count, 0);
  check(model, 1, total * each);
  const pictures = shared(total * each);
  let at = 0;
  for (const source of opened) {
    await source.read(size, pictures.subarray(at, (at += source.count * each)));
  }
  const sources = opened.map(({ count }, i) => ({ count, weight: config.data[i]!.weight }));
  return { model, data: { pictures, ...(labels && { labels }) }, sources, length: 1 };
}

type Labelled = Extract<ModelConfig, { labels?: string[] | undefined }>;
/** The model with the names of its classes. Throws `bad-request` when it has fewer than the data. */
function withLabels(model: Labelled, found: readonly string[]) {
  const names = model.labels ?? [...found].sort();
  const classes = model.classes ?? names.length;
  if (names.length > classes)
    throw new InksealError("bad-request", `the data has ${names.length} classes, the model only ${classes}`, {
      param: "model.classes",
    });
  return {
    model: { ...model, classes, labels: names } as Labelled,
    numberOf(name: string, path: string): number {
      const number = names.indexOf(name);
      if (number < 0)
        throw new InksealError("bad-file", `${path} has a class that the model does not know: ${JSON.stringify(name)}`);
      return number;
    },
  };
}

async function readTables(
  config: TrainConfig,
  model: Extract<ModelConfig, { columns?: Columns | undefined }>,
  columns: Columns,
  check: Check,
): Promise<Examples> {
  const named = columns.map(({ name }) => name);
  const tables: Table[] = [];
  for (const { path, header } of config.data)
    tables.push(await inFile(path, async () => tableOf(parseCsv(await text(path)), header, named)));
  const [first] = tables as [Table];
  const fitted = columns.length > 0 && columns.every((c) => (c.type === "number" ? c.mixture : c.values) !== undefined);
  const whole = { names: first.names, records: tables.flatMap(({ records }) => records) };
  const other = tables.findIndex(({ names }) => `${names}` !== `${first.names}`);
  if (other >= 0)
    throw new InksealError("bad-file", `${config.data[other]!.path} has other columns than ${config.data[0]!.path}`);
  const described = fitted ? columns : await inFile(config.data[0]!.path, async () => describeColumns(whole, columns));
  const rows: (readonly number[])[] = [];
  for (const [i, table] of tables.entries())
    for (const row of await inFile(config.data[i]!.path, async () => readRows(table, described))) rows.push(row);
  const sources = tables.map(({ records }, i) => ({ count: records.length, weight: config.data[i]!.weight }));
  const chosen = Int32Array.from(splitAll(sources, config.holdOut, config.seed).flatMap(({ train }) => [...train]));
  const complete = fitted
    ? described
    : fitColumns(
        described,
        Array.from(chosen, (row) => rows[row]!),
        seededRandom(config.seed + 4),
      );
  const ready: ModelConfig = { ...model, columns: complete };
  check(ready, 1, 0);
  return {
    model: ready,
    data: { rows: encodeRows(complete, rows, seededRandom(config.seed + 6)), chosen },
    sources,
    length: 1,
  };
}

/** Windows of tokens, or with `classes` one row for each line of a .jsonl, which begins with the mask token: its state stands for the row. */
async function readTexts(
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

async function readPairs(config: TrainConfig, start: VitConfig, given: Tokenizer | undefined, check: Check): Promise<Examples> {
  const tokenizer = await prepareTokenizer(config, given);
  const model = { ...start, text: withVocab(start.text!, tokenizer.vocab, "model.text.vocab") };
  const lines = await Promise.all(config.data.map(({ path }) => jsonLines(path, ["image", "text"])));
  const { picture: size, text } = model;
  const each = size.height * size.width * size.channels;
  const count = lines.reduce((sum, own) => sum + own.length, 0);
  check(model, text.context, count * each);
  const pictures = shared(count * each);
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
  return (await text(path)).split(/\r?\n/).flatMap((line, i) => {
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
async function text(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw errorCode(error) === "ENOENT" ? new InksealError("not-found", `there is no file ${path}`) : error;
  });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InksealError("bad-file", `${path} is not UTF-8`, { cause });
  }
}
/** Errors of a file's content with its path. */
async function inFile<T>(path: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!InksealError.is(error) || error.code !== "bad-file" || error.message.startsWith(path)) throw error;
    throw new InksealError("bad-file", `${path}: ${error.message}`, { cause: error });
  }
}
