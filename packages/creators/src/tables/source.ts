import { InksealError } from "@inkseal/core";
import {
  type Columns,
  describeColumns,
  encodeRows,
  fitColumns,
  type LessonData,
  parseCsv,
  type Row,
  readRows,
  seededRandom,
  splitExamples,
  type Table,
  tableOf,
} from "@inkseal/lab";
import type { TableJob } from "./job.ts";

/** The user's table, ready to learn from. */
export interface Source {
  readonly table: Table;
  readonly columns: Columns;
  /** Of all rows, in the order of the file. */
  readonly rows: readonly Row[];
  /** Those that may be learnt from, encoded, and how the Lab splits them: the numbers of those that are learnt from and of those held out. */
  readonly data: LessonData;
  readonly own: readonly Row[];
  readonly taught: Int32Array;
  readonly held: Int32Array;
  readonly share: number;
  /** Columns that were left out because they name their rows. */
  readonly leftOut: readonly string[];
}

/** Fewer rows tell nothing about others. */
const fewest = 20;
/** Texts of a column beyond which it names its rows. */
const mostCategories = 1000;
/** Share that is held out, and rows at most. */
export const heldShare = 0.2;
const mostHeld = 5000;

/**
 * Reads the CSV. Columns of texts of which nearly every row has its own (names, numbers of cards), or that have more than 1,000 different ones, are left
 * out: they tell nothing about other rows, and would only be copied. `among`: the rows that may be learnt from. Throws `bad-file`.
 */
export function readSource(
  job: TableJob,
  without: readonly string[] = [],
  among?: (row: number, table: Table) => boolean,
): Source {
  const table = tableOf(parseCsv(job.text), true);
  if (table.records.length < fewest)
    throw new InksealError(
      "bad-file",
      `the table has ${table.records.length} row${table.records.length === 1 ? "" : "s"}; at least ${fewest} are needed to learn what they have in common (and some hundreds to learn it well)`,
    );
  for (const [control, names] of Object.entries({ leave: job.leave, numbers: job.numbers, categories: job.categories }))
    for (const name of names)
      if (!table.names.includes(name))
        throw new InksealError(
          "bad-request",
          `the table has no column ${JSON.stringify(name)}; it has ${table.names.join(", ")}`,
          {
            param: `controls.own.${control}`,
          },
        );
  const wanted = table.names.filter((name) => !job.leave.includes(name) && !without.includes(name));
  const leftOut: string[] = [];
  const described: Columns = [];
  for (const name of wanted) {
    const at = table.names.indexOf(name);
    if (namesRows(table, at) && !job.categories.includes(name) && !job.numbers.includes(name)) leftOut.push(name);
    else described.push(...describeColumn(table, name, job));
  }
  if (described.length === 0)
    throw new InksealError(
      "bad-file",
      `nothing is left to learn: ${leftOut.length > 0 ? `${leftOut.join(", ")} ha${leftOut.length > 1 ? "ve" : "s"} a different text in nearly every row` : "all columns are left out"}`,
    );
  const rows = readRows(table, described);
  const own = rows.filter((_, row) => among?.(row, table) ?? true);
  if (own.length < fewest)
    throw new InksealError("bad-file", `only ${own.length} rows may be learnt from; at least ${fewest} are needed`);
  const share = Math.min(heldShare, mostHeld / own.length);
  const { train: taught, held } = splitExamples(0, own.length, share, job.seed);
  const columns = fitColumns(
    described,
    Array.from(taught, (row) => own[row]!),
    seededRandom(job.seed + 4),
  );
  const data = { rows: encodeRows(columns, own, seededRandom(job.seed + 6)), chosen: taught };
  return { table, columns, rows, data, own, taught, held, share, leftOut };
}

function describeColumn(table: Table, name: string, job: TableJob): Columns {
  const given: Columns = job.numbers.includes(name)
    ? [{ type: "number", name, modes: 10 }]
    : job.categories.includes(name)
      ? [{ type: "category", name, count: 1 }]
      : [];
  const at = table.names.indexOf(name);
  const only = { names: [name], records: table.records.map(({ line, fields }) => ({ line, fields: [fields[at]!] })) };
  return describeColumns(only, given);
}

/** Whether a column of texts has more than 1,000, or a text of its own in more than nine rows of ten. */
function namesRows(table: Table, at: number): boolean {
  const fields = table.records.map(({ fields }) => fields[at]!.trim());
  const numeric = fields.every(
    (field) => field === "" || /^(\?|na|n\/a|null|none)$/i.test(field) || Number.isFinite(Number(field)),
  );
  if (numeric) return false;
  const different = new Set(fields).size;
  return different > mostCategories || different > 0.9 * fields.length;
}
