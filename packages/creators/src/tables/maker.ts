import { type Chunk, InksealError, type MediaPart } from "@inkseal/core";
import { formatCsv, formatRows, freeParameters, parseCsv } from "@inkseal/lab";
import type { Maker, Place } from "../creator.ts";
import type { TableJob } from "./job.ts";
import { type Learnt, learn } from "./learning.ts";
import { makeRows } from "./making.ts";
import { type PrivacyReport, privacyReport } from "./privacy-report.ts";
import { labelReport, scoreRows } from "./scoring.ts";
import { readSource, type Source } from "./source.ts";
import { writeXlsx, xlsxType } from "./xlsx.ts";

/** Parts of the progress that reading and training, and what comes after, have. */
const trained = 0.9;

export function tableMaker(place: Place): Maker<TableJob> {
  return {
    async *make(job, signal) {
      yield [{ index: 0, progress: { fraction: 0, note: job.name } }];
      const label = job.score?.label;
      const normal = job.score?.normal;
      const source = readSource(job, label === undefined ? [] : [label], normalOnly(label, normal));
      const backend = place.backend({ memory: 1 << 30 });
      try {
        const learning = learn(job, source, backend, signal);
        let next = await learning.next();
        while (next.done !== true) {
          yield [{ index: 0, progress: { fraction: trained * next.value.fraction, note: next.value.note } }];
          next = await learning.next();
        }
        const learnt = next.value;
        yield* job.score === undefined ? making(job, source, learnt, signal) : scoring(job, source, learnt, signal);
        freeParameters(learnt.parameters);
      } finally {
        backend.close();
      }
    },
  };
}

async function* making(job: TableJob, source: Source, learnt: Learnt, signal: AbortSignal): AsyncGenerator<Chunk[]> {
  const making = makeRows(job, learnt, source);
  let next = making.next();
  while (next.done !== true) {
    yield [{ index: 0, progress: { fraction: trained + (0.98 - trained) * next.value } }];
    if (signal.aborted) throw new InksealError("cancelled", "the run was cancelled");
    next = making.next();
  }
  const { rows, kept, dropped } = next.value;
  yield [{ index: 0, progress: { fraction: 0.98 } }];
  const privacy = privacyReport(source, rows, learnt, { kept, dropped });
  const report = {
    synthetic: true,
    rows: rows.length,
    columns: source.columns.map(({ name, type }) => ({ name, type })),
    leftOut: source.leftOut,
    model: modelOf(job, source, learnt),
    ...(Object.keys(job.where).length > 0 && { where: job.where }),
    privacy,
  };
  yield [{ index: 0, media: fileOf(job, formatRows(source.columns, rows), numericOf(source)) }];
  yield [{ index: 0, text: wordsOf(job, source, learnt, privacy, rows.length) }];
  yield [{ index: 0, json: report, finish: "stop", usage: { seconds: learnt.seconds } }];
}

async function* scoring(job: TableJob, source: Source, learnt: Learnt, signal: AbortSignal): AsyncGenerator<Chunk[]> {
  const scoring = scoreRows(learnt, source, job.seed);
  let next = scoring.next();
  while (next.done !== true) {
    yield [{ index: 0, progress: { fraction: trained + (1 - trained) * next.value } }];
    if (signal.aborted) throw new InksealError("cancelled", "the run was cancelled");
    next = scoring.next();
  }
  const scores = next.value;
  const { table, leftOut } = source;
  const { label, normal } = job.score!;
  const judged = label === undefined ? undefined : labelReport(scores, table, label, normal, learntRows(source, label, normal));
  const csv = formatCsv([
    [...table.names, "anomaly_score"],
    ...table.records.map(({ fields }, row) => [...fields, scores[row]!.toFixed(4)]),
  ]);
  const top = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!).slice(0, 10);
  const lines = top.map((row) => table.records[row]!.line);
  const report = {
    scored: scores.length,
    leftOut,
    model: modelOf(job, source, learnt),
    ...(judged && { label: judged }),
    highestLines: lines,
  };
  const auc =
    judged === undefined ? "" : `, AUC ${judged.auc.toFixed(3)} (${judged.column} ≠ ${judged.normal}, n = ${judged.rows})`;
  const words = job.zh
    ? `已为 ${scores.length} 行打分（−ELBO，越高越异常）${auc}。最异常的行号：${lines.join("、")}。\n`
    : `${scores.length} rows scored (−ELBO: the higher, the more unusual)${auc}. Most unusual lines: ${lines.join(", ")}.\n`;
  yield [{ index: 0, media: fileOf(job, csv, numericOf(source)) }];
  yield [{ index: 0, text: words }];
  yield [{ index: 0, json: report, finish: "stop", usage: { seconds: learnt.seconds } }];
}

function fileOf({ workbook }: TableJob, csv: string, numeric: ReadonlySet<string>): MediaPart {
  if (!workbook) return { mediaType: "text/csv", bytes: new TextEncoder().encode(csv), last: true };
  const records = parseCsv(csv).map(({ fields }) => fields);
  const bytes = writeXlsx(
    records,
    records[0]!.map((name) => numeric.has(name)),
  );
  return { mediaType: xlsxType, bytes, last: true };
}
const numericOf = ({ columns }: Source): Set<string> =>
  new Set(["anomaly_score", ...columns.flatMap(({ name, type }) => (type === "number" ? [name] : []))]);

/** Which rows are learnt from: those whose label is `normal`, where that is told. Throws `bad-request` for a column or value that is not there. */
function normalOnly(label: string | undefined, normal: string | undefined) {
  if (label === undefined) return undefined;
  return (row: number, { names, records }: Source["table"]): boolean => {
    const at = names.indexOf(label);
    if (at < 0)
      throw new InksealError("bad-request", `the table has no column ${JSON.stringify(label)}; it has ${names.join(", ")}`, {
        param: "controls.own.label",
      });
    return normal === undefined || records[row]!.fields[at]!.trim() === normal;
  };
}
/** Numbers, in the file, of the rows that were learnt from. */
function learntRows({ table, taught }: Source, label: string, normal: string | undefined): Set<number> {
  const may = normalOnly(label, normal)!;
  const rows = [...table.records.keys()].filter((row) => may(row, table));
  return new Set(Array.from(taught, (i) => rows[i]!));
}

const modelOf = (job: TableJob, { taught, held }: Source, { steps, seconds, loss }: Learnt) => ({
  kind: job.model,
  steps,
  seconds: Number(seconds.toFixed(1)),
  heldOutLoss: Number(loss.toFixed(4)),
  learntRows: taught.length,
  heldOutRows: held.length,
  seed: job.seed,
});

function wordsOf(job: TableJob, { leftOut }: Source, { steps, seconds }: Learnt, p: PrivacyReport, rows: number): string {
  const n = (x: number): string => x.toFixed(3);
  const dp = p.differential;
  if (job.zh)
    return `已生成 ${rows} 行合成数据（${job.model}，${steps} 步，${seconds.toFixed(0)} 秒）。${leftOut.length > 0 ? `未学习标识列：${leftOut.join("、")}。` : ""}
隐私：与最近真实行的距离中位数 ${n(p.closest.median)}（留出行自身为 ${n(p.closestOfHeldOut.median)}），成员推断 AUC ${n(p.membershipAuc)}（0.5 等于猜测），与原表相同的行 ${p.exactCopies}${dp ? `，差分隐私 ε = ${dp.epsilon.toFixed(2)}，δ = ${dp.delta.toExponential(1)}（仅覆盖权重）` : ""}。
`;
  return `${rows} synthetic rows (${job.model}, ${steps} steps, ${seconds.toFixed(0)} s).${leftOut.length > 0 ? ` Left out, since they name their rows: ${leftOut.join(", ")}.` : ""}
Privacy: median distance to the closest real row ${n(p.closest.median)} (held-out rows themselves: ${n(p.closestOfHeldOut.median)}), membership-inference AUC ${n(p.membershipAuc)} (0.5 is guessing), rows that the file has ${p.exactCopies}${dp ? `, differential privacy ε = ${dp.epsilon.toFixed(2)} at δ = ${dp.delta.toExponential(1)} (of the weights alone)` : ""}.
`;
}
