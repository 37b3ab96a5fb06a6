import { blake3 } from "@noble/hashes/blake3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

/** Pseudo-random numbers that only a key tells: keyed BLAKE3 as an extendable output, a stream for every purpose. */
export class KeyStream {
  readonly #key: Uint8Array;
  readonly #purpose: string;
  #block = new Uint8Array(0);
  #at = 0;
  #count = 0;

  /** `key` is 32 bytes; RangeError for others. */
  constructor(key: Uint8Array, purpose: string) {
    if (key.length !== 32) throw new RangeError(`a watermark key of ${key.length} bytes, not 32`);
    this.#key = key;
    this.#purpose = purpose;
  }

  /** A whole number from 0 to `n` − 1, `n` at most 2^16: of 32 bits, so that no number is favoured by more than 2^−16. */
  below(n: number): number {
    let word = 0;
    for (let i = 0; i < 4; i++) word = word * 256 + this.#byte();
    return word % n;
  }

  sign(): 1 | -1 {
    return this.#byte() & 1 ? 1 : -1;
  }

  /** 0 to `n` − 1 in an order of the key's (Fisher and Yates). */
  order(n: number): Uint16Array {
    const order = Uint16Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }

  #byte(): number {
    if (this.#at === this.#block.length) {
      this.#block = new Uint8Array(blake3(utf8ToBytes(`${this.#purpose} ${this.#count++}`), { key: this.#key, dkLen: 4096 }));
      this.#at = 0;
    }
    return this.#block[this.#at++]!;
  }
}
