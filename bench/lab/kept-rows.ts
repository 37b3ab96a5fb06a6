/** Rows whose measurement takes minutes, kept by what they depend on. */
import { fileURLToPath } from "node:url";
import { kept } from "../kept.ts";
import type { Claim, Row } from "../run.ts";

export type Options = Parameters<Claim["run"]>[0];
export const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
/** What every slow row depends on. */
export const engine = ["packages/lab/src"];

/** Rows that are measured elsewhere whole. */
export async function keptRows(
  name: string,
  files: readonly string[],
  { quick, fresh, log }: Options,
  measure: (o: { quick: boolean; log(line: string): void }) => Promise<Row[]>,
): Promise<readonly Row[]> {
  const found = await slow(name, { sources: [...engine, ...files], quick, fresh, log }, () => measure({ quick: false, log }));
  return (found?.value ?? []).map((row) => ({ ...row, note: `${row.note ?? ""}${found!.when}` }));
}
/** Undefined in a quick run that has nothing kept. */
export async function slow<T>(
  name: string,
  { sources, quick, fresh, log }: Pick<Options, "quick" | "fresh" | "log"> & { readonly sources: readonly string[] },
  measure: () => Promise<T>,
): Promise<{ readonly value: T; readonly when: string } | undefined> {
  const absent = new Error("nothing kept");
  try {
    const { value, at, now } = await kept(`lab-${name}`, { sources, fresh: fresh && !quick }, () => {
      if (quick) throw absent;
      return measure();
    });
    return { value, when: now ? "" : `; measured ${at.slice(0, 16)}Z` };
  } catch (error) {
    if (error !== absent) throw error;
    log(`  ${name}: takes minutes; left out of a quick run that finds nothing kept`);
    return undefined;
  }
}
