import type { PictureModel } from "@inkseal/mark";
import { type Logistic, scoreOf } from "./logistic.ts";
import { halvesOut, learnt, leftOut, roc, type Scored, type Shown } from "./trial.ts";

export interface LeftOut {
  readonly generator: string;
  readonly auc: number;
  readonly found: number;
}
/** Each generator by models that did not know it, against photographs of sources that they did not know either. */
export const generatorsLeftOut = (rows: readonly Shown[]): LeftOut[] =>
  [...leftOut(rows)].map(([generator, halves]) => {
    const found = halves.map((half) => roc(half));
    const mean = (of: "auc" | "found"): number => found.reduce((a, f) => a + f[of], 0) / found.length;
    return { generator, auc: mean("auc"), found: mean("found") };
  });

/** The model as it is committed. Its errors are those on what was there to test on; `photographs` are scores by models that did not know their source. */
export function trained(rows: readonly Shown[]): { readonly model: PictureModel; readonly out: readonly LeftOut[] } {
  const learn = rows.filter((r) => r.part === "learn");
  const fitted: Logistic = learnt(learn);
  const tests: Scored[] = rows.filter((r) => r.part === "test").map((row) => ({ row, score: scoreOf(row.features, fitted) }));
  const { auc, found } = roc(tests);
  const photographs = [...halvesOut(learn), ...tests]
    .filter(({ row }) => row.kind === "photograph")
    .map(({ score }) => score)
    .sort((a, b) => a - b);
  const pictures = (kind: Shown["kind"]): number =>
    new Set(tests.filter(({ row }) => row.kind === kind).map(({ row }) => row.source + row.picture)).size;
  const out = generatorsLeftOut(learn);
  const areas = out.map((o) => o.auc);
  const digits = (x: number, by: number): number => Number(x.toPrecision(by));
  const model: PictureModel = {
    features: fitted.weight.map((w, i) => [digits(fitted.mean[i]!, 4), digits(fitted.deviation[i]!, 4), digits(w, 3)]),
    bias: digits(fitted.bias, 3),
    photographs: Array.from({ length: kept }, (_, i) =>
      digits(photographs[Math.floor(((i + 0.5) * photographs.length) / kept)]!, 3),
    ),
    measured: {
      auc: digits(auc, 3),
      foundAtOnePercent: digits(found, 3),
      people: pictures("photograph"),
      machine: pictures("generated"),
      set: `photographs and their likes, sets of which nothing was learnt (bench/mark/likeness/sources.ts), native, JPEG 75 and halved; generators left out one by one: AUC ${Math.min(...areas).toFixed(2)} to ${Math.max(...areas).toFixed(2)}`,
    },
  };
  return { model, out };
}

/** Scores of photographs that are kept. */
const kept = 200;
