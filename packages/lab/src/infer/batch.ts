import { InksealError } from "@inkseal/core";
import { Continuation, type Generated, type SequenceOptions } from "./continuation.ts";
import type { Decoder, Sequence } from "./decoder.ts";
import type { Vocabulary } from "./vocabulary-trie.ts";

export interface BatchOptions {
  /** Sequences side by side at most. */
  readonly parallel?: number;
  /** Tokens of a prompt read in one step, so that a long one does not hold up the others. */
  readonly chunk?: number;
  /** The tokens' texts, for stop strings. */
  readonly vocabulary?: Vocabulary;
}
interface Member {
  readonly text: Continuation;
  sequence: Sequence | undefined;
  held: boolean;
}

/**
 * Sequences that go on side by side over one decoder, a token of each a step (continuous batching, Orca 2022): one may join or leave
 * between any two steps. A sequence's tokens depend on its prompt, options and seed, not on its company.
 */
export class Batch {
  readonly #decoder: Decoder;
  readonly #parallel: number;
  readonly #chunk: number;
  readonly #vocabulary: Vocabulary | undefined;
  /** By the caller's number, in the order in which they came. */
  readonly #members = new Map<number, Member>();

  /** Throws `bad-request` for options that are no whole numbers above 0. */
  constructor(decoder: Decoder, { parallel = 8, chunk = 256, vocabulary }: BatchOptions = {}) {
    for (const [param, value] of Object.entries({ parallel, chunk }))
      if (!Number.isInteger(value) || value < 1)
        throw new InksealError("bad-request", `${param} is ${value}, not a whole number above 0`, { param });
    this.#decoder = decoder;
    this.#parallel = parallel;
    this.#chunk = chunk;
    this.#vocabulary = vocabulary;
  }

  /** Sequences that are not over, those that are held too. */
  get size(): number {
    return this.#members.size;
  }
  /** Whether a step would do anything. */
  get busy(): boolean {
    return [...this.#members.values()].some(({ held }) => !held);
  }

  /** Lets a sequence join, under a number of the caller's. Throws `bad-request` for a prompt that is empty or longer than the context. */
  add(number: number, prompt: readonly number[], options: SequenceOptions): void {
    const text = new Continuation(number, prompt, this.#decoder, options, this.#vocabulary);
    this.#members.set(number, { text, sequence: undefined, held: false });
  }

  /** A held sequence waits, and keeps nobody else waiting. */
  hold(number: number, held: boolean): void {
    const member = this.#members.get(number);
    if (member !== undefined) member.held = held;
  }

  /** Ends a sequence where it is. */
  remove(number: number): void {
    this.#members.get(number)?.sequence?.close();
    this.#members.delete(number);
  }

  /**
   * One pass of the decoder over those whose turn it is; answers what they made, each `sequence` being the caller's number. Those that
   * are over have left. What one's sampler or hooks throw ends that one and goes to `failed`; without it, it is thrown.
   */
  step(failed?: (number: number, error: unknown) => void): Generated[] {
    const running = [...this.#members].filter(([, { held }]) => !held).slice(0, this.#parallel);
    if (running.length === 0) return [];
    const work = running.map(([number, member]) => {
      const { text } = member;
      const sequence = (member.sequence ??= this.#decoder.open());
      return { number, sequence, text, tokens: text.tokens.slice(sequence.length, sequence.length + this.#chunk) };
    });
    const rows = this.#decoder.feed(work);
    const made = work.flatMap(({ number, text, sequence }, i) => {
      if (sequence.length < text.tokens.length) return []; // a prompt that is not read to its end has nothing to say yet
      try {
        return text.choose(rows[i]!.at(-1)!);
      } catch (error) {
        if (failed === undefined) throw error;
        this.remove(number);
        failed(number, error);
        return [];
      }
    });
    for (const [number, { text }] of this.#members) if (text.stopped) this.remove(number);
    return made;
  }

  close(): void {
    for (const number of [...this.#members.keys()]) this.remove(number);
  }
}
