import { InksealError } from "@inkseal/core";
import { blake3 } from "@noble/hashes/blake3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

/** Where in the key's sequence a text may begin. More would let more texts differ for one prompt, and cost as many tries at detection. */
export const starts = 1024;

/**
 * The key's numbers: for each position of its sequence and each token id one from 0 to 1, both ends out, as good as random to whoever has not
 * the key. Positions are told apart by keyed BLAKE3; within one, ids are mixed by the finaliser of MurmurHash3 under 64 bits of its output: a
 * cryptographic hash for every candidate of every token would cost more than a small model.
 */
export class KeyNumbers {
  readonly #key: Uint8Array;
  /** Two words of 32 bits for each position, where it was asked for. */
  readonly #first: number[] = [];
  readonly #second: number[] = [];

  /** Throws `bad-request` for a key that is not 32 bytes. */
  constructor(key: Uint8Array) {
    if (key.length !== 32) throw new InksealError("bad-request", `a watermark key of ${key.length} bytes, not 32`);
    this.#key = key;
  }

  /** The number of a token id at a position, both whole and not negative. */
  at(position: number, token: number): number {
    if (this.#first[position] === undefined) this.#open(position);
    return (mix(mix(token ^ this.#first[position]!) ^ this.#second[position]!) + 0.5) / 2 ** 32;
  }

  #open(position: number): void {
    const bytes = blake3(utf8ToBytes(`inkseal text watermark 1 ${position}`), { key: this.#key, dkLen: 8 });
    const words = new DataView(bytes.buffer, bytes.byteOffset);
    this.#first[position] = words.getUint32(0);
    this.#second[position] = words.getUint32(4);
  }
}

function mix(word: number): number {
  let w = word ^ (word >>> 16);
  w = Math.imul(w, 0x85ebca6b);
  w ^= w >>> 13;
  w = Math.imul(w, 0xc2b2ae35);
  return (w ^ (w >>> 16)) >>> 0;
}
