/** Turns text into token ids and back. Ids are whole numbers in [0, vocab). */
export interface Tokenizer {
  /** One more than the largest id. */
  readonly vocab: number;
  /** Special tokens (end of text, …) by their spelling; `encode` finds them in text. */
  readonly special: ReadonlyMap<string, number>;
  /** Ids that the tokenizer's file asks to put around a whole text, such as Llama's `<s>`; `encode` does not add them. */
  readonly frame: { readonly before: readonly number[]; readonly after: readonly number[] };
  /**
   * Text to ids. With `plain`, spelled-out special tokens are ordinary text: for words that come from strangers.
   * Throws `bad-request` when a character has no token.
   */
  encode(text: string, options?: { readonly plain?: boolean }): number[];
  /** Ids to text; special tokens are spelled out, broken UTF-8 becomes U+FFFD. Throws `bad-request` for an id outside [0, vocab). */
  decode(ids: Iterable<number>): string;
  /**
   * The UTF-8 bytes that a token adds to a text (possibly half a character), for decoding under constraints; none for special tokens.
   * Throws `bad-request` for an id outside [0, vocab).
   */
  token(id: number): Uint8Array;
  /** The same tokenizer as Hugging Face's tokenizer.json. */
  json(): object;
}
