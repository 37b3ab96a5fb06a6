/**
 * TVAE and CTGAN on Adult, judged as in their paper (Xu et al. 2019): a classifier is trained on made rows and tested on real ones. Theirs is
 * the mean F1 of four classifiers (TVAE 0.626, CTGAN 0.601); ours is that of one, a logistic regression, so near but not the same measure.
 */
import {
  type Columns,
  describeColumns,
  encodeRows,
  fitColumns,
  type ModelConfig,
  ModelConfigSchema,
  parseCsv,
  readRows,
  seededRandom,
  type Row as TableRow,
  tableOf,
} from "@inkseal/lab";
import { sampleTable } from "@inkseal/lab/node";
import type { Row } from "../run.ts";
import { adult } from "./data.ts";
import { trainKind } from "./train-kind.ts";

/** Rows of the claim `lab`; they need the shared data. `quick`: trainings of seconds, whose figures mean nothing. */
export async function tables({
  quick = false,
  log = (_line: string) => {},
}: {
  readonly quick?: boolean;
  readonly log?: (line: string) => void;
}): Promise<Row[]> {
  const files = await adult();
  const table = tableOf(parseCsv(files.train), false);
  const described = describeColumns(table, []);
  const rows = readRows(table, described);
  const columns = fitColumns(described, rows, seededRandom(4));
  const test = readRows(tableOf(parseCsv(files.test), false), columns);
  const judge = logisticRegression(columns, rows);
  const data = { rows: encodeRows(columns, rows, seededRandom(6)) };

  async function row(
    name: string,
    json: object,
    options: { batch: number; steps: number; learningRate: number; beta1?: number; beta2?: number },
  ) {
    log(name);
    const steps = quick ? 40 : options.steps;
    const config: ModelConfig = ModelConfigSchema.parse({ columns, ...json });
    const trained = await trainKind(
      config,
      data,
      { count: rows.length, holdOut: 0.05 },
      { ...options, steps, minutes: 4.8, log },
    );
    const csv = await sampleTable(trained, { count: rows.length });
    const made = readRows(tableOf(parseCsv(csv), true), columns);
    const note = `trained on ${made.length} made rows, tested on ${test.length} real ones; ${trained.steps} steps, ${Math.round(trained.seconds)} s`;
    return { name, value: judge(made, test), unit: "F1", note };
  }
  const real = { name: "adult_real_f1", value: judge(rows, test), unit: "F1", note: "trained on the real rows" };
  return [
    real,
    await row(
      "adult_tvae_f1",
      { kind: "vae", hidden: 128, depth: 2, latent: 128, beta: 0.5 },
      { steps: 4000, batch: 250, learningRate: 1e-3 },
    ),
    await row(
      "adult_ctgan_f1",
      { kind: "gan", hidden: 256, latent: 128, pac: 10, criticSteps: 1 },
      { steps: 3000, batch: 250, learningRate: 5e-4, beta1: 0.5, beta2: 0.9 },
    ),
  ];
}

/** F1 of the last column's second category, on `test`, by a logistic regression trained on `train` for twelve passes of gradient descent. */
export function logisticRegression(columns: Columns, like: readonly TableRow[]) {
  const last = columns.length - 1;
  const inputs = columns.slice(0, last);
  const scales = inputs.map((_, i) => {
    const mean = like.reduce((sum, row) => sum + row[i]!, 0) / like.length;
    return { mean, deviation: Math.sqrt(like.reduce((sum, row) => sum + (row[i]! - mean) ** 2, 0) / like.length) };
  });
  const width = inputs.reduce((sum, column) => sum + (column.type === "number" ? 2 : column.count), 1);
  function features(row: TableRow): Float64Array {
    const out = new Float64Array(width);
    out[0] = 1;
    let at = 1;
    inputs.forEach((column, i) => {
      if (column.type === "category") {
        out[at + row[i]!] = 1;
        at += column.count;
      } else {
        out[at] = (row[i]! - scales[i]!.mean) / scales[i]!.deviation;
        out[at + 1] = Math.log1p(Math.abs(out[at]!));
        at += 2;
      }
    });
    return out;
  }
  const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  return (train: readonly TableRow[], test: readonly TableRow[]): number => {
    const weights = new Float64Array(width);
    const examples = train.map(features);
    const random = seededRandom(1);
    for (let pass = 1; pass <= 12; pass++)
      for (let k = 0; k < examples.length; k++) {
        const i = random.below(examples.length);
        const x = examples[i]!;
        const off = 1 / (1 + Math.exp(-dot(weights, x))) - train[i]![last]!;
        for (let j = 0; j < width; j++) weights[j]! -= (0.02 / pass) * off * x[j]!;
      }
    let [right, said, there] = [0, 0, 0];
    for (const row of test) {
      const yes = dot(weights, features(row)) > 0;
      if (yes) said++;
      if (row[last] === 1) there++;
      if (yes && row[last] === 1) right++;
    }
    return (2 * right) / (said + there);
  };
}
