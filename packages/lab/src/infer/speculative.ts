import { InksealError } from "@inkseal/core";
import type { Random } from "../weights.ts";
import { breathe } from "./breathe.ts";
import type { Candidates } from "./candidates.ts";
import { Continuation, type Generated, type SequenceOptions } from "./continuation.ts";
import type { Decoder } from "./decoder.ts";
import type { Drafter, Guess } from "./draft.ts";
import { Sampler } from "./sampler.ts";
import type { Vocabulary } from "./vocabulary-trie.ts";

export interface SpeculateOptions extends SequenceOptions {
  /** A `draftModel` or `promptLookup`; it is closed at the end. */
  readonly drafter: Drafter;
  /** Tokens guessed at a time. */
  readonly ahead?: number;
  /** Tokens of the prompt read in one step. */
  readonly chunk?: number;
  readonly vocabulary?: Vocabulary;
  readonly signal?: AbortSignal;
}

/** What one reading of the target made; of all steps so far, the tokens guessed and those of them that it took over. */
export interface SpeculativeStep {
  readonly made: readonly Generated[];
  readonly drafted: number;
  readonly accepted: number;
}

/**
 * Speculative decoding (Leviathan et al. 2023): a drafter guesses some tokens, the target reads them all at once, and rejection
 * sampling keeps of them what it could have drawn itself. The output's distribution is exactly that of `generate` with the same
 * options; greedy, the tokens are the same. Hooks see each position once, in order. Throws as `generate` does, and `bad-request` for
 * a drafter of another vocabulary.
 */
export async function* speculate(
  target: Decoder,
  prompt: readonly number[],
  { drafter, ahead = 4, chunk = 256, vocabulary, signal, ...options }: SpeculateOptions,
): AsyncGenerator<SpeculativeStep, void, void> {
  const sequence = target.open();
  try {
    for (const [param, value] of Object.entries({ ahead, chunk }))
      if (!Number.isInteger(value) || value < 1)
        throw new InksealError("bad-request", `${param} is ${value}, not a whole number above 0`, { param });
    if (drafter.vocab !== undefined && drafter.vocab !== target.vocab)
      throw new InksealError("bad-request", `the draft has a vocabulary of ${drafter.vocab}, the target of ${target.vocab}`);
    const text = new Continuation(0, prompt, target, options, vocabulary);
    const guessing = new Sampler(options.sampling, { random: text.sampler.random });
    while (sequence.length < prompt.length - 1) {
      await breathe(signal);
      const end = Math.min(sequence.length + chunk, prompt.length - 1);
      target.feed([{ sequence, tokens: prompt.slice(sequence.length, end) }]);
    }
    let drafted = 0;
    let accepted = 0;
    while (!text.stopped) {
      await breathe(signal);
      const room = Math.min(ahead, text.left - 1, target.context - text.tokens.length);
      const guesses = room > 0 ? drafter.draft(text.context, room, guessing) : [];
      const tokens = [text.tokens.at(-1)!, ...guesses.map(({ token }) => token)];
      const [rows] = target.feed([{ sequence, tokens }], true);
      const made: Generated[] = [];
      for (let i = 0; i <= guesses.length && !text.stopped; i++) {
        const raw = rows![i]!.slice();
        const token = decide(text, text.candidates(rows![i]!), guesses[i]);
        made.push(...text.take(token, raw));
        if (token !== guesses[i]?.token) break;
        accepted++;
      }
      drafted += guesses.length;
      sequence.truncate(text.tokens.length - 1);
      yield { made, drafted, accepted };
    }
  } finally {
    sequence.close();
    drafter.close();
  }
}

/** The target's token: the guess when rejection sampling keeps it, else one of what the guess left of the target's distribution. */
function decide({ sampler, context }: Continuation, wanted: Candidates, guess: Guess | undefined): number {
  // a draw of its own has its own distribution: the guess counts where it comes out the same
  if (guess === undefined || sampler.drawsApart) return sampler.draw(wanted, context);
  if (keeps(wanted, guess, sampler.random)) return guess.token;
  return sampler.draw(leftOver(wanted, guess.candidates), context);
}

/** Keeps a guess x with probability min(1, p(x)/q(x)). */
function keeps(wanted: Candidates, { token, candidates }: Guess, random: Random): boolean {
  const p = probabilityOf(wanted, token);
  const q = probabilityOf(candidates, token);
  return p >= q || random() * q < p;
}

/** max(0, p - q), made to sum to 1. */
function leftOver(wanted: Candidates, guessed: Candidates): Candidates {
  const q = new Map(Array.from(guessed.tokens, (token, i) => [token, guessed.probabilities[i]!]));
  const left = wanted.probabilities.map((p, i) => Math.max(0, p - (q.get(wanted.tokens[i]!) ?? 0)));
  const sum = left.reduce((a, b) => a + b, 0);
  // only rounding leaves nothing: the distributions are the same
  return sum === 0 ? wanted : { tokens: wanted.tokens, probabilities: left.map((p) => p / sum) };
}

function probabilityOf({ tokens, probabilities }: Candidates, token: number): number {
  const at = tokens.indexOf(token);
  return at < 0 ? 0 : probabilities[at]!;
}
