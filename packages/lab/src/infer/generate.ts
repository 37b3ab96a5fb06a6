import { InksealError } from "@inkseal/core";
import { Batch, type BatchOptions } from "./batch.ts";
import { breathe } from "./breathe.ts";
import type { Generated, SequenceOptions } from "./continuation.ts";
import type { Decoder } from "./decoder.ts";

/** The options of all sequences; `each` answers those of one, which go before. With `seed` sequence i has `seed + i`. */
export interface GenerateOptions extends SequenceOptions, BatchOptions {
  readonly each?: (sequence: number) => SequenceOptions;
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
  { each, parallel, chunk, vocabulary, signal, ...all }: GenerateOptions = {},
): AsyncGenerator<Generated[], void, void> {
  const batch = new Batch(decoder, { parallel, chunk, vocabulary });
  if (prompts.length > 1 && all.hooks?.some((hook) => hook.accept !== undefined))
    throw new InksealError("bad-request", "a hook that remembers tokens serves one sequence; give each its own", {
      param: "hooks",
    });
  for (const [i, prompt] of prompts.entries()) {
    const seed = all.seed === undefined ? undefined : all.seed + i;
    batch.add(i, prompt, { ...all, seed, ...each?.(i) });
  }
  try {
    while (batch.size > 0) {
      await breathe(signal);
      const made = batch.step();
      if (made.length > 0) yield made;
    }
  } finally {
    batch.close();
  }
}
