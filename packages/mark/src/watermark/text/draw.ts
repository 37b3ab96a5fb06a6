import type { Mark, WordMark } from "@inkseal/core";
import { inWay, KeyNumbers, starts } from "./numbers.ts";

/** Where a token is drawn: which of the text, and in which of the ways in which its stretch is tried, if there are several. */
export interface Place {
  readonly position: number;
  readonly way?: number | undefined;
}

/** Chooses one of some candidates: fits the hook for a draw of samplers that hand out probabilities. */
export interface MarkedDraw {
  (probabilities: ArrayLike<number>, tokens: ArrayLike<number>, random: () => number, place: Place): number;
  /** Of the ways in which a stretch was drawn, this one stays: what was marked in the others does not count. */
  keep(way: number): void;
  /** What was put on until now; undefined where every token was forced, as at temperature 0. */
  mark(): Mark | undefined;
}

/**
 * A draw that leaves a trace for `detectText`, for one text: the candidate of the least −log(u) / p (Aaronson 2022; the exponential minimum
 * of Kuditipudi et al. 2023), where u is the key's number of the token at this position of its sequence. Over keys each token comes with its
 * own probability, so one text is distributed as without the mark. The text begins at a place of the sequence drawn by `random`, so that the
 * same seed says the same words. Numbers go by position and not by the words before, as in other schemes: a replaced word then spoils its own
 * number only, and words that come again under the same words are drawn afresh. Where one candidate has all the probability nothing can be marked.
 * Each way has numbers of its own, so that the best of several is distributed as without the mark, too. What is drawn again at a place, otherwise
 * than by the key, is told by a draw of one candidate.
 */
export function markedDraw({ method, key, keyId }: WordMark): MarkedDraw {
  const numbers = new KeyNumbers(key);
  let start: number | undefined;
  const marked = { tokens: 0, bits: 0 };
  /** Bits by position, of each way that may yet be dropped. */
  const open = new Map<number, Map<number, number>>();
  const draw = (
    probabilities: ArrayLike<number>,
    tokens: ArrayLike<number>,
    random: () => number,
    { position, way }: Place,
  ): number => {
    start ??= Math.floor(random() * starts);
    if (tokens.length === 1) {
      if (way !== undefined) open.get(way)?.delete(position);
      return 0;
    }
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    let bits = 0;
    for (let i = 0; i < tokens.length; i++) {
      const p = probabilities[i]!;
      if (p <= 0) continue;
      bits -= p * Math.log2(p);
      const wait = -Math.log(numbers.at(start + position, inWay(tokens[i]!, way ?? 0))) / p;
      if (wait < least) {
        least = wait;
        best = i;
      }
    }
    if (way === undefined) count(bits);
    else open.set(way, (open.get(way) ?? new Map<number, number>()).set(position, bits));
    return best;
  };
  const count = (bits: number): void => {
    marked.tokens++;
    marked.bits += bits;
  };
  const keep = (way: number): void => {
    open.get(way)?.forEach(count);
    open.clear();
  };
  const mark = (): Mark | undefined =>
    marked.tokens === 0
      ? undefined
      : {
          layer: "watermark",
          method,
          data: { key: keyId, start: start as number, tokens: marked.tokens, bits: Math.round(marked.bits) },
        };
  return Object.assign(draw, { keep, mark });
}
