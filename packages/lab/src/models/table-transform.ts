import { InksealError } from "@inkseal/core";
import type { Random } from "../weights.ts";
import type { Columns } from "./config.ts";
import { fitMixture, responsibilities } from "./mixture.ts";

/**
 * Mode-specific normalisation (Xu et al. 2019, §4.2): a number becomes the mode of its column's mixture that it was drawn from, one-hot,
 * and its place in that mode, (x − mean)/(4·deviation); a category becomes one-hot. Where numbers may be missing, that is a choice beside
 * the modes.
 */
export type NumberColumn = Extract<Columns[number], { type: "number" }>;

/** One value a column: a number (NaN where it is missing), or the index of a category. */
export type Row = readonly number[];

/** Where a column's encoding lies: `place` (of numbers) is one value from −1 to 1, `choice` a one-hot of `size`. */
export interface Span {
  readonly column: number;
  readonly kind: "place" | "choice";
  readonly at: number;
  readonly size: number;
}
export interface TableLayout {
  /** Numbers of an encoded row. */
  readonly width: number;
  readonly spans: readonly Span[];
}

/** Throws `bad-request` for number columns that were not fitted. */
export function tableLayout(columns: Columns): TableLayout {
  const spans: Span[] = [];
  let at = 0;
  const push = (column: number, kind: Span["kind"], size: number): void => {
    spans.push({ column, kind, at, size });
    at += size;
  };
  columns.forEach((column, i) => {
    if (column.type === "category") push(i, "choice", column.count);
    else {
      push(i, "place", 1);
      push(i, "choice", mixtureOf(column).length + (column.missing === undefined ? 0 : 1));
    }
  });
  return { width: at, spans };
}
function mixtureOf(column: NumberColumn): NonNullable<NumberColumn["mixture"]> {
  if (column.mixture === undefined)
    throw new InksealError("bad-request", `the column ${JSON.stringify(column.name)} has no mixture: call fitColumns first`);
  return column.mixture;
}

/** The columns with what the rows say: mixtures of numbers, shares of categories. Throws `bad-request` for rows that do not fit. */
export function fitColumns(columns: Columns, rows: readonly Row[], random: Random): Columns {
  checkRows(columns, rows);
  return columns.map((column, i) => {
    if (column.type === "number") {
      const there = Float64Array.from(rows, (row) => row[i]!).filter((value) => !Number.isNaN(value));
      if (there.length === 0) throw new InksealError("bad-request", `the column ${JSON.stringify(column.name)} has no numbers`);
      return { ...column, mixture: fitMixture(there, column.modes, random) };
    }
    const shares = new Array<number>(column.count).fill(0);
    for (const row of rows) shares[row[i]!]! += 1 / rows.length;
    return { ...column, shares: shares.map((s) => Math.min(1, s)) };
  });
}
function checkRows(columns: Columns, rows: readonly Row[]): void {
  if (rows.length === 0) throw new InksealError("bad-request", "a table without rows");
  rows.forEach((row, r) => {
    if (row.length !== columns.length)
      throw new InksealError("bad-request", `row ${r} has ${row.length} values in place of ${columns.length}`);
    columns.forEach((column, i) => {
      const value = row[i]!;
      const fits =
        column.type === "number"
          ? Number.isFinite(value) || (Number.isNaN(value) && column.missing !== undefined)
          : Number.isInteger(value) && value >= 0 && value < column.count;
      if (!fits) throw new InksealError("bad-request", `row ${r} has no ${column.type} of ${JSON.stringify(column.name)}`);
    });
  });
}

/** Rows → [rows, width]. The mode of a number is drawn by its probability, as in the paper. Throws `bad-request` as `fitColumns`. */
export function encodeRows(columns: Columns, rows: readonly Row[], random: Random): Float32Array {
  checkRows(columns, rows);
  const { width, spans } = tableLayout(columns);
  const out = new Float32Array(rows.length * width);
  rows.forEach((row, r) => {
    for (const span of spans) {
      const column = columns[span.column]!;
      const value = row[span.column]!;
      const at = r * width + span.at;
      if (column.type === "category") out[at + value] = 1;
      else if (span.kind === "place") {
        const modes = mixtureOf(column);
        if (Number.isNaN(value)) {
          out[at + 1 + modes.length] = 1;
          continue;
        }
        const mode = draw(responsibilities(modes, value), random);
        const { mean, deviation } = modes[mode]!;
        out[at] = Math.min(0.99, Math.max(-0.99, (value - mean) / (4 * deviation)));
        out[at + 1 + mode] = 1; // the choice follows its place
      }
    }
  });
  return out;
}

/** [rows, width] → rows: of every choice the largest, of every place its number. */
export function decodeRows(columns: Columns, encoded: Float32Array): number[][] {
  const { width, spans } = tableLayout(columns);
  return Array.from({ length: encoded.length / width }, (_, r) => {
    const row = new Array<number>(columns.length).fill(0);
    for (const span of spans) {
      if (span.kind === "place") continue;
      const at = r * width + span.at;
      const values = encoded.subarray(at, at + span.size);
      const choice = values.indexOf(Math.max(...values));
      const column = columns[span.column]!;
      if (column.type === "category") row[span.column] = choice;
      else {
        const mode = mixtureOf(column)[choice];
        if (mode === undefined) {
          row[span.column] = Number.NaN;
          continue;
        }
        const { mean, deviation } = mode;
        row[span.column] = mean + 4 * deviation * Math.min(1, Math.max(-1, encoded[at - 1]!));
      }
    }
    return row;
  });
}

/** An index by its weight; the weights need no sum of one. */
export function draw(weights: ArrayLike<number>, random: Random): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i]!;
  let left = random() * sum;
  for (let i = 0; i < weights.length; i++) if ((left -= weights[i]!) < 0) return i;
  return weights.length - 1;
}
