import type { Row } from "@inkseal/lab";
import { auc, RowSpace } from "./distances.ts";
import type { Learnt } from "./learning.ts";
import type { Source } from "./source.ts";

/** What is told of how near made rows are to real ones. */
export interface PrivacyReport {
  /** Gower's distance, 0 to 1, of made rows to the nearest row that was learnt from: the fifth part in a hundred, and the median. */
  readonly closest: Spread;
  /** The same of rows held out from learning. Made rows should not be nearer than these. */
  readonly closestOfHeldOut: Spread;
  /** Of an attack that takes for learnt from what is near to a made row: 0.5 is as good as guessing, 1 finds every row. */
  readonly membershipAuc: number;
  /** Made rows that are rows of the file. */
  readonly exactCopies: number;
  /** Made rows that were, and were drawn again. */
  readonly copiesDropped: number;
  /** Share of the held-out rows that are also among those learnt from: how often copies happen by chance. */
  readonly heldOutCopies: number;
  /** Differential privacy that the weights have; absent without noise. What columns are fitted to (categories, mixtures) is not covered. */
  readonly differential?: { readonly epsilon: number; readonly delta: number };
  /** Rows that the distances are told of. */
  readonly sampled: { readonly made: number; readonly learnt: number; readonly heldOut: number };
}
interface Spread {
  readonly p5: number;
  readonly median: number;
}

/** Rows at most on either side: distances are taken of all pairs. */
const most = { made: 2000, learnt: 6000, held: 2000 };

export function privacyReport(
  { columns, own, taught, held }: Source,
  made: readonly Row[],
  { epsilon, delta }: Pick<Learnt, "epsilon" | "delta">,
  copies: { readonly kept: number; readonly dropped: number },
): PrivacyReport {
  const space = new RowSpace(columns, own);
  const some = (numbers: ArrayLike<number>, count: number): Row[] =>
    evenly(numbers.length, count).map((i) => own[numbers[i]!]!);
  const learnt = some(taught, most.learnt);
  const heldOut = some(held, most.held);
  const drawn = evenly(made.length, most.made).map((i) => made[i]!);
  const keys = new Set(Array.from(taught, (row) => space.key(own[row]!)));
  // as many of either kind are attacked
  const members = some(taught, heldOut.length);
  const near = [...space.nearest(members, drawn), ...space.nearest(heldOut, drawn)].map((d) => -d);
  return {
    closest: spread(space.nearest(drawn, learnt)),
    closestOfHeldOut: spread(space.nearest(heldOut, learnt)),
    membershipAuc: auc(
      near,
      near.map((_, i) => i < members.length),
    ),
    exactCopies: copies.kept,
    copiesDropped: copies.dropped,
    heldOutCopies: heldOut.filter((row) => keys.has(space.key(row))).length / Math.max(1, heldOut.length),
    ...(epsilon !== undefined && { differential: { epsilon, delta: delta! } }),
    sampled: { made: drawn.length, learnt: learnt.length, heldOut: heldOut.length },
  };
}

const evenly = (from: number, count: number): number[] =>
  Array.from({ length: Math.min(from, count) }, (_, i) => Math.floor((i * from) / Math.min(from, count)));
function spread(values: Float64Array): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { p5: at(0.05), median: at(0.5) };
}
