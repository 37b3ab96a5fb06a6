import { concat, utf8 } from "@inkseal/codec";
import { blake3 } from "@noble/hashes/blake3.js";
import { PolarCode } from "./polar.ts";

const checkBytes = 2;

/** How the payload of a watermark becomes coded bits: a keyed check of 16 bits is put behind it, and a polar code takes both. */
export class PayloadCode {
  /** Bytes of a payload. */
  readonly bytes: number;
  readonly codedBits: number;
  /** Chance that a payload is read where there is none, over random keys: one of the decoder's candidates fits the check. */
  readonly chance: number;
  readonly #code: PolarCode;
  readonly #list: number;

  /** `list`: candidates that the decoder keeps. RangeError where the payload and its check do not fit into the coded bits, a power of 2. */
  constructor({ bytes, codedBits, list }: { readonly bytes: number; readonly codedBits: number; readonly list: number }) {
    this.bytes = bytes;
    this.codedBits = codedBits;
    this.chance = list * 2 ** (-8 * checkBytes);
    this.#code = new PolarCode(codedBits, 8 * (bytes + checkBytes));
    this.#list = list;
  }

  /** The coded bits of a payload under a key, a bit (0 or 1) an element. RangeError for a payload of another length. */
  encode(payload: Uint8Array, key: Uint8Array): Uint8Array {
    if (payload.length !== this.bytes) throw new RangeError(`a watermark of ${payload.length} bytes, not ${this.bytes}`);
    return this.#code.encode(bitsOf(concat([payload, check(payload, key)])));
  }

  /** The likeliest payload whose check fits, in soft coded bits (above 0 speaks for 0, in any scale). */
  decode(soft: ArrayLike<number>, key: Uint8Array): Uint8Array | undefined {
    for (const { bits } of this.#code.decode(soft, this.#list)) {
      const whole = bytesOf(bits);
      const payload = whole.slice(0, this.bytes);
      const expected = check(payload, key);
      if (whole.subarray(this.bytes).every((b, i) => b === expected[i])) return payload;
    }
    return undefined;
  }
}

const check = (payload: Uint8Array, key: Uint8Array): Uint8Array =>
  blake3(concat([utf8("watermark check "), payload]), { key, dkLen: checkBytes });
const bitsOf = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: 8 * bytes.length }, (_, i) => (bytes[i >> 3]! >> (7 - (i & 7))) & 1);
const bytesOf = (bits: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: bits.length / 8 }, (_, i) =>
    bits.subarray(8 * i, 8 * i + 8).reduce((byte, b) => (byte << 1) | b, 0),
  );
