import { InksealError } from "@inkseal/core";
import { breathe } from "./breathe.ts";
import { Continuation, type Generated, type SequenceOptions } from "./continuation.ts";
import type { Decoder, Sequence } from "./decoder.ts";
import type { Vocabulary } from "./vocabulary-trie.ts";

/** The options of all sequences; `each` answers those of one, which go before. With `seed` sequence i has `seed + i`. */
export interface GenerateOptions extends SequenceOptions {
  readonly each?: (sequence: number) => SequenceOptions;
  /** Sequences side by side at most. */
  readonly parallel?: number;
  /** Tokens of a prompt read in one step, so that a long one does not hold up the others. */
  readonly chunk?: number;
  /** The tokens' texts, for stop strings. */
  readonly vocabulary?: Vocabulary;
  readonly signal?: AbortSignal;
}

/**
 * Continues every prompt, several at a time in one batch (continuous batching: a finished one leaves, a waiting one joins), and hands
 * out what each step made. A sequence's tokens depend on its prompt, options and seed, not on its company. All prompts are looked at
 * before the first is read: throws `bad-request` for one that is empty or longer than the context; `cancelled` after an abort; and what
 * the sampler and hooks throw. However it ends, all sequences are closed.
 * @example for await (const step of generate(decoder, [[1, 2]], { sampling: { temperature: 0 }, maxTokens: 9 })) print(step);
 */
export async function* generate(
  decoder: Decoder,
  prompts: readonly (readonly number[])[],
  { each, parallel = 8, chunk = 256, vocabulary, signal, ...all }: GenerateOptions = {},
): AsyncGenerator<Generated[], void, void> {
  for (const [param, value] of Object.entries({ parallel, chunk }))
    if (!Number.isInteger(value) || value < 1)
      throw new InksealError("bad-request", `${param} is ${value}, not a whole number above 0`, { param });
  if (prompts.length > 1 && all.hooks?.some((hook) => hook.accept !== undefined))
    throw new InksealError("bad-request", "a hook that remembers tokens serves one sequence; give each its own", {
      param: "hooks",
    });
  const waiting = prompts.map((prompt, i) => {
    const seed = all.seed === undefined ? undefined : all.seed + i;
    return new Continuation(i, prompt, decoder, { ...all, seed, ...each?.(i) }, vocabulary);
  });
  let running: { readonly text: Continuation; readonly sequence: Sequence }[] = [];
  try {
    while (waiting.length > 0 || running.length > 0) {
      await breathe(signal);
      while (running.length < parallel && waiting.length > 0)
        running.push({ text: waiting.shift()!, sequence: decoder.open() });
      const rows = decoder.feed(
        running.map(({ text, sequence }) => ({
          sequence,
          tokens: text.tokens.slice(sequence.length, sequence.length + chunk),
        })),
      );
      // a prompt that is not read to its end has nothing to say yet
      const made = running.flatMap(({ text, sequence }, i) =>
        sequence.length < text.tokens.length ? [] : text.choose(rows[i]!.at(-1)!),
      );
      for (const { text, sequence } of running) if (text.stopped) sequence.close();
      running = running.filter(({ text }) => !text.stopped);
      if (made.length > 0) yield made;
    }
  } finally {
    for (const { sequence } of running) sequence.close();
  }
}
