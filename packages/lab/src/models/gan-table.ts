import { InksealError } from "@inkseal/core";
import * as t from "../tensor/index.ts";
import { Tensor } from "../tensor/index.ts";
import type { Random } from "../weights.ts";
import type { Columns, GanConfig } from "./config.ts";
import { sampleGan } from "./gan.ts";
import { type Parameters, parameter } from "./parameters.ts";
import { decodeRows, draw, tableLayout } from "./table-transform.ts";

/** The table's side of CTGAN (Xu et al. 2019, §4.3): conditions, training by sampling, and rows on a condition. */
interface Conditional {
  readonly column: number;
  /** Its first number in a condition, and in an encoded row. */
  readonly at: number;
  readonly encodedAt: number;
  readonly size: number;
}
function conditionals(columns: Columns): Conditional[] {
  let at = 0;
  return tableLayout(columns)
    .spans.filter(({ column }) => columns[column]!.type === "category")
    .map(({ column, at: encodedAt, size }) => {
      at += size;
      return { column, at: at - size, encodedAt, size };
    });
}
export const conditionWidth = (columns: Columns): number => conditionals(columns).reduce((sum, { size }) => sum + size, 0);

/** The generator's last layer → encoded rows: places by tanh, choices by the Gumbel softmax (Jang et al. 2017). */
export function drawSpans(columns: Columns, said: Tensor, temperature: number, random: Random): Tensor {
  const { width, spans } = tableLayout(columns);
  const gumbel = Float32Array.from({ length: said.size }, () => -Math.log(1e-20 - Math.log(1 - random())));
  const moved = t.scale(t.add(said, Tensor.from(said.backend, gumbel, said.shape)), 1 / temperature);
  const parts = spans.map(({ kind, at, size }) =>
    kind === "place" ? t.tanh(t.slice(said, 1, at, at + size)) : t.softmax(t.slice(moved, 1, at, at + size)),
  );
  return width === parts[0]!.shape[1] ? parts[0]! : t.concat(parts, 1);
}
/** Mean −ln of the chance of the category that the condition asks for, nats. */
export function tableLoss(columns: Columns, said: Tensor, condition: Tensor): Tensor {
  const logs = conditionals(columns).map(({ at, encodedAt, size }) => {
    const asked = t.slice(condition, 1, at, at + size); // zeros where another column is asked for
    return t.sum(t.mul(asked, t.logSoftmax(t.slice(said, 1, encodedAt, encodedAt + size))));
  });
  return t.scale(logs.reduce(t.add), -1 / said.shape[0]!);
}

/** Rows by their number and the conditions that they were chosen for, [count, conditions]. */
export interface Chosen {
  readonly rows: Int32Array;
  readonly conditions: Float32Array;
}
/**
 * Training by sampling: a column at random, in it a category by the logarithm of its frequency, and a row that has it; so rare categories are
 * seen. Without category columns rows are drawn evenly, and there are no conditions. `among`: the numbers of the rows that may be chosen.
 */
export function rowChooser(
  columns: Columns,
  encoded: Float32Array,
  among?: Int32Array,
): (count: number, random: Random) => Chosen {
  const { width } = tableLayout(columns);
  const numbers = among ?? Int32Array.from({ length: encoded.length / width }, (_, i) => i);
  const choices = conditionals(columns).map((c) => {
    const rows: number[][] = Array.from({ length: c.size }, () => []);
    for (const r of numbers)
      rows[encoded.subarray(r * width + c.encodedAt, r * width + c.encodedAt + c.size).indexOf(1)]!.push(r);
    return { ...c, rows, weights: rows.map((list) => Math.log1p(list.length)) };
  });
  const conditions = conditionWidth(columns);
  return (count, random) => {
    const chosen = { rows: new Int32Array(count), conditions: new Float32Array(count * conditions) };
    for (let i = 0; i < count; i++) {
      const choice = choices[Math.floor(random() * choices.length)];
      if (choice === undefined) chosen.rows[i] = numbers[Math.floor(random() * numbers.length)]!;
      else {
        const category = draw(choice.weights, random);
        const list = choice.rows[category]!;
        chosen.rows[i] = list[Math.floor(random() * list.length)]!;
        chosen.conditions[i * conditions + choice.at + category] = 1;
      }
    }
    return chosen;
  };
}

/** A category for some columns, by their numbers. */
export type Asked = ReadonlyMap<number, number>;

/**
 * New rows. Conditions are drawn as frequent as in the data, or ask for what `where` says; rows that do not keep it are thrown away.
 * Throws `bad-request` for what is no category, `cannot-do` when hardly any row keeps the conditions.
 */
export function sampleGanRows(
  c: GanConfig,
  p: Parameters,
  { count, where = new Map(), random }: { readonly count: number; readonly where?: Asked; readonly random: Random },
): number[][] {
  const columns = c.columns!;
  const all = conditionals(columns);
  for (const [column, category] of where) {
    const known = columns[column];
    if (known?.type !== "category" || !(Number.isInteger(category) && category >= 0 && category < known.count))
      throw new InksealError("bad-request", `column ${column} has no category ${category}`, { param: "where" });
  }
  const fitting = all.filter(({ column }) => where.size === 0 || where.has(column));
  const { backend } = parameter(p, "generator.0.weight");
  const width = conditionWidth(columns);
  const rows: number[][] = [];
  for (let made = 0; rows.length < count; ) {
    const batch = Math.min(500, Math.max(50, 2 * (count - rows.length)));
    const values = new Float32Array(batch * width);
    for (let i = 0; i < batch && fitting.length > 0; i++) {
      const { column, at, size } = fitting[Math.floor(random() * fitting.length)]!;
      const known = columns[column] as { shares?: number[] };
      values[i * width + at + (where.get(column) ?? draw(known.shares ?? new Array<number>(size).fill(1), random))] = 1;
    }
    const condition = width === 0 ? undefined : Tensor.from(backend, values, [batch, width]);
    const drawn = decodeRows(columns, sampleGan(c, p, batch, condition, random));
    condition?.free();
    made += batch;
    rows.push(...drawn.filter((row) => [...where].every(([column, category]) => row[column] === category)));
    if (made > 1000 + 1000 * count && rows.length < count)
      throw new InksealError(
        "cannot-do",
        `of ${made} rows only ${rows.length} keep the conditions: ask for fewer columns at once`,
      );
  }
  return rows.slice(0, count);
}
