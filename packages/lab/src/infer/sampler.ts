import { InksealError } from "@inkseal/core";
import * as z from "zod";
import type { Random } from "../weights.ts";
import { type Candidates, largest, typical, whileMass } from "./candidates.ts";
import type { LogitsContext, LogitsHook } from "./hooks.ts";

/** How a token is chosen from logits. What is left out does nothing; names, meaning and order are those of llama.cpp's sampler chain. */
export const SamplerOptionsSchema = z.strictObject({
  /** 0 takes the likeliest token, on a tie the lowest id. */
  temperature: z.number().min(0).max(100).default(1),
  /** Candidates kept; 0 keeps all. */
  topK: z.int().min(0).default(0),
  /** The fewest likeliest candidates that hold this mass (nucleus sampling, Holtzman et al. 2019). */
  topP: z.number().gt(0).max(1).default(1),
  /** Candidates at least this share as likely as the likeliest (Nguyen et al. 2024). */
  minP: z.number().min(0).max(1).default(0),
  /** Mass of the candidates whose surprise is nearest to the entropy (Meister et al. 2022). */
  typicalP: z.number().gt(0).max(1).default(1),
  /** Divides a positive and multiplies a negative logit of each token seen (Keskar et al. 2019). */
  repeatPenalty: z.number().gt(0).default(1),
  /** Subtracted for each time that a token was seen (OpenAI). */
  frequencyPenalty: z.number().default(0),
  /** Subtracted once from each token seen (OpenAI). */
  presencePenalty: z.number().default(0),
  /** Tokens, prompt included, that the penalties look back at; -1 is all. */
  repeatLastN: z.int().min(-1).default(64),
});
export type SamplerOptions = z.input<typeof SamplerOptionsSchema>;

/** Replaces the final draw (a tournament-sampling watermark, say): the index in `tokens` of the token that is taken. */
export type Draw = (probabilities: Float32Array, tokens: Uint32Array, random: Random, context: LogitsContext) => number;

/** What a sampler is made of beside its options. `random` is needed where temperature is above 0. */
export interface SamplerStages {
  readonly random?: Random;
  /** Run in order on the raw logits, before the penalties. */
  readonly hooks?: readonly LogitsHook[];
  readonly draw?: Draw;
}

/** Chooses one sequence's tokens. */
export class Sampler {
  readonly options: z.output<typeof SamplerOptionsSchema>;
  readonly #random: Random | undefined;
  readonly #hooks: readonly LogitsHook[];
  readonly #draw: Draw | undefined;

  /** Throws `bad-request` for options out of range, and for no `random` where there is something to draw. */
  constructor(options: SamplerOptions = {}, { random, hooks = [], draw }: SamplerStages = {}) {
    const parsed = SamplerOptionsSchema.safeParse(options);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const param = issue?.path.join(".");
      throw new InksealError("bad-request", `sampling: ${param}: ${issue?.message}`, { param });
    }
    this.options = parsed.data;
    this.#random = random;
    this.#hooks = hooks;
    this.#draw = draw;
    if (random === undefined && this.options.temperature > 0)
      throw new InksealError("bad-request", "sampling: a temperature above 0 needs a random source", { param: "random" });
  }

  /** Whether `draw` takes the place of the ordinary draw. */
  get drawsApart(): boolean {
    return this.#draw !== undefined;
  }

  /**
   * What is drawn from: candidates and their probabilities, which sum to 1. Changes `logits` (vocab floats). A greedy choice is one
   * candidate. Throws `upstream-invalid` for logits that are NaN or +∞ and `cannot-do` when every token is forbidden (-∞).
   */
  candidates(logits: Float32Array, context: LogitsContext): Candidates {
    const { temperature, topK, topP, minP, typicalP } = this.options;
    for (const hook of this.#hooks) hook(logits, context);
    this.#penalise(logits, context.tokens);
    const best = argmax(logits);
    if (temperature === 0) return { tokens: Uint32Array.of(best), probabilities: Float32Array.of(1) };
    let kept = topK > 0 && topK < logits.length ? largest(logits, topK) : allowed(logits);
    if (typicalP < 1) kept = typical(kept, logits, typicalP);
    if (topP < 1) kept = whileMass(kept, logits, topP);
    if (minP > 0) {
      const least = kept.reduce((top, t) => Math.max(top, logits[t]!), Number.NEGATIVE_INFINITY) + Math.log(minP);
      kept = kept.filter((t) => logits[t]! >= least);
    }
    return { tokens: kept, probabilities: softmax(kept, logits, temperature) };
  }

  /** The next token. Changes `logits`. Throws as `candidates` does. */
  sample(logits: Float32Array, context: LogitsContext): number {
    return this.draw(this.candidates(logits, context), context);
  }

  /** A token out of `candidates`. */
  draw({ tokens, probabilities }: Candidates, context: LogitsContext): number {
    if (this.#draw === undefined) return tokens.length === 1 ? tokens[0]! : tokens[pick(probabilities, this.random)]!;
    const at = this.#draw(probabilities, tokens, this.random, context);
    const token = tokens[at];
    if (token === undefined) throw new InksealError("internal", `draw chose index ${at} of ${tokens.length} candidates`);
    return token;
  }

  /** The sequence's source of randomness; a greedy sampler without one has zeros. */
  get random(): Random {
    return this.#random ?? (() => 0);
  }

  #penalise(logits: Float32Array, tokens: readonly number[]): void {
    const { repeatPenalty, frequencyPenalty, presencePenalty, repeatLastN } = this.options;
    if (repeatLastN === 0 || (repeatPenalty === 1 && frequencyPenalty === 0 && presencePenalty === 0)) return;
    const seen = new Map<number, number>();
    for (let i = repeatLastN < 0 ? 0 : Math.max(0, tokens.length - repeatLastN); i < tokens.length; i++)
      seen.set(tokens[i]!, (seen.get(tokens[i]!) ?? 0) + 1);
    for (const [token, times] of seen) {
      const logit = logits[token]!;
      logits[token] = (logit > 0 ? logit / repeatPenalty : logit * repeatPenalty) - times * frequencyPenalty - presencePenalty;
    }
  }
}

/** An index by its probability, by inversion. */
export function pick(probabilities: Float32Array, random: Random): number {
  let total = 0;
  for (const p of probabilities) total += p;
  let left = random() * total;
  let last = 0;
  for (let i = 0; i < probabilities.length; i++) {
    if (probabilities[i] === 0) continue;
    last = i;
    if ((left -= probabilities[i]!) < 0) break;
  }
  return last; // rounding may leave a little over
}

/** Log probability of `token` under the softmax of `logits`, nats. */
export function logProbability(logits: Float32Array, token: number): number {
  const top = logits[argmax(logits)]!;
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i]! - top);
  return logits[token]! - top - Math.log(sum);
}

/** The lowest id of the highest logit. Throws `upstream-invalid` for NaN and +∞, `cannot-do` when all are -∞. */
function argmax(logits: Float32Array): number {
  let best = -1;
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i]!;
    if (logit > top) {
      best = i;
      top = logit;
    } else if (Number.isNaN(logit)) throw new InksealError("upstream-invalid", `the model's logit of token ${i} is NaN`);
  }
  if (best < 0) throw new InksealError("cannot-do", "no token is allowed: every logit is -Infinity");
  if (top === Number.POSITIVE_INFINITY)
    throw new InksealError("upstream-invalid", `the model's logit of token ${best} is Infinity`);
  return best;
}

function allowed(logits: Float32Array): Uint32Array {
  const kept = new Uint32Array(logits.length);
  let n = 0;
  for (let i = 0; i < logits.length; i++) if (logits[i]! > Number.NEGATIVE_INFINITY) kept[n++] = i;
  return kept.subarray(0, n);
}

function softmax(tokens: Uint32Array, logits: Float32Array, temperature: number): Float32Array {
  let top = Number.NEGATIVE_INFINITY;
  for (const t of tokens) top = Math.max(top, logits[t]!);
  const out = new Float32Array(tokens.length);
  let sum = 0;
  for (let i = 0; i < out.length; i++) sum += out[i] = Math.exp((logits[tokens[i]!]! - top) / temperature);
  for (let i = 0; i < out.length; i++) out[i]! /= sum;
  return out;
}
