import { KeyNumbers, starts } from "./numbers.ts";

/** Chooses one of some candidates: fits the hook for a draw of samplers that hand out probabilities. */
export type MarkedDraw = (
  probabilities: ArrayLike<number>,
  tokens: ArrayLike<number>,
  random: () => number,
  context: { readonly position: number },
) => number;

/**
 * A draw that leaves a trace for `detectText`, for one text: the candidate of the least −log(u) / p (Aaronson 2022; the exponential minimum
 * of Kuditipudi et al. 2023), where u is the key's number of the token at this position of its sequence. Over keys each token comes with its
 * own probability, so one text is distributed as without the mark. The text begins at a place of the sequence drawn by `random`. Numbers go
 * by position and not by the words before, as in other schemes: a replaced word then spoils its own number only, and words that come again
 * under the same words are drawn afresh. Where one candidate has all the probability nothing can be marked.
 */
export function markedDraw(key: Uint8Array): MarkedDraw {
  const numbers = new KeyNumbers(key);
  let start: number | undefined;
  return (probabilities, tokens, random, { position }) => {
    start ??= Math.floor(random() * starts);
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < tokens.length; i++) {
      const p = probabilities[i]!;
      if (p <= 0) continue;
      const wait = -Math.log(numbers.at(start + position, tokens[i]!)) / p;
      if (wait < least) {
        least = wait;
        best = i;
      }
    }
    return best;
  };
}
