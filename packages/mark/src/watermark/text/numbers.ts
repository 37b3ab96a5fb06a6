import { InksealError } from "@inkseal/core";
import { blake3 } from "@noble/hashes/blake3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

/**
 * Where in the key's sequence a text may begin; after the last place the first comes again, so that parts of long texts are found too. Two texts for one prompt are the same where they begin at the same place, once in 8192
 * times; more places would cost more tries at detection, and some of its power (their logarithm).
 */
export const starts = 8192;

/**
 * The id that a token has in a way of its stretch, the first way being 0. Where a text is drawn in several ways and the best is kept, each needs
 * numbers of its own, or all ways would be one. Ids are below 2^20.
 */
export const inWay = (token: number, way: number): number => token + way * 2 ** 20;

/** Positions that one output of the hash serves: a block of BLAKE3 is 64 bytes. */
const together = 8;

/**
 * The key's numbers: for each position of its sequence and each token id one from 0 to 1, both ends out, as good as random to whoever has not
 * the key. Positions are told apart by keyed BLAKE3; within one, ids are mixed by the finaliser of MurmurHash3 under 64 bits of its output: a
 * cryptographic hash for every candidate of every token would cost more than a small model.
 */
export class KeyNumbers {
  readonly #key: Uint8Array;
  /** Two words of 32 bits for each position, as far as they were asked for. */
  readonly #blocks: DataView[] = [];

  /** Throws `bad-request` for a key that is not 32 bytes. */
  constructor(key: Uint8Array) {
    if (key.length !== 32) throw new InksealError("bad-request", `a watermark key of ${key.length} bytes, not 32`);
    this.#key = key;
  }

  /** The number of a token id at a position. */
  at(position: number, token: number): number {
    return (bitsOf(this.word(position, 0), this.word(position, 1), token) + 0.5) / 2 ** 32;
  }

  /** One of the two words of a position, whatever whole number it is. */
  word(position: number, which: 0 | 1): number {
    const place = ((position % starts) + starts) % starts;
    const block = Math.floor(place / together);
    const view = (this.#blocks[block] ??= this.#open(block));
    return view.getInt32(8 * (place % together) + 4 * which);
  }

  #open(block: number): DataView {
    const bytes = blake3(utf8ToBytes(`inkseal text watermark 1 ${block}`), { key: this.#key, dkLen: 8 * together });
    return new DataView(bytes.buffer, bytes.byteOffset);
  }
}

/** The 32 bits behind the number of a token id, from the two words of its position. */
export const bitsOf = (first: number, second: number, token: number): number => mix(mix(token ^ first) ^ second);

function mix(word: number): number {
  let w = word ^ (word >>> 16);
  w = Math.imul(w, 0x85ebca6b);
  w ^= w >>> 13;
  w = Math.imul(w, 0xc2b2ae35);
  return (w ^ (w >>> 16)) >>> 0;
}
