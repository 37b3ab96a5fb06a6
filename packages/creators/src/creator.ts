import type { Chunk, Controls, ModelInfo, Plan, Task, TextTokens } from "@inkseal/core";
import type { WasmBackend } from "@inkseal/lab";

/**
 * A small embedded model with controls of its own. Pure: the same in a thread of Node and in a page.
 * This object is loaded at the start of every process; what is heavy belongs behind `open`.
 */
export interface Creator<Job = unknown> {
  /** The engine's name, and the folder of its weights: `verse`. */
  readonly name: string;
  readonly tasks: readonly Task[];
  /** Ids are `inkseal-NAME`; each is `narrow` and says its own `controls` and, honestly, what it is good at. */
  readonly models: readonly ModelInfo[];
  /** Common controls that it cannot honour. */
  readonly ignores?: readonly (keyof Controls)[];
  /**
   * What the brief asks for, as a value that can be cloned to a thread. `seed` is the brief's, or drawn for it.
   * Throws `cannot-do`, naming what this model can do and what could do the other, and `bad-request` with the control at fault.
   */
  jobOf(plan: Plan, seed: number): Job | Promise<Job>;
  /** Loads the weights. Throws `bad-file` and `not-found`. */
  open(place: Place): Promise<Maker<Job>>;
  /** Loads what cuts a text into tokens as it drew them, and no more. Absent where it draws no words. Throws `bad-file` and `not-found`. */
  cutter?(place: Pick<Place, "read">): Promise<Cutter>;
}

/** Undefined for a text that is none of its kind. */
export type Cutter = (text: string) => Omit<TextTokens, "models"> | undefined;

/** A creator with its weights loaded. One job at a time. */
export interface Maker<Job> {
  /**
   * Batches of chunks as they come, each choice ended by a `finish`, the last with the run's `usage`. A step that takes longer than a few tens of
   * milliseconds is followed by a batch (if only of `progress`), so that an abort is heard.
   */
  make(job: Job, signal: AbortSignal, drawOf?: (choice: number) => TokenDraw): AsyncIterable<readonly Chunk[]>;
}

/**
 * Draws the tokens of one choice's words in place of the maker: an index into `tokens`. So words are marked while they are drawn, by who may know
 * the key. Positions count the tokens as `Creator.cutter` does; probabilities sum to 1, and `random` is the maker's own.
 */
export interface TokenDraw {
  (
    probabilities: ArrayLike<number>,
    tokens: ArrayLike<number>,
    random: () => number,
    context: { readonly position: number; readonly way?: number },
  ): number;
  /** Of the ways in which a stretch was drawn since the last call, this one stays. */
  keep(way: number): void;
}

/** Where a creator runs. */
export interface Place {
  /** A file of the creator's weights, or undefined where there is none of that name. */
  read(file: string): Promise<Uint8Array | undefined>;
  /** Kernels of its own; by default on as many threads as the place has to give. */
  backend(options?: { readonly threads?: number; readonly memory?: number }): WasmBackend;
}
