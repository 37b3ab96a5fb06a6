import { InksealError } from "@inkseal/core";
import {
  type Asked,
  type Columns,
  decodeRows,
  type GanConfig,
  type Row,
  type SeededRandom,
  sampleGanRows,
  sampleVae,
  seededRandom,
  type VaeConfig,
} from "@inkseal/lab";
import { RowSpace } from "./distances.ts";
import type { TableJob } from "./job.ts";
import type { Learnt } from "./learning.ts";
import type { Source } from "./source.ts";

export interface Made {
  readonly rows: readonly Row[];
  /** Rows of the file that are among them, and those that were drawn again. */
  readonly kept: number;
  readonly dropped: number;
}

/** New rows, a few hundred at a time. Rows that the file has are drawn again, unless nearly all of them are such. Throws as `sampleGanRows`. */
export function* makeRows(job: TableJob, { config, parameters }: Learnt, source: Source): Generator<number, Made> {
  const count = job.rows ?? source.table.records.length;
  const { columns } = source;
  const where = askedOf(columns, job.where);
  const space = new RowSpace(columns, source.own);
  const known = new Set(source.own.map((row) => space.key(row)));
  const random = seededRandom(job.seed + 9);
  const within = job.privacy === undefined ? bounds(columns, source) : undefined;
  const rows: Row[] = [];
  const copies: Row[] = [];
  let dropped = 0;
  for (let drawn = 0; rows.length < count; ) {
    const some = draw(config as VaeConfig | GanConfig, parameters, Math.min(256, count - rows.length), where, random).map(
      (row) => within?.(row) ?? row,
    );
    drawn += some.length;
    for (const row of some)
      if (job.copies === "drop" && known.has(space.key(row))) {
        dropped++;
        if (copies.length < count) copies.push(row);
      } else rows.push(row);
    if (drawn > 20 * count + 2000) break; // a table of so few different rows has no others
    yield rows.length / count;
  }
  const missing = count - rows.length;
  if (missing > 0) rows.push(...copies.slice(0, missing));
  if (rows.length < count) throw new InksealError("cannot-do", `only ${rows.length} of ${count} rows could be made`);
  const kept = rows.filter((row) => known.has(space.key(row))).length;
  return { rows, kept, dropped: dropped - Math.max(0, missing) };
}

/** Numbers of a row brought between the least and the greatest that were learnt from, so that nobody is −3 years old; privately trained, those are not told. */
function bounds(columns: Columns, { own, taught }: Source): (row: Row) => Row {
  const ends = columns.map((column, i) => {
    if (column.type === "category") return undefined;
    let [low, high] = [Infinity, -Infinity];
    for (const number of taught) {
      const x = own[number]![i]!;
      if (x < low) low = x;
      if (x > high) high = x;
    }
    return [low, high] as const;
  });
  return (row) =>
    row.map((x, i) => (ends[i] === undefined || Number.isNaN(x) ? x : Math.min(ends[i][1], Math.max(ends[i][0], x))));
}

function draw(
  config: VaeConfig | GanConfig,
  parameters: Learnt["parameters"],
  count: number,
  where: Asked,
  random: SeededRandom,
): Row[] {
  if (config.kind === "gan") return sampleGanRows(config, parameters, { count, where, random });
  return decodeRows(config.columns!, sampleVae(config, parameters, { count, random }));
}

/** Conditions as numbers of columns and categories. Throws `bad-request` naming the categories that there are. */
function askedOf(columns: Columns, where: Readonly<Record<string, string>>): Asked {
  return new Map(
    Object.entries(where).map(([name, value]) => {
      const at = columns.findIndex((column) => column.name === name);
      const column = columns[at];
      const param = { param: "controls.own.where" };
      if (column?.type !== "category")
        throw new InksealError(
          "bad-request",
          `${JSON.stringify(name)} is no column of categories of this table; those are ${columns.flatMap((c) => (c.type === "category" ? [c.name] : [])).join(", ")}`,
          param,
        );
      const category = column.values?.findIndex((v) => v === value || v.trim() === value) ?? -1;
      if (category < 0)
        throw new InksealError(
          "bad-request",
          `${JSON.stringify(name)} has no such category; it has ${column.values?.slice(0, 20).join(", ")}`,
          param,
        );
      return [at, category];
    }),
  );
}
