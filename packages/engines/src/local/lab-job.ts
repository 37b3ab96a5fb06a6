import type { WordMark } from "@inkseal/core";

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
  /** Judges the prompt in place of going on with it: a chunk with the `Curvature` as its `json`. */
  readonly judge?: true;
  /** What the words are marked with. */
  readonly wordMark?: WordMark;
  /** GBNF that binds the text. */
  readonly grammar?: string;
}
export interface Turn {
  readonly role: string;
  readonly content: string;
}
