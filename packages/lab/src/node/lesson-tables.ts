import { InksealError } from "@inkseal/core";
import { parseCsv } from "../data/csv.ts";
import { seededRandom } from "../data/random.ts";
import { describeColumns, readRows, type Table, tableOf } from "../data/table.ts";
import type { Columns, ModelConfig } from "../models/config.ts";
import { encodeRows, fitColumns } from "../models/table-transform.ts";
import type { TrainConfig } from "../train/config.ts";
import { splitAll } from "../train/lesson.ts";
import type { Check, Examples } from "./lesson-data.ts";
import { readUtf8 } from "./lesson-texts.ts";

/** Rows of CSV files. Columns that are not fitted yet are fitted to those rows that are trained on. */
export async function readTables(
  config: TrainConfig,
  model: Extract<ModelConfig, { columns?: Columns | undefined }>,
  columns: Columns,
  check: Check,
): Promise<Examples> {
  const named = columns.map(({ name }) => name);
  const tables: Table[] = [];
  for (const { path, header } of config.data)
    tables.push(await inFile(path, async () => tableOf(parseCsv(await readUtf8(path)), header, named)));
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

/** Errors of a file's content with its path. */
async function inFile<T>(path: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!InksealError.is(error) || error.code !== "bad-file" || error.message.startsWith(path)) throw error;
    throw new InksealError("bad-file", `${path}: ${error.message}`, { cause: error });
  }
}
