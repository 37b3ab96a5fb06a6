import { InksealError } from "@inkseal/core";

/** Where in a sequence a token is chosen. */
export interface LogitsContext {
  /** Prompt and what was generated so far. */
  readonly tokens: readonly number[];
  /** Tokens generated so far: 0 for the first. */
  readonly position: number;
}

/**
 * Changes logits (vocab floats) before a token is chosen: a watermark, a bias, a constraint. -∞ forbids a token. `accept`, where there
 * is one, is told each token that was taken: one stateful hook serves one sequence.
 */
export interface LogitsHook {
  (logits: Float32Array, context: LogitsContext): void;
  accept?(token: number): void;
}

/** Adds to the logits of tokens (OpenAI's `logit_bias`); -∞ forbids one. Throws `bad-request` for NaN, +∞ and what is no token. */
export function logitBias(biases: ReadonlyMap<number, number> | Readonly<Record<number, number>>): LogitsHook {
  const all = biases instanceof Map ? [...biases] : Object.entries(biases).map(([t, b]) => [Number(t), b] as const);
  for (const [token, bias] of all) {
    if (!Number.isInteger(token) || token < 0 || !(bias < Number.POSITIVE_INFINITY))
      throw new InksealError("bad-request", `logit bias ${bias} of token ${token} is not usable`, { param: "logit_bias" });
  }
  return (logits) => {
    for (const [token, bias] of all) {
      if (token >= logits.length)
        throw new InksealError("bad-request", `logit bias for token ${token}; the vocabulary has ${logits.length}`, {
          param: "logit_bias",
        });
      logits[token]! += bias;
    }
  };
}
