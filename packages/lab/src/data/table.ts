import { InksealError } from "@inkseal/core";
import type { Columns } from "../models/config.ts";
import type { Row } from "../models/table-transform.ts";
import { type CsvRecord, formatCsv } from "./csv.ts";

/** A CSV table: names of its columns, and its records without the header. */
export interface Table {
  readonly names: readonly string[];
  readonly records: readonly CsvRecord[];
}

const missing = new Set(["", "?", "na", "n/a", "null", "none"]);
const isMissing = (field: string): boolean => missing.has(field.trim().toLowerCase());
const number = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
/** What broken computations write for numbers: a column that has it is one of numbers, and the reading of rows refuses it. */
const brokenNumber = /^[-+]?(nan|inf(inity)?)$/i;
/** Different texts of a column, beyond which it names its rows and tells nothing about others. */
const mostCategories = 1000;
/** A column of numbers with no more different ones is of categories, as years of school or the code of a ward. */
const fewNumbers = 10;

/** The table's header and records. Without a header columns are called by `names`, or by their numbers from 1. Throws `bad-file` without rows. */
export function tableOf(records: readonly CsvRecord[], header: boolean, names: readonly string[] = []): Table {
  const [first] = records;
  const rows = header ? records.slice(1) : records;
  if (first === undefined || rows.length === 0) throw new InksealError("bad-file", "the table has no rows");
  if (!header)
    return { names: first.fields.map((_, i) => (names.length === first.fields.length ? names[i]! : `${i + 1}`)), records };
  const twice = first.fields.find((name, i) => first.fields.indexOf(name) !== i);
  if (twice !== undefined) throw new InksealError("bad-file", `the table has two columns named ${JSON.stringify(twice)}`);
  return { names: first.fields, records: rows };
}

/**
 * The columns with what the table says of them: decimals of numbers and whether some are missing, values of categories. Types of `given` stay;
 * without any, all columns are taken, and those with more than 10 different values that are all numbers (or missing) are numbers.
 * Throws `bad-request` for a name that the table lacks, `bad-file` for a category column of more than 1,000 values.
 */
export function describeColumns(table: Table, given: Columns): Columns {
  const places = placesOf(table, given);
  if (given.length > 0) return given.map((column, i) => described(table, column.name, places[i]!, column));
  return table.names.map((name, i) => described(table, name, i, undefined));
}
function placesOf(table: Table, columns: Columns): number[] {
  return columns.map(({ name }) => {
    const at = table.names.indexOf(name);
    if (at < 0)
      throw new InksealError("bad-request", `the table has no column ${JSON.stringify(name)}`, { param: "model.columns" });
    return at;
  });
}
function described(table: Table, name: string, at: number, given: Columns[number] | undefined): Columns[number] {
  const fields = table.records.map((r) => r.fields[at]!);
  const there = fields.filter((f) => !isMissing(f)).map((f) => f.trim());
  const different = new Set(fields);
  const numeric = there.length > 0 && there.every((f) => number.test(f) || brokenNumber.test(f));
  const type = given?.type ?? (numeric && different.size > fewNumbers ? "number" : "category");
  if (type === "number") {
    const own = given?.type === "number" ? given : { modes: 10 };
    const decimals = Math.max(0, ...there.slice(0, 100_000).map((f) => (/e/i.test(f) ? 6 : (f.split(".")[1] ?? "").length)));
    const gaps = there.length < fields.length;
    return { decimals: Math.min(20, decimals), ...(gaps && { missing: 1 - there.length / fields.length }), ...own, type, name };
  }
  if (different.size > mostCategories)
    throw new InksealError(
      "bad-file",
      `the column ${JSON.stringify(name)} has ${different.size} different texts (at most ${mostCategories}): leave it out by naming the others in model.columns`,
    );
  if (given?.type === "category" && given.values !== undefined) return given;
  const values = [...different].sort();
  return { type, name, count: values.length, values };
}

/** Rows of the columns' numbers; NaN where a number is missing. Throws `bad-file` naming line and column of what does not fit. */
export function readRows(table: Table, columns: Columns): Row[] {
  const places = placesOf(table, columns);
  const codes = columns.map((c) => (c.type === "category" ? new Map(c.values?.map((v, i) => [v, i])) : undefined));
  return table.records.map(({ line, fields }) =>
    columns.map((column, i) => {
      const field = fields[places[i]!]!;
      const value = codes[i] !== undefined ? codes[i].get(field) : isMissing(field) ? Number.NaN : numberOf(field);
      const gap = column.type === "number" && column.missing === undefined && Number.isNaN(value);
      if (value === undefined || gap)
        throw new InksealError(
          "bad-file",
          `line ${line} of the table: ${JSON.stringify(column.name)} is ${gap ? "missing, which the model has not seen" : column.type === "number" ? "no finite number" : "none of the categories that the model has"}`,
        );
      return value;
    }),
  );
}
function numberOf(field: string): number | undefined {
  const value = number.test(field.trim()) ? Number(field) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** Rows as CSV with a header: numbers with the decimals of the data, nothing where one is missing. */
export function formatRows(columns: Columns, rows: readonly Row[]): string {
  const text = (column: Columns[number], value: number): string => {
    if (column.type === "category") return column.values?.[value] ?? String(value);
    return Number.isNaN(value) ? "" : value.toFixed(column.decimals ?? 6).replace(/^-(0(\.0*)?)$/, "$1");
  };
  return formatCsv([columns.map((c) => c.name), ...rows.map((row) => columns.map((c, i) => text(c, row[i]!)))]);
}
