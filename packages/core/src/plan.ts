import type { Brief } from "./brief.ts";
import type { Engine } from "./engine.ts";

/** What words are marked with while their tokens are drawn: plain data, so that it goes to a thread. Never logged, never recorded. */
export interface WordMark {
  /** Method and version: `inkseal.text.1`. */
  readonly method: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** Tells keys apart without telling them. */
  readonly keyId: string;
}

/** Which engine makes the brief, with which settings. */
export interface Plan {
  readonly kind: "plan";
  readonly version: 1;
  /** The guarded brief. */
  readonly brief: Brief;
  readonly engine: Engine;
  /** The engine's own name of the model. */
  readonly model: string;
  readonly seed: number | undefined;
  /** Where words are to carry a watermark: an engine that draws tokens puts it on and says so with a chunk's `mark`. */
  readonly wordMark?: WordMark;
  /** Wishes that this engine cannot honour, and other things the user should know. */
  readonly warnings: readonly string[];
}
