import { bitsOf, KeyNumbers, starts } from "./numbers.ts";

const steps = 4096;
/** −log(1 − u), a little less: by the lower end of u's step, so that a chance is never understated. */
const table = Float64Array.from({ length: steps }, (_, i) => -Math.log1p(-i / steps));

/** What a key says of one text's tokens: high scores where they were drawn with it. */
export class Scores {
  /** Tokens that are looked at. */
  readonly length: number;
  readonly #margin: number;
  readonly #tokens: Int32Array;
  readonly #first: Int32Array;
  readonly #second: Int32Array;

  /** `margin`: positions before the first start that may be asked for, and behind the last token at the last one. */
  constructor(tokens: ArrayLike<number>, length: number, key: Uint8Array, margin: number) {
    const numbers = new KeyNumbers(key);
    const positions = { length: starts + length + 2 * margin };
    this.length = length;
    this.#margin = margin;
    this.#tokens = Int32Array.from({ length }, (_, i) => tokens[i]!);
    this.#first = Int32Array.from(positions, (_, i) => numbers.word(i - margin, 0));
    this.#second = Int32Array.from(positions, (_, i) => numbers.word(i - margin, 1));
  }

  /** The score of token `i` at a position: exponential with mean 1 without the mark. */
  at(i: number, position: number): number {
    const at = position + this.#margin;
    return table[bitsOf(this.#first[at]!, this.#second[at]!, this.#tokens[i]!) >>> 20]!;
  }
}
