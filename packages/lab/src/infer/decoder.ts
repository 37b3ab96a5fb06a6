/**
 * A language model as decoding sees it: several sequences side by side, each with its own cache of keys and values.
 * `Sequence` is opaque to callers.
 */
export interface Decoder {
  readonly vocab: number;
  /** Longest sequence, tokens. */
  readonly context: number;
  /** An empty sequence. */
  open(): Sequence;
  /**
   * Feeds each sequence its new tokens (at least one each) and answers the logits after the last token of each, or after every one
   * of its new tokens when `every` is set. Each row has `vocab` floats and is the caller's to change.
   * Throws `bad-request` when a sequence would outgrow `context`.
   */
  feed(work: readonly Feed[], every?: boolean): Float32Array[][];
}
export interface Feed {
  readonly sequence: Sequence;
  readonly tokens: readonly number[];
}
export interface Sequence {
  /** Tokens held. */
  readonly length: number;
  /** Forgets all after the first `length` tokens (speculative decoding takes rejected tokens back). */
  truncate(length: number): void;
  /** An independent copy. */
  fork(): Sequence;
  close(): void;
}
