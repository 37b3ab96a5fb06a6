import type { Mark, WordMark } from "@inkseal/core";
import { KeyNumbers, starts } from "./numbers.ts";

/** Chooses one of some candidates: fits the hook for a draw of samplers that hand out probabilities. */
export interface MarkedDraw {
  (
    probabilities: ArrayLike<number>,
    tokens: ArrayLike<number>,
    random: () => number,
    context: { readonly position: number },
  ): number;
  /** What was put on until now; undefined where every token was forced, as at temperature 0. */
  mark(): Mark | undefined;
}

/**
 * A draw that leaves a trace for `detectText`, for one text: the candidate of the least −log(u) / p (Aaronson 2022; the exponential minimum
 * of Kuditipudi et al. 2023), where u is the key's number of the token at this position of its sequence. Over keys each token comes with its
 * own probability, so one text is distributed as without the mark. The text begins at a place of the sequence drawn by `random`, so that the
 * same seed says the same words. Numbers go by position and not by the words before, as in other schemes: a replaced word then spoils its own
 * number only, and words that come again under the same words are drawn afresh. Where one candidate has all the probability nothing can be marked.
 */
export function markedDraw({ method, key, keyId }: WordMark): MarkedDraw {
  const numbers = new KeyNumbers(key);
  let start: number | undefined;
  let tokensMarked = 0;
  let bits = 0;
  const draw = (
    probabilities: ArrayLike<number>,
    tokens: ArrayLike<number>,
    random: () => number,
    { position }: { readonly position: number },
  ): number => {
    start ??= Math.floor(random() * starts);
    if (tokens.length === 1) return 0;
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < tokens.length; i++) {
      const p = probabilities[i]!;
      if (p <= 0) continue;
      bits -= p * Math.log2(p);
      const wait = -Math.log(numbers.at(start + position, tokens[i]!)) / p;
      if (wait < least) {
        least = wait;
        best = i;
      }
    }
    tokensMarked++;
    return best;
  };
  const mark = (): Mark | undefined =>
    tokensMarked === 0
      ? undefined
      : {
          layer: "watermark",
          method,
          data: { key: keyId, start: start as number, tokens: tokensMarked, bits: Math.round(bits) },
        };
  return Object.assign(draw, { mark });
}
