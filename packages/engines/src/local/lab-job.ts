import type { Chunk, ErrorCode, InksealError } from "@inkseal/core";

/** A run as the thread of its model gets it. */
export interface LabJob {
  /** A text to go on with, or a conversation to answer by the model's own template. */
  readonly prompt: string | readonly Turn[];
  /** Answers wanted, each with a seed of its own: seed, seed + 1 … */
  readonly choices: number;
  readonly seed: number;
  readonly sampling: {
    readonly temperature: number;
    readonly topP: number;
    readonly topK: number;
    readonly minP: number;
    readonly frequencyPenalty?: number;
    readonly presencePenalty?: number;
  };
  readonly maxTokens?: number;
  readonly stop: readonly string[];
  /** OpenAI's `logit_bias`. */
  readonly bias?: Readonly<Record<string, number>>;
  /** GBNF that binds the text. */
  readonly grammar?: string;
}
export interface Turn {
  readonly role: string;
  readonly content: string;
}

/** What a model's thread is asked. `run` numbers the runs of one thread. */
export type LabAsk =
  | { readonly type: "run"; readonly run: number; readonly job: LabJob }
  | { readonly type: "hold"; readonly run: number; readonly held: boolean }
  | { readonly type: "leave"; readonly run: number };

/** What it says. `loaded` comes first, once. */
export type LabWord =
  | { readonly type: "loaded" }
  | { readonly type: "unloadable"; readonly error: PlainError }
  | { readonly type: "chunks"; readonly run: number; readonly chunks: readonly Chunk[] }
  | { readonly type: "done"; readonly run: number }
  | { readonly type: "failed"; readonly run: number; readonly error: PlainError };

/** An error that survives the way between threads. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly param?: string;
}
export const plainError = ({ code, message, details }: InksealError): PlainError => ({
  code,
  message,
  ...(details.param !== undefined && { param: details.param }),
});
