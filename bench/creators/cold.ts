/** Cold starts: for each creator a fresh process, until its first piece is finished, and the most memory that the process had. */
import { fileURLToPath } from "node:url";
import type { BriefInput } from "@inkseal/core";
import { creatorOf } from "@inkseal/creators";
import { median, runJson } from "../lab/table.ts";
import type { Row } from "../run.ts";

interface Cold {
  readonly creator: string;
  readonly brief: BriefInput;
  readonly row: string;
  readonly bound: string;
}
/** A creator that is not there yet is left out. */
const colds: readonly Cold[] = [
  {
    creator: "verse",
    brief: { task: "chat", messages: [{ role: "user", content: "写一首七言绝句，题为秋夜" }] },
    row: "verse_cold_s",
    bound: "<1.5",
  },
  { creator: "melody", brief: { task: "music", text: "a reel in D, 16 bars" }, row: "melody_cold_s", bound: "<3" },
  { creator: "picture", brief: { task: "image", text: "a red apple" }, row: "picture_cold_s", bound: "<8" },
  { creator: "molecule", brief: { task: "completion", text: "C1CCCCC1" }, row: "molecule_cold_s", bound: "<5" },
  {
    creator: "code",
    brief: { task: "completion", text: "export function total(items: readonly Item[]): number {\n  return " },
    row: "code_cold_s",
    bound: "<1.5",
  },
];

interface Options {
  readonly quick: boolean;
  readonly only: ReadonlySet<string> | undefined;
  log(line: string): void;
}
export async function coldStarts({ quick, only, log }: Options): Promise<Row[]> {
  const rows: Row[] = [];
  const peaks: [name: string, mib: number][] = [];
  for (const { creator, brief, row, bound } of colds) {
    const wanted = only === undefined || only.has(row) || only.has("creators_peak_mib");
    if (!wanted || creatorOf(creator) === undefined) continue;
    const runs: { seconds: number; peakMib: number }[] = [];
    for (let i = 0; i < (quick ? 1 : 5); i++)
      runs.push(await runJson(fileURLToPath(new URL("cold-run.ts", import.meta.url)), [creator, JSON.stringify(brief)]));
    const seconds = median(runs.map((r) => r.seconds));
    const peak = Math.max(...runs.map((r) => r.peakMib));
    peaks.push([creator, peak]);
    log(`  ${creator}: ${seconds.toFixed(2)} s, ${peak.toFixed(0)} MiB`);
    rows.push({
      name: row,
      value: seconds,
      unit: "s",
      bound,
      note: `a fresh process of Node with tsx, to the end of the first piece; peak ${peak.toFixed(0)} MiB`,
    });
  }
  if (peaks.length > 0)
    rows.push({
      ...{ name: "creators_peak_mib", value: Math.max(...peaks.map(([, mib]) => mib)), unit: "MiB", bound: "<600" },
      note: peaks.map(([name, mib]) => `${name} ${mib.toFixed(0)}`).join(", "),
    });
  return rows;
}
