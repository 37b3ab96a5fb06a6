import type { Row } from "../run.ts";
import { audioRows } from "./audio.ts";
import { textRows } from "./text.ts";

const parts = { audio: audioRows, text: textRows };

/** `--only=audio` and the like take one part; else all are measured. */
export async function run(options: {
  readonly quick: boolean;
  readonly only: ReadonlySet<string> | undefined;
  log(line: string): void;
}): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [name, measure] of Object.entries(parts)) {
    if (options.only !== undefined && !options.only.has(name)) continue;
    options.log(name);
    rows.push(...(await measure(options)));
  }
  return rows;
}
