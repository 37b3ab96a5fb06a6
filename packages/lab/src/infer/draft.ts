import { InksealError } from "@inkseal/core";
import type { Candidates } from "./candidates.ts";
import type { Decoder } from "./decoder.ts";
import type { LogitsContext } from "./hooks.ts";
import type { Sampler } from "./sampler.ts";

/** A token that is guessed to come next, and the distribution that it was drawn from (itself alone when it was not drawn). */
export interface Guess {
  readonly token: number;
  readonly candidates: Candidates;
}

/** Guesses how a sequence goes on. Serves one sequence. */
export interface Drafter {
  /** The guesses' vocabulary, where it is a model's. */
  readonly vocab?: number;
  /** At most `count` tokens after `context.tokens`; `sampler` is the target's without its hooks. */
  draft(context: LogitsContext, count: number, sampler: Sampler): Guess[];
  close(): void;
}

/** A smaller model of the same vocabulary as the drafter. */
export function draftModel(decoder: Decoder): Drafter {
  const sequence = decoder.open();
  /** Tokens that the sequence holds. */
  let held: number[] = [];
  return {
    vocab: decoder.vocab,
    draft({ tokens, position }, count, sampler) {
      const room = Math.min(count, decoder.context - tokens.length + 1);
      if (room <= 0) return [];
      let same = 0;
      while (same < held.length && same < tokens.length - 1 && held[same] === tokens[same]) same++;
      sequence.truncate(same);
      const text = [...tokens];
      const guesses: Guess[] = [];
      for (let fed = same; guesses.length < room; fed = sequence.length) {
        const [rows] = decoder.feed([{ sequence, tokens: text.slice(fed) }]);
        const context = { tokens: text, position: position + guesses.length };
        const candidates = sampler.candidates(rows!.at(-1)!, context);
        const token = sampler.draw(candidates, context);
        guesses.push({ token, candidates });
        text.push(token);
      }
      held = text.slice(0, sequence.length);
      return guesses;
    },
    close: () => sequence.close(),
  };
}

/**
 * Guesses that what followed the same last tokens before follows again (prompt lookup; Saxena 2023): free, and good where a text is
 * quoted or edited. Looks for the last `longest` tokens, then fewer down to `shortest`, latest place first.
 */
export function promptLookup(longest = 3, shortest = 1): Drafter {
  if (!(Number.isInteger(shortest) && shortest > 0 && Number.isInteger(longest) && longest >= shortest))
    throw new InksealError("bad-request", `prompt lookup of ${shortest} to ${longest} tokens is no range above 0`);
  return {
    draft({ tokens }, count) {
      for (let size = Math.min(longest, tokens.length - 1); size >= shortest; size--) {
        const last = tokens.length - size;
        for (let at = last - 1; at >= 0; at--) {
          let same = 0;
          while (same < size && tokens[at + same] === tokens[last + same]) same++;
          if (same === size) return tokens.slice(at + size, at + size + count).map(sure);
        }
      }
      return [];
    },
    close: () => undefined,
  };
}

const sure = (token: number): Guess => ({
  token,
  candidates: { tokens: Uint32Array.of(token), probabilities: Float32Array.of(1) },
});
