import type { Examined } from "./examined.ts";
import { type Example, fit, type Logistic, scoreOf } from "./logistic.ts";

/** Of 30, 100 and 300, which do nearly the same on generators left out, the middle one. */
export const penalty = 100;

/** A view that the detector has something to say of. */
export type Shown = Examined & { readonly features: readonly number[] };
export const shown = (rows: readonly Examined[]): Shown[] => rows.filter((r): r is Shown => r.features !== undefined);

/** Both kinds count the same, and a source as the root of how many views it has. */
export function learnt(rows: readonly Shown[]): Logistic {
  const sizes = new Map<string, number>();
  for (const { source } of rows) sizes.set(source, (sizes.get(source) ?? 0) + 1);
  const share = ({ source }: Shown): number => 1 / Math.sqrt(sizes.get(source)!);
  const sum = (kind: Shown["kind"]): number => rows.filter((r) => r.kind === kind).reduce((a, r) => a + share(r), 0);
  const totals = { photograph: sum("photograph"), generated: sum("generated") };
  const examples = rows.map(
    (r): Example => ({ features: r.features, machine: r.kind === "generated", share: share(r) / totals[r.kind] }),
  );
  return fit(examples, penalty);
}

export interface Scored {
  readonly row: Shown;
  readonly score: number;
}

/**
 * Every generator against photographs of sources that the model did not see either: for each, one model without it and one half of the sources of
 * photographs, one without it and the other half. By the generator's name.
 */
export function leftOut(rows: readonly Shown[]): Map<string, Scored[][]> {
  const halves = halvesOf(rows);
  return new Map(
    names(rows, "generated").map((generator) => [
      generator,
      halves.map((half) => {
        const out = (r: Shown): boolean => r.source === generator || half.has(r.source);
        const model = learnt(rows.filter((r) => !out(r)));
        return rows.filter(out).map((row) => ({ row, score: scoreOf(row.features, model) }));
      }),
    ]),
  );
}

/** Photographs, each by a model that knew nothing of its source. */
export const halvesOut = (rows: readonly Shown[]): Scored[] =>
  halvesOf(rows).flatMap((half) => {
    const model = learnt(rows.filter((r) => !half.has(r.source)));
    return rows.filter((r) => half.has(r.source)).map((row) => ({ row, score: scoreOf(row.features, model) }));
  });

const names = (rows: readonly Shown[], kind: Shown["kind"]): string[] => [
  ...new Set(rows.filter((r) => r.kind === kind).map((r) => r.source)),
];
/** Every other source of photographs. */
const halvesOf = (rows: readonly Shown[]): ReadonlySet<string>[] =>
  [0, 1].map((half) => new Set(names(rows, "photograph").filter((_, i) => i % 2 === half)));

/** Area under the ROC curve, and the share of the generated that is found where `share` of photographs are. */
export function roc(scored: readonly Scored[], share = 0.01): { readonly auc: number; readonly found: number } {
  const of = (kind: Shown["kind"]): number[] =>
    scored
      .filter(({ row }) => row.kind === kind)
      .map(({ score }) => score)
      .sort((a, b) => a - b);
  const [photographs, generated] = [of("photograph"), of("generated")];
  let higher = 0;
  for (const s of generated) higher += photographs.filter((p) => p < s).length + photographs.filter((p) => p === s).length / 2;
  const limit = photographs[Math.min(photographs.length - 1, Math.ceil((1 - share) * photographs.length) - 1)]!;
  return {
    auc: higher / (photographs.length * generated.length),
    found: generated.filter((s) => s > limit).length / generated.length,
  };
}
