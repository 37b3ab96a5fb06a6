import type { Mark } from "./artifact.ts";

/** Why an engine stopped. OpenAI's words. */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "function_call" | (string & {});

/** What a run used. Absent means unknown, never zero. */
export interface Usage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly cachedTokens?: number;
  readonly reasoningTokens?: number;
  readonly characters?: number;
  readonly seconds?: number;
  readonly images?: number;
  /** US dollars. */
  readonly cost?: number;
  /** Joules, measured or modelled. */
  readonly energy?: number;
  /** Grams of CO2-equivalent of that energy. */
  readonly gramsCo2e?: number;
}

/** A piece of a tool call. `call` numbers the calls of one choice from 0; `arguments` is a delta. */
export interface ToolCallDelta {
  readonly call: number;
  readonly id?: string;
  readonly name?: string;
  readonly arguments?: string;
}

/** Finished or partial bytes of a medium. `last` false means more of the same file follows. */
export interface MediaPart {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly last: boolean;
  /**
   * The media type to deliver, where that loses something: the bytes are WAV then, or a film coded (nearly) without loss, and are encoded once the
   * marks that live in samples and frames were put on. On the last part.
   */
  readonly as?: string;
}

/** A provider's own event or body in the brief's wire dialect: the parsed value and the text it came from. */
export interface WireEvent {
  readonly json: unknown;
  /** Exactly what came, when the value was not made or changed here. */
  readonly text?: string;
}

/**
 * What an engine yields: one event of one choice. Flat, every member optional but `index`.
 * Without `stream` an engine yields one chunk a choice with the whole content.
 *
 * A chunk with `wire` and neither text nor other content is an event that passes through unharmed.
 */
export interface Chunk {
  /** Choice, from 0. */
  readonly index: number;
  readonly text?: string;
  readonly reasoning?: string;
  readonly refusal?: string;
  readonly toolCalls?: readonly ToolCallDelta[];
  readonly media?: MediaPart;
  readonly vector?: readonly number[];
  /** Structured result of an understanding task (moderation, transcription segments). */
  readonly json?: unknown;
  readonly finish?: FinishReason;
  readonly usage?: Usage;
  /** What the engine put into a choice's words while it drew them; on the chunk that ends the choice. */
  readonly mark?: Mark;
  /** 0 to 1, or undefined where unknown. */
  readonly progress?: { readonly fraction?: number; readonly note?: string };
  readonly wire?: WireEvent;
}
