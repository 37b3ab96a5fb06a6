import { InksealError } from "@inkseal/core";
import type { CompressedModel, CompressedRow, Compression } from "@inkseal/lab/node";
import { type Call, defineCommand } from "../command.ts";
import { type ExitCode, exit } from "../exit.ts";
import { UsageError } from "../usage-error.ts";
import { labWords as w } from "../words-lab.ts";
import { bytesOf, shareOf } from "./amounts.ts";
import { modelFolder } from "./model-folder.ts";

const options = {
  text: { kind: "file", value: "FILE", help: w.compress.text },
  int8: { kind: "flag", help: w.compress.int8 },
  int4: { kind: "flag", help: w.compress.int4 },
  prune: { kind: "list", value: "SHARE", help: w.compress.prune },
  sparse24: { kind: "flag", help: w.compress.sparse24 },
  tune: { kind: "number", min: 0, max: 1e6, whole: true, help: w.compress.tune },
  student: { kind: "list", value: "DIR", file: true, help: w.compress.student },
  pick: { kind: "text", value: "NAME", help: w.compress.pick },
  "max-cost": { kind: "number", min: 0, max: 100, help: w.compress.maxCost },
  output: { kind: "file", short: "o", value: "DIR", help: w.compress.output },
  threads: { kind: "number", min: 1, max: 1024, whole: true, help: w.threads },
} as const;
type CompressCall = Call<typeof options>;

export const compress = defineCommand({
  summary: w.compress.summary,
  usage: "MODEL --text FILE [-o DIR]",
  takes: [1, 1],
  first: "files",
  options,
  examples: [
    "inkseal lab compress poems --text unseen.txt",
    "inkseal lab compress poems --text unseen.txt --int4 --prune 0.5 --tune 200 -o poems-small",
  ],
  run,
});

async function run(call: CompressCall): Promise<ExitCode> {
  const { options: o, screen, say, signal } = call;
  if (o.text === undefined) throw new UsageError(w.compress.needsText);
  const students = o.student.map((path) => modelFolder(call, path));
  const compressions = compressionsOf(o, students);
  const { compressionNames, compressModel, saveCompressed } = await import("@inkseal/lab/node");
  const names = compressionNames(compressions);
  if (o.pick !== undefined && !names.includes(o.pick)) throw new UsageError(w.compress.noneLike(o.pick, names.join(", ")));

  const show = tableOf(call, ["fp32", ...names]);
  const rows: CompressedRow[] = [];
  let chosen: { readonly row: CompressedRow; readonly model: CompressedModel } | undefined;
  const progress = screen.progress(say(w.compress.measuring));
  progress.update(0, "fp32");
  try {
    for await (const row of compressModel({
      ...{ folder: modelFolder(call, call.words[0]!), text: o.text, compressions, tune: o.tune ?? 0, signal },
      ...(o.threads !== undefined && { threads: o.threads }),
      now: () => performance.now(),
    })) {
      progress.clear();
      show(row, rows[0] ?? row);
      rows.push(row);
      if (isBetter(row, chosen?.row, rows.length - 1, o, names.length)) chosen = { row, model: row.candidate };
      progress.update(rows.length / (names.length + 1), names[rows.length - 1]);
    }
  } finally {
    progress.done();
  }
  if (o.output === undefined) return exit.ok;
  if (chosen === undefined) {
    const nearest = rows.slice(1).reduce((best, row) => (row.cost < best.cost ? row : best));
    throw new InksealError("cannot-do", say(w.compress.tooDear(shareOf(o["max-cost"] ?? mostCost), nearest.name)));
  }
  const { model, row } = chosen;
  await saveCompressed(o.output, { ...model, made: model.name });
  if (screen.json) screen.jsonLine({ type: "written", name: model.name, folder: o.output, bytes: row.bytes });
  else screen.line(say(w.compress.written(model.name, o.output, bytesOf(rows[0]!.bytes), bytesOf(row.bytes))));
  return exit.ok;
}

/** What `--max-cost` is when nobody says. */
const mostCost = 0.05;

/** Each pruning and the whole model as they are and in each number of bits; int8 and int4 when nothing is asked for. */
function compressionsOf(o: CompressCall["options"], students: readonly string[]): Compression[] {
  const bits = [...(o.int8 ? [8 as const] : []), ...(o.int4 ? [4 as const] : [])];
  const prunings = [...o.prune.map(shareIn), ...(o.sparse24 ? ["2:4" as const] : [])];
  if (bits.length + prunings.length + students.length === 0) return [{ bits: 8 }, { bits: 4 }];
  const each = (base: Compression): Compression[] => bits.map((b) => ({ ...base, bits: b }));
  return [
    ...each({}),
    ...prunings.flatMap((prune) => [{ prune }, ...each({ prune })]),
    ...students.flatMap((student) => [{ student }, ...each({ student })]),
  ];
}
function shareIn(text: string): number {
  const share = Number(text);
  if (!(share > 0 && share < 1)) throw new UsageError(w.compress.notShare(text));
  return share;
}

/** Whether a row is to be written in place of the one so far: the one that was named, the only one, or the smallest that is good enough. */
function isBetter(
  row: CompressedRow,
  before: CompressedRow | undefined,
  place: number,
  o: CompressCall["options"],
  count: number,
): boolean {
  if (place === 0) return false;
  if (o.pick !== undefined) return row.name === o.pick;
  if (count === 1) return true;
  return row.cost <= (o["max-cost"] ?? mostCost) && row.bytes < (before?.bytes ?? Number.POSITIVE_INFINITY);
}

/** Writes a row as soon as it is known: its columns are as wide as the head and the names. */
function tableOf({ screen, say }: CompressCall, names: readonly string[]): (row: CompressedRow, first: CompressedRow) => void {
  if (screen.json)
    return ({ candidate: _, ...row }, first) =>
      screen.jsonLine({ type: "row", ...row, before: { bytes: first.bytes, perplexity: first.perplexity } });
  const head = Object.values(w.compress.columns).map(say);
  const least = [Math.max(...names.map((n) => n.length)), 8, 6, 8, 8, 8, 7];
  const line = screen.rows(head, least);
  return (row, first) =>
    line([
      row.name,
      bytesOf(row.bytes),
      `${(first.bytes / row.bytes).toFixed(1)}×`,
      row.tokensPerSecond.toFixed(0),
      row.joulesPerThousandTokens.toPrecision(3),
      row.perplexity.toFixed(3),
      row === first ? "" : shareOf(row.cost),
    ]);
}
