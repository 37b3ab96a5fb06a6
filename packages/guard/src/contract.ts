import type { Brief, Chunk, Cleared, Decision, Finding, Hazard, MediaPart, Policy } from "@inkseal/core";

/** A match in a text. Spans are half-open, in UTF-16 code units of the text scanned. */
export interface Match {
  readonly hazard: Hazard;
  readonly start: number;
  readonly end: number;
  readonly score: number;
  readonly evidence?: string;
}

/** A pure function from text to matches, usable on streams. */
export interface TextDetector {
  readonly name: string;
  /**
   * A text in which this finds nothing is not scanned. Detectors that share one RegExp object are skipped by one test.
   * Not global, not sticky, one character class at best: it runs over every text.
   */
  readonly needs?: RegExp;
  /**
   * Every match, overlapping ones too. Whether a match begins at some offset may depend on at most 32 characters
   * before it, so that a stream can be scanned from its middle.
   */
  scan(text: string): readonly Match[];
  /**
   * How much of the end of `text` must be held back because more text could turn it into (part of) a match:
   * the offset from which nothing may be released yet; `text.length` when all of it is safe.
   */
  holdFrom(text: string): number;
}

export interface MediaDetector {
  readonly name: string;
  accepts(mediaType: string): boolean;
  scan(part: MediaPart, signal?: AbortSignal): Promise<readonly Match[]>;
}

export interface Detectors {
  readonly text: readonly TextDetector[];
  readonly media: readonly MediaDetector[];
}

/** What guard made of a brief: the brief as it may go on (masked where the policy says so), and why. */
export interface BriefCheck {
  readonly brief: Brief;
  readonly decision: Decision;
}

/**
 * Guards one run's output. Text of each choice (content, reasoning, refusal, every tool call's arguments) is a
 * stream of its own; what is released never contains a part of a masked span, however the engine cut it.
 */
export interface Gate {
  /** Chunks in, cleared chunks out (possibly fewer, later, with other text). Unchanged chunks keep `wire.text`. */
  push(chunks: readonly Chunk[]): readonly Cleared<Chunk>[];
  /** Everything still held. Call once, after the engine's last chunk (finish chunks flush their own choice). */
  end(): readonly Cleared<Chunk>[];
  /** A finished medium; rejects nothing by itself: look at `decision()`. Undefined when it may not go out. */
  media(part: MediaPart, signal?: AbortSignal): Promise<Cleared<MediaPart> | undefined>;
  /** Findings since the last call. */
  drain(): readonly Finding[];
  /** So far. Once its action is block, hold or unchecked, nothing more is released. */
  decision(): Decision;
}

export interface Guard {
  check(brief: Brief, policy: Policy, signal?: AbortSignal): Promise<BriefCheck>;
  open(policy: Policy): Gate;
}
