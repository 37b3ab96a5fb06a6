import { InksealError } from "@inkseal/core";
import type { Automaton } from "./automaton.ts";
import type { LogitsHook } from "./hooks.ts";
import { forbidden, TokenMask } from "./token-mask.ts";
import type { Vocabulary } from "./vocabulary-trie.ts";

/** Forbids every token that would lead out of a language. For one sequence. */
export interface Constraint extends LogitsHook {
  /** Throws `bad-request` for a token that is not allowed. */
  accept(token: number): void;
  /** Whether the text so far is a whole one. */
  readonly complete: boolean;
}

/**
 * A constraint of one sequence's text to what `automaton` (a `grammar`, a `regex`, a product) accepts. An end token is allowed only
 * after a whole text; with `maxTokens` (ends not counted) every output is whole by then. What tokens are allowed is kept with the
 * automaton and vocabulary: pass the same objects again. Throws `bad-request` when `maxTokens` may not suffice for any text, and as
 * `TokenMask` does.
 * @example generate(decoder, prompts, { maxTokens, each: () => ({ hooks: [constrain(json, vocabulary, end, maxTokens)] }) })
 */
export function constrain<S>(
  automaton: Automaton<S>,
  vocabulary: Vocabulary,
  end: number | readonly number[],
  maxTokens = Number.POSITIVE_INFINITY,
): Constraint {
  const mask = maskOf(automaton, vocabulary, end);
  let state = automaton.start;
  let left = maxTokens;
  let ended = false;
  const least = mask.distance(state);
  if (least > maxTokens)
    throw new InksealError(
      "bad-request",
      `the shortest text that is sure to fit takes ${least} tokens; at most ${maxTokens} may be made`,
      {
        param: "max_tokens",
      },
    );

  const hook = (logits: Float32Array): void => {
    const needs = mask.needs(state);
    if (logits.length < needs.length)
      throw new InksealError("bad-request", `the vocabulary has ${needs.length} tokens, the model ${logits.length}`);
    for (let token = 0; token < logits.length; token++) {
      const needed = needs[token] ?? forbidden; // models round their vocabulary up
      if (needed === forbidden || needed > left || (ended && needed > 0)) logits[token] = Number.NEGATIVE_INFINITY;
    }
  };
  const accept = (token: number): void => {
    if (mask.ends.includes(token) && automaton.accepts(state)) {
      ended = true;
      return;
    }
    const after = ended || mask.ends.includes(token) ? undefined : mask.after(state, token);
    if (after === undefined) throw new InksealError("bad-request", `token ${token} is not allowed here`);
    state = after;
    left--;
  };
  const constraint: LogitsHook & { accept: typeof accept } = Object.assign(hook, { accept });
  return Object.defineProperties(constraint, { complete: { get: () => automaton.accepts(state) } }) as Constraint;
}

const masks = new WeakMap<object, WeakMap<Vocabulary, Map<string, unknown>>>();

function maskOf<S>(automaton: Automaton<S>, vocabulary: Vocabulary, end: number | readonly number[]): TokenMask<S> {
  let ofAutomaton = masks.get(automaton);
  if (ofAutomaton === undefined) masks.set(automaton, (ofAutomaton = new WeakMap()));
  let ofVocabulary = ofAutomaton.get(vocabulary);
  if (ofVocabulary === undefined) ofAutomaton.set(vocabulary, (ofVocabulary = new Map()));
  let mask = ofVocabulary.get(`${end}`) as TokenMask<S> | undefined;
  if (mask === undefined) ofVocabulary.set(`${end}`, (mask = new TokenMask(automaton, vocabulary, end)));
  return mask;
}
