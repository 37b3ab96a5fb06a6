import { elbo, encodeRows, type Row, seededRandom, type Table, Tensor, tableLayout, type VaeConfig } from "@inkseal/lab";
import { auc } from "./distances.ts";
import type { Learnt } from "./learning.ts";
import type { Source } from "./source.ts";

/** Draws of each row's score: of the modes that its numbers are taken for, and of the latent. */
const draws = 8;
const together = 512;

/** −ELBO of every row, nats: the higher, the less the row is like those learnt from. Yields how far it is. */
export function* scoreRows(
  { config, parameters }: Learnt,
  { columns, rows }: Source,
  seed: number,
): Generator<number, Float64Array> {
  const scores = new Float64Array(rows.length);
  const { width } = tableLayout(columns);
  const { backend } = [...parameters.values()][0]!;
  const random = seededRandom(seed + 11);
  for (let from = 0; from < rows.length; from += together) {
    const some: readonly Row[] = rows.slice(from, from + together);
    for (let d = 0; d < draws; d++) {
      const x = Tensor.from(backend, encodeRows(columns, some, random), [some.length, width]);
      elbo(config as VaeConfig, parameters, x, random).forEach((bound, i) => {
        scores[from + i]! -= bound / draws;
      });
      x.free();
    }
    yield Math.min(1, (from + together) / rows.length);
  }
  return scores;
}

export interface LabelReport {
  readonly column: string;
  readonly normal: string;
  readonly unusual: number;
  /** Over rows that were not learnt from, where usual ones were learnt from alone; else over all. */
  readonly auc: number;
  readonly rows: number;
}
/** How well the scores tell rows whose label is not `normal` (by default the label that most rows have). */
export function labelReport(
  scores: Float64Array,
  table: Table,
  label: string,
  normal: string | undefined,
  learntFrom: ReadonlySet<number>,
): LabelReport {
  const at = table.names.indexOf(label);
  const labels = table.records.map(({ fields }) => fields[at]!.trim());
  const usual = normal ?? most(labels);
  const judged = [...labels.keys()].filter((row) => normal === undefined || !learntFrom.has(row));
  const unusual = judged.map((row) => labels[row] !== usual);
  return {
    column: label,
    normal: usual,
    unusual: labels.filter((one) => one !== usual).length,
    auc: auc(
      judged.map((row) => scores[row]!),
      unusual,
    ),
    rows: judged.length,
  };
}

function most(labels: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const one of labels) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]![0];
}
