/** What the rows of more than one watermark are computed by. */
import type { Row } from "../run.ts";

export const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;

/** What `work` returns, and the seconds of processor time that it took. */
export function timed<T>(work: () => T): { readonly result: T; readonly seconds: number } {
  const start = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(start);
  return { result, seconds: (user + system) / 1e6 };
}

/** The least of the rows whose names begin so, as a row; undefined where none was measured. `of` is what they differ in. */
export function worst(name: string, begin: string, rows: readonly Row[], bound: string, of: string): Row | undefined {
  const values = rows.filter((r) => r.name.startsWith(begin)).map((r) => r.value);
  if (values.length === 0) return undefined;
  return { name, value: Math.min(...values), unit: "of 1", bound, note: `the worst of ${values.length} ${of}` };
}
