import { KeyNumbers, starts } from "./numbers.ts";

export interface TextWatermark {
  /** Bound on the probability that anything in a text that was not made with this key fits as well. */
  readonly chance: number;
  /** The stretch that fits, in tokens: from `from` up to and without `to`. */
  readonly from: number;
  readonly to: number;
}

/** Tokens that are looked at; a longer text has its first ones judged. */
export const longest = 4096;
/** Mean score at which a stretch goes on: between 1, as without a mark, and about 2, as with one. */
const goesOn = 1.2;

/**
 * The stretch of a text's token ids that fits the key's sequence best; undefined for no tokens. Needs the tokenizer, and neither the model nor
 * the prompt. A token that was chosen without the key has a number u that is uniform, and its score −log(1 − u) is exponential with mean 1; a
 * marked one scores higher. The whole text is tried at every start of the sequence; and, for texts with words put before, behind and
 * between, the best stretch of every alignment. Either has half of the chance: its own by Chernoff's inequality for a sum of n exponential
 * variables, P(sum ≥ s) ≤ exp(n − s) · (s / n)ⁿ, times what was tried.
 */
export function detectText(tokens: ArrayLike<number>, key: Uint8Array): TextWatermark | undefined {
  const numbers = new KeyNumbers(key);
  const n = Math.min(tokens.length, longest);
  if (n === 0) return undefined;
  const triesWhole = Math.log(2 * starts);
  const triesStretch = Math.log(2 * (starts + n - 1) * ((n * (n + 1)) / 2));
  let best = { log: Number.POSITIVE_INFINITY, from: 0, to: n };
  const offer = (log: number, from: number, to: number): void => {
    if (log < best.log) best = { log, from, to };
  };
  for (let start = 1 - n; start < starts; start++) {
    const first = Math.max(0, -start);
    let whole = 0;
    let sum = 0;
    let from = first;
    for (let i = first; i < n; i++) {
      const score = -Math.log(1 - numbers.at(start + i, tokens[i]!));
      whole += score;
      sum += score;
      if (sum <= goesOn * (i + 1 - from)) {
        sum = 0;
        from = i + 1;
      } else offer(triesStretch + chernoff(sum, i + 1 - from), from, i + 1);
    }
    if (first === 0) offer(triesWhole + chernoff(whole, n), 0, n);
  }
  return { chance: Math.min(1, Math.exp(best.log)), from: best.from, to: best.to };
}

/** Logarithm of the bound for `n` scores that come to `sum`. */
const chernoff = (sum: number, n: number): number => (sum <= n ? 0 : n - sum + n * Math.log(sum / n));
