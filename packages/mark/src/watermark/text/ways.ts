import type { TextTokens } from "@inkseal/core";
import { inWay, starts } from "./numbers.ts";
import { type KeyWords, Scores } from "./scores.ts";

/** A score per token above which a row of stretches goes on: between 1, as without a mark, and what the best of several ways has. */
const goesOn = 1.6;
/** Alignments that are looked at closely. */
const kept = 8;

export interface Row {
  /** Logarithm of the bound on its chance. */
  readonly log: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The likeliest row of whole stretches, each of which was drawn in one of several ways. Nobody knows in which: each stretch may choose the one that
 * fits best, and pays for it with the logarithm of their number. Tried are all starts of the sequence and all rows; scores in a row are
 * independent, since no position comes twice. `chance` is the logarithm of a sum's chance.
 */
export function row(
  tokens: ArrayLike<number>,
  { count, begins }: NonNullable<TextTokens["ways"]>,
  words: KeyWords,
  chance: (sum: number, tokens: number) => number,
): Row | undefined {
  const n = tokens.length;
  const edges = [...new Set([0, ...begins.filter((at) => at > 0 && at < n), n])].sort((a, b) => a - b);
  const stretches = edges.length - 1;
  if (n === 0 || stretches < 1) return undefined;
  const ways = Array.from({ length: count }, (_, way) => {
    const ids = Int32Array.from({ length: n }, (_, i) => inWay(tokens[i]!, way));
    return new Scores(ids, n, words);
  });
  /** What each stretch scores at a start, in its best way. */
  const sumsAt = (start: number, sums: Float64Array): Float64Array => {
    for (let s = 0; s < stretches; s++) {
      let best = 0;
      for (const scores of ways) {
        let sum = 0;
        for (let i = edges[s]!; i < edges[s + 1]!; i++) sum += scores.at(i, start + i);
        if (sum > best) best = sum;
      }
      sums[s] = best;
    }
    return sums;
  };
  const price = Math.log(count);
  const best: { start: number; high: number }[] = [];
  const sums = new Float64Array(stretches);
  for (let start = 0; start < starts; start++) {
    sumsAt(start, sums);
    let [run, high] = [0, 0];
    for (let s = 0; s < stretches; s++) {
      run = Math.max(0, run + sums[s]! - goesOn * (edges[s + 1]! - edges[s]!) - price);
      if (run > high) high = run;
    }
    if (high === 0 || (best.length === kept && high <= best[kept - 1]!.high)) continue;
    if (best.length === kept) best.pop();
    best.splice(best.findLastIndex((b) => b.high >= high) + 1, 0, { start, high });
  }
  const tries = Math.log(starts * ((stretches * (stretches + 1)) / 2));
  let found: Row | undefined;
  for (const { start } of best) {
    sumsAt(start, sums);
    for (let from = 0; from < stretches; from++) {
      let sum = 0;
      for (let to = from + 1; to <= stretches; to++) {
        sum += sums[to - 1]!;
        const log = tries + (to - from) * price + chance(sum, edges[to]! - edges[from]!);
        if (found === undefined || log < found.log) found = { log, from: edges[from]!, to: edges[to]! };
      }
    }
  }
  return found;
}
