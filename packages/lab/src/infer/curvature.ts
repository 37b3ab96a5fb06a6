import type { Decoder } from "./decoder.ts";

/** What a model says of a text that was there already. */
export interface Curvature {
  /** In standard deviations: how much likelier the text is to the model than what the model itself would have drawn in each place. */
  readonly score: number;
  /** Tokens that were judged: all but the first. */
  readonly tokens: number;
}

/** Tokens of one pass. */
const together = 64;

/**
 * The conditional probability curvature of a text (Fast-DetectGPT, Bao et al. 2024) with one model for both parts: Σ (log p(xᵢ) − E log p) over
 * √Σ Var log p, expectation and variance over the model's own distribution at each place. Text that a model drew, this one or one like it, has
 * about 0 at temperature 1 and more below; what people write surprises the model more. Looks at as many tokens as the context holds. Undefined below two.
 */
export function curvature(decoder: Decoder, tokens: readonly number[]): Curvature | undefined {
  const n = Math.min(tokens.length, decoder.context);
  if (n < 2) return undefined;
  const sequence = decoder.open();
  let apart = 0;
  let variance = 0;
  try {
    for (let from = 0; from < n - 1; from += together) {
      const part = tokens.slice(from, Math.min(from + together, n - 1));
      const [rows] = decoder.feed([{ sequence, tokens: part }], true);
      for (const [i, logits] of rows!.entries()) {
        const { mean, spread, chosen } = moments(logits, tokens[from + i + 1]!);
        apart += chosen - mean;
        variance += spread;
      }
    }
  } finally {
    sequence.close();
  }
  return { score: variance > 0 ? apart / Math.sqrt(variance) : 0, tokens: n - 1 };
}

/** Of the log probability under the softmax of `logits`: mean and variance, and the one of `token`; nats. */
function moments(logits: Float32Array, token: number): { mean: number; spread: number; chosen: number } {
  let top = Number.NEGATIVE_INFINITY;
  for (const l of logits) if (l > top) top = l;
  let sum = 0;
  for (const l of logits) sum += Math.exp(l - top);
  const log = top + Math.log(sum);
  let mean = 0;
  let square = 0;
  for (const l of logits) {
    const own = l - log;
    const p = Math.exp(own);
    if (p === 0) continue;
    mean += p * own;
    square += p * own * own;
  }
  return { mean, spread: Math.max(0, square - mean * mean), chosen: logits[token]! - log };
}
