import type { TextTokens } from "@inkseal/core";
import { chain, nearby } from "./chain.ts";
import { starts } from "./numbers.ts";
import { keyWords, Scores } from "./scores.ts";
import { row } from "./ways.ts";

export interface TextWatermark {
  /** Bound on the probability that anything in a text that was not made with this key fits as well. */
  readonly chance: number;
  /** The stretch that fits, in tokens: from `from` up to and without `to`. */
  readonly from: number;
  readonly to: number;
  /** Places within it where words were put in or left out. */
  readonly gaps: number;
}

/** Tokens that are looked at; a longer text has its first ones judged. */
export const longest = 4096;
/** What a score has to be above for a stretch to go on: between 1, as without a mark, and about 2, as with one. */
const goesOn = 1.3;
/** Alignments that are looked at closely. */
const kept = 6;

/**
 * The stretch of a text's token ids that fits the key's sequence best; undefined for no tokens. Needs the tokenizer, and neither the model nor
 * the prompt. A token that was chosen without the key has a number u that is uniform, and its score −log(1 − u) is exponential with mean 1; a
 * marked one scores higher. Tried are the whole text at every start of the sequence; and, for texts with words put before, behind and between,
 * stretches of every alignment, also with gaps. Each of the two has half of the chance: its own by Chernoff's inequality for a sum of n
 * exponential variables, P(sum ≥ s) ≤ exp(n − s) · (s / n)ⁿ, times all that could have been tried.
 */
export const detectText = (tokens: ArrayLike<number>, key: Uint8Array, ways?: TextTokens["ways"]): TextWatermark | undefined =>
  textDetector(key)(tokens, ways);

/** The same for several texts under one key, of which half of the work is then done once. */
export function textDetector(
  key: Uint8Array,
): (tokens: ArrayLike<number>, ways?: TextTokens["ways"]) => TextWatermark | undefined {
  const words = keyWords(key, longest, nearby);
  return (tokens, ways) => {
    const n = Math.min(tokens.length, longest);
    if (n === 0) return undefined;
    if (ways === undefined) return detect(new Scores(tokens, n, words));
    const found = row(Array.prototype.slice.call(tokens, 0, n), ways, words, chernoff) ?? { log: 0, from: 0, to: n };
    return { chance: Math.min(1, Math.exp(found.log)), from: found.from, to: found.to, gaps: 0 };
  };
}

function detect(scores: Scores): TextWatermark {
  const n = scores.length;
  let whole = 0;
  /** Alignments by the best stretch of each, the best first. */
  const best: { start: number; high: number }[] = [];
  for (let start = 0; start < starts; start++) {
    let sum = 0;
    let run = 0;
    let high = 0;
    for (let i = 0; i < n; i++) {
      const score = scores.at(i, start + i);
      sum += score;
      run += score - goesOn;
      if (run < 0) run = 0;
      else if (run > high) high = run;
    }
    if (sum > whole) whole = sum;
    if (best.length === kept && high <= best[kept - 1]!.high) continue;
    if (best.length === kept) best.pop();
    best.splice(best.findLastIndex((b) => b.high >= high) + 1, 0, { start, high });
  }
  let found = { log: Math.log(2 * starts) + chernoff(whole, n), from: 0, to: n, gaps: 0 };
  const tries = Math.log(2 * (starts + 2 * nearby));
  for (const { start } of best) {
    const one = chain(scores, start, (sum, tokens) => chernoff(sum, tokens));
    if (one !== undefined && tries + one.log < found.log) found = { ...one, log: tries + one.log };
  }
  const { log, ...where } = found;
  return { chance: Math.min(1, Math.exp(log)), ...where };
}

/** Logarithm of the bound for `n` scores that come to `sum`. */
const chernoff = (sum: number, n: number): number => (sum <= n ? 0 : n - sum + n * Math.log(sum / n));
