import { InksealError } from "@inkseal/core";
import { seededRandom } from "../data/random.ts";
import type { Random } from "../weights.ts";
import type { Candidates } from "./candidates.ts";
import type { Decoder } from "./decoder.ts";
import type { LogitsContext, LogitsHook } from "./hooks.ts";
import { type Draw, logProbability, Sampler, type SamplerOptions } from "./sampler.ts";
import { type Released, StopText } from "./stop-text.ts";
import type { Vocabulary } from "./vocabulary-trie.ts";

/** How one sequence goes on. */
export interface SequenceOptions {
  readonly sampling?: SamplerOptions;
  /** Fixes what is drawn. Needed, or `random`, where temperature is above 0. */
  readonly seed?: number;
  readonly random?: Random;
  /** In order; one with `accept` (a constraint) serves one sequence only. */
  readonly hooks?: readonly LogitsHook[];
  readonly draw?: Draw;
  /** Tokens made at most, an end token counted; also never more than the context holds. */
  readonly maxTokens?: number;
  /** Tokens after which the text is over. */
  readonly stopTokens?: readonly number[];
  /** Texts before which it is over; they need `vocabulary`. */
  readonly stop?: readonly string[];
}

/** Why a sequence is over: an end token, a stop string, or as many tokens as were allowed or fit. */
export type StopReason = "end" | "text" | "length";

/** A token that was made. */
export interface Generated {
  /** Index of the prompt. */
  readonly sequence: number;
  readonly token: number;
  /** Log probability that the model gave it, before hooks, temperature and cuts; nats. */
  readonly logprob: number;
  /** On a sequence's last token. An end token is itself handed out with `end`. */
  readonly stop?: StopReason;
  /** With stop `text`: bytes of this token's text that come before the stop string. */
  readonly bytes?: number;
}

/** One sequence while it is being made: its tokens, sampler, hooks and ends. */
export class Continuation {
  readonly tokens: number[];
  readonly sampler: Sampler;
  readonly #index: number;
  readonly #prompt: number;
  readonly #most: number;
  readonly #hooks: readonly LogitsHook[];
  readonly #stopTokens: ReadonlySet<number>;
  readonly #stopText: StopText<Generated>;
  #stopped = false;

  /** Throws `bad-request` for a prompt that is empty, has no tokens of the model or does not fit, and for options out of range. */
  constructor(
    index: number,
    prompt: readonly number[],
    { vocab, context }: Pick<Decoder, "vocab" | "context">,
    options: SequenceOptions,
    vocabulary?: Vocabulary,
  ) {
    const { sampling, seed, random, hooks = [], draw, maxTokens, stopTokens = [], stop = [] } = options;
    const wrong = (why: string, param: string) => new InksealError("bad-request", `prompt ${index}: ${why}`, { param });
    if (prompt.length === 0) throw wrong("it has no tokens; begin with the tokenizer's first token", "prompts");
    if (prompt.length > context) throw wrong(`it has ${prompt.length} tokens, the context holds ${context}`, "prompts");
    const stranger = prompt.find((token) => !Number.isInteger(token) || token < 0 || token >= vocab);
    if (stranger !== undefined) throw wrong(`token ${stranger} is not in a vocabulary of ${vocab}`, "prompts");
    if (maxTokens !== undefined && !(Number.isInteger(maxTokens) && maxTokens > 0))
      throw wrong(`maxTokens is ${maxTokens}, not a whole number above 0`, "maxTokens");
    this.tokens = [...prompt];
    this.#index = index;
    this.#prompt = prompt.length;
    // the last token is made but need not be read, so it may stand outside of the context
    this.#most = Math.min(maxTokens ?? Number.POSITIVE_INFINITY, context - prompt.length + 1);
    this.#hooks = hooks;
    this.#stopTokens = new Set(stopTokens);
    this.#stopText = new StopText(stop, vocabulary);
    this.sampler = new Sampler(sampling, {
      random: random ?? (seed === undefined ? undefined : seededRandom(seed)),
      hooks,
      draw,
    });
  }

  get stopped(): boolean {
    return this.#stopped;
  }
  /** Tokens that may yet be made. */
  get left(): number {
    return this.#most - this.context.position;
  }
  get context(): LogitsContext {
    return { tokens: this.tokens, position: this.tokens.length - this.#prompt };
  }

  /** What the next token is drawn from. Changes `logits`. */
  candidates(logits: Float32Array): Candidates {
    return this.sampler.candidates(logits, this.context);
  }

  /** Chooses a token and takes it. Changes `logits`. */
  choose(logits: Float32Array): Generated[] {
    const raw = logits.slice();
    return this.take(this.sampler.draw(this.candidates(logits), this.context), raw);
  }

  /** Goes on with `token`, of which the model said `raw`; answers what may be handed out. */
  take(token: number, raw: Float32Array): Generated[] {
    this.tokens.push(token);
    const made: Generated = { sequence: this.#index, token, logprob: logProbability(raw, token) };
    for (const hook of this.#hooks) hook.accept?.(token);
    if (this.#stopTokens.has(token)) return this.#end([...this.#stopText.flush(), { item: made }], "end");
    const { released, stopped } = this.#stopText.push(token, made);
    if (stopped) return this.#end(released, "text");
    if (this.left <= 0) return this.#end([...released, ...this.#stopText.flush()], "length");
    return released.map(({ item }) => item);
  }

  #end(released: readonly Released<Generated>[], stop: StopReason): Generated[] {
    this.#stopped = true;
    return released.map(({ item, bytes }, i) =>
      i < released.length - 1 ? item : { ...item, stop, ...(bytes !== undefined && { bytes }) },
    );
  }
}
