import type { Scores } from "./scores.ts";

/** Positions by which a gap may shift the alignment, either way. */
export const nearby = 16;
/** Scores that marked tokens are supposed to have on average: much or little freedom, edited or not. */
const supposed = [1.4, 2];

export interface Chain {
  /** Logarithm of the bound on its chance, for one alignment at its beginning. */
  readonly log: number;
  readonly from: number;
  readonly to: number;
  readonly gaps: number;
}

/**
 * The likeliest chain of stretches that begins near an alignment (token i at position `start` + i), by dynamic programming (Smith and Waterman
 * 1981): tokens were put in or left out between one stretch and the next, so that the alignment shifts by at most `nearby`. No token and no
 * position comes twice, so all scores are independent. Chains that could be tried, for g gaps: their ends, n (n + 1) / 2, times where
 * the gaps are, n over g, times how far each shifts; g gaps have the share 2^−(g + 1) of the chance. Undefined where nothing speaks for a mark.
 */
export function chain(scores: Scores, start: number, chance: (sum: number, tokens: number) => number): Chain | undefined {
  const n = scores.length;
  let best: Chain | undefined;
  const ends = Math.log((n * (n + 1)) / 2);
  for (const mean of supposed) {
    const slope = 1 - 1 / mean;
    const level = Math.log(mean);
    const price = Math.log(4 * nearby * n); // what a gap costs, by the first one
    let top = 0;
    // by token i and shift d, what the best chain that ends there is worth, and what it consists of
    const width = 2 * nearby + 1;
    const worth = new Float64Array(n * width);
    const sums = new Float64Array(n * width);
    const counts = new Int32Array(n * width);
    const gaps = new Int32Array(n * width);
    const froms = new Int32Array(n * width);
    // where the worthiest chain ended by which tokens were left out before this one, at each shift: along the diagonal, token by token
    let skipped = new Int32Array(width).fill(-1);
    for (let i = 0; i < n; i++) {
      const left = new Int32Array(width).fill(-1);
      let lower = -1; // the worthiest of the last token at a lower shift: positions are left out
      for (let d = 0; d < width; d++) {
        const at = i * width + d;
        const same = i > 0 ? at - width : -1;
        if (d + 1 < width && i > 0) left[d] = worthier(worth, i > 1 ? at + 1 - 2 * width : -1, skipped[d + 1]!);
        const elsewhere = worthier(worth, lower, left[d]!);
        let before = -1;
        let value = 0;
        if (same >= 0 && worth[same]! > 0) [before, value] = [same, worth[same]!];
        if (elsewhere >= 0 && worth[elsewhere]! - price > value) [before, value] = [elsewhere, worth[elsewhere]! - price];
        if (same >= 0) lower = worthier(worth, lower, same);
        const score = scores.at(i, start + i + d - nearby);
        worth[at] = value + score * slope - level;
        if (worth[at]! <= 0) {
          worth[at] = 0;
          froms[at] = i + 1;
          continue;
        }
        const goesOn = before >= 0 && worth[before]! > 0;
        sums[at] = score + (goesOn ? sums[before]! : 0);
        counts[at] = 1 + (goesOn ? counts[before]! : 0);
        gaps[at] = goesOn ? gaps[before]! + (before % width === d ? 0 : 1) : 0;
        froms[at] = goesOn ? froms[before]! : i;
        if (worth[at]! <= top) continue;
        top = worth[at]!;
        const g = gaps[at]!;
        const log = ends + logChoose(n, g) + g * Math.log(2 * nearby) + (g + 1) * Math.LN2 + chance(sums[at]!, counts[at]!);
        if (best === undefined || log < best.log) best = { log, from: froms[at]!, to: i + 1, gaps: g };
      }
      skipped = left;
    }
  }
  return best;
}

/** Of two places, or −1 for none, the one that is worth more. */
const worthier = (worth: Float64Array, a: number, b: number): number => (a < 0 || (b >= 0 && worth[b]! > worth[a]!) ? b : a);

/** Logarithm of n over k. */
function logChoose(n: number, k: number): number {
  let log = 0;
  for (let i = 1; i <= k; i++) log += Math.log((n - k + i) / i);
  return log;
}
