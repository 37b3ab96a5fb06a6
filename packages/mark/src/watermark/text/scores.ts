import { bitsOf, KeyNumbers, starts } from "./numbers.ts";

const steps = 4096;
/** −log(1 − u), a little less: by the lower end of u's step, so that a chance is never understated. */
const table = Float64Array.from({ length: steps }, (_, i) => -Math.log1p(-i / steps));

/** The key's words for all positions that a detection asks for, made once. */
export interface KeyWords {
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** Positions before the first start that may be asked for, and behind the last token at the last one. */
  readonly margin: number;
}

/** Throws `bad-request` for a key that is not 32 bytes. */
export function keyWords(key: Uint8Array, length: number, margin: number): KeyWords {
  const numbers = new KeyNumbers(key);
  const positions = { length: starts + length + 2 * margin };
  const words = (which: 0 | 1): Int32Array => Int32Array.from(positions, (_, i) => numbers.word(i - margin, which));
  return { first: words(0), second: words(1), margin };
}

/** What a key says of one text's tokens: high scores where they were drawn with it. */
export class Scores {
  /** Tokens that are looked at. */
  readonly length: number;
  readonly #words: KeyWords;
  readonly #tokens: Int32Array;

  constructor(tokens: ArrayLike<number>, length: number, words: KeyWords) {
    this.length = length;
    this.#words = words;
    this.#tokens = Int32Array.from({ length }, (_, i) => tokens[i]!);
  }

  /** The score of token `i` at a position: exponential with mean 1 without the mark. */
  at(i: number, position: number): number {
    const { first, second, margin } = this.#words;
    const at = position + margin;
    return table[bitsOf(first[at]!, second[at]!, this.#tokens[i]!) >>> 20]!;
  }
}
