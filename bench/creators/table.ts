/**
 * Tables: what a classifier that learnt from made rows of Adult is worth on real ones (TSTR), and how well the rows' scores find the calcifications of
 * Mammography. Both by the creator itself, as a user has it.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type InputFile, type Plan, parseBrief } from "@inkseal/core";
import { tables } from "@inkseal/creators";
import { nodePlace, weightsFolder } from "@inkseal/creators/node";
import { describeColumns, formatCsv, parseCsv, readRows, splitExamples, tableOf } from "@inkseal/lab";
import { kept } from "../kept.ts";
import { adult } from "../lab/data.ts";
import { logisticRegression } from "../lab/tables.ts";
import type { Claim, Row } from "../run.ts";
import { isolationForest } from "./isolation-forest.ts";
import { principalAxes } from "./principal-axes.ts";

type Options = Parameters<Claim["run"]>[0];
const sources = [
  "packages/creators/src/tables",
  "packages/lab/src/models",
  "packages/lab/src/train",
  "packages/lab/src/data",
  "bench/creators/table.ts",
];

/** Rows that take minutes are kept until their sources change. */
export async function tableRows({ quick, fresh, only, log }: Options): Promise<readonly Row[]> {
  const parts = { "creators-adult": adultRows, "creators-mammography": mammographyRows };
  const rows: Row[] = [];
  for (const [name, measure] of Object.entries(parts)) {
    const anomaly = name === "creators-mammography";
    if (only !== undefined && ![...only].some((row) => row.startsWith("anomaly") === anomaly)) continue;
    const absent = new Error("nothing kept");
    try {
      const { value, at, now } = await kept(name, { sources, fresh: fresh && !quick }, async () => {
        if (quick) throw absent;
        log(`  ${name}`);
        return await measure(log);
      });
      rows.push(...value.map((row) => ({ ...row, note: `${row.note ?? ""}${now ? "" : `; measured ${at.slice(0, 16)}Z`}` })));
    } catch (error) {
      if (error !== absent) throw error;
      log(`  ${name}: takes minutes; left out of a quick run that finds nothing kept`);
    }
  }
  return rows;
}

async function adultRows(log: (line: string) => void): Promise<Row[]> {
  const files = await adult();
  const table = tableOf(parseCsv(files.train), false);
  const columns = describeColumns(table, []);
  const rows = readRows(table, columns);
  const test = readRows(tableOf(parseCsv(files.test), false, table.names), columns);
  const judge = logisticRegression(columns, rows);
  const csv = formatCsv([table.names, ...table.records.map(({ fields }) => fields)]);
  const made = await make(csv, { seconds: 1800 }, log);
  const synthetic = readRows(tableOf(parseCsv(made.csv), true), columns);
  const { model, privacy } = made.report as {
    model: { steps: number; seconds: number };
    privacy: { membershipAuc: number; exactCopies: number; closest: { median: number }; closestOfHeldOut: { median: number } };
  };
  return [
    {
      name: "table_real_f1",
      value: judge(rows, test),
      unit: "F1",
      note: "a logistic regression that learnt from the real rows; published: 0.669, the mean of four classifiers",
    },
    {
      name: "table_tstr_f1",
      value: judge(synthetic, test),
      unit: "F1",
      bound: ">=0.626",
      note: `the same from ${synthetic.length} rows made by tvae (${model.steps} steps, ${Math.round(model.seconds)} s, one thread); published: TVAE 0.626, CTGAN 0.601; membership AUC ${privacy.membershipAuc.toFixed(3)}, copies ${privacy.exactCopies}, closest row ${privacy.closest.median.toFixed(3)} (held-out rows ${privacy.closestOfHeldOut.median.toFixed(3)})`,
    },
  ];
}

/** Usual rows alone are learnt from, four fifths of them; judged on the rest and all calcifications. */
async function mammographyRows(log: (line: string) => void): Promise<Row[]> {
  const path = fileURLToPath(new URL("../../../shared/data/tables/mammography.csv", import.meta.url));
  const records = parseCsv(await readFile(path, "utf8")).map(({ fields }) => fields);
  const csv = formatCsv([["a", "b", "c", "d", "e", "f", "class"], ...records]);
  const normal = "'-1'";
  const { report } = await make(csv, { score: true, label: "class", normal, seconds: 1200 }, log);
  const { label, model } = report as { label: { auc: number; rows: number; unusual: number }; model: { steps: number } };
  const usual = records.filter((fields) => fields[6] === normal).map(numbers);
  // as the creator splits them
  const { train, held } = splitExamples(0, usual.length, 0.2, seed);
  const taught = Array.from(train, (i) => usual[i]!);
  const judged = [...Array.from(held, (i) => usual[i]!), ...records.filter((fields) => fields[6] !== normal).map(numbers)];
  const unusual = judged.map((_, i) => i >= held.length);
  const by = (score: (x: readonly number[]) => number): number => auc(judged.map(score), unusual);
  const note = `learnt from ${taught.length} usual rows alone, judged on ${held.length} others and ${label.unusual} calcifications`;
  return [
    {
      name: "anomaly_auc",
      value: label.auc,
      unit: "AUC",
      bound: ">=0.85",
      note: `−ELBO of the tables creator's VAE, ${model.steps} steps; ${note}`,
    },
    {
      name: "anomaly_forest_auc",
      value: by(isolationForest(taught, 1)),
      unit: "AUC",
      note: `isolation forest, 100 trees of 256; ${note}`,
    },
    { name: "anomaly_axes_auc", value: by(principalAxes(taught)), unit: "AUC", note: `principal axes (Mahalanobis); ${note}` },
  ];
}
const numbers = (fields: readonly string[]): number[] => fields.slice(0, 6).map(Number);
/** By counting pairs: dull, and independent of the creator's own. */
function auc(scores: readonly number[], positive: readonly boolean[]): number {
  let wins = 0;
  let pairs = 0;
  scores.forEach((a, i) => {
    if (!positive[i]) return;
    scores.forEach((b, j) => {
      if (positive[j]) return;
      pairs++;
      wins += a > b ? 1 : a === b ? 0.5 : 0;
    });
  });
  return wins / pairs;
}

const seed = 1;
async function make(
  csv: string,
  own: Record<string, unknown>,
  log: (line: string) => void,
): Promise<{ csv: string; report: unknown }> {
  const file: InputFile = { name: "table.csv", mediaType: "text/csv", bytes: new TextEncoder().encode(csv) };
  const brief = parseBrief({ task: "completion", files: [file], controls: { own } });
  const plan: Plan = { kind: "plan", version: 1, brief, engine: {} as never, model: "inkseal-tables", seed, warnings: [] };
  const maker = await tables.open(nodePlace(weightsFolder("tables"), 1));
  let made = "";
  let report: unknown;
  let told = 0;
  for await (const chunks of maker.make(await tables.jobOf(plan, seed), new AbortController().signal))
    for (const chunk of chunks) {
      if (chunk.media !== undefined) made = new TextDecoder().decode(chunk.media.bytes);
      if (chunk.json !== undefined) report = chunk.json;
      const fraction = chunk.progress?.fraction ?? 0;
      if (fraction >= told + 0.2) log(`    ${Math.round(100 * (told = fraction))} %`);
    }
  return { csv: made, report };
}
