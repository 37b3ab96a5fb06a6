import { concat, utf8 } from "@inkseal/codec";
import { blake3 } from "@noble/hashes/blake3.js";
import { PolarCode } from "./polar.ts";

/** Bytes that a watermark carries. */
export const payloadBytes = 6;
const checkBytes = 2;
/** 48 bits and a keyed check of 16, in 256 coded bits. */
const code = new PolarCode(256, 8 * (payloadBytes + checkBytes));
export const codedBits = code.length;
const list = 32;

/** The coded bits of a payload under a key. RangeError for a payload that is not 6 bytes. */
export function encodePayload(payload: Uint8Array, key: Uint8Array): Uint8Array {
  if (payload.length !== payloadBytes) throw new RangeError(`a watermark of ${payload.length} bytes, not ${payloadBytes}`);
  return code.encode(bitsOf(concat([payload, check(payload, key)])));
}

/** Chance that a payload is read where there is none: one of the decoder's 32 candidates fits the check of 16 bits. */
export const payloadChance = list * 2 ** (-8 * checkBytes);

/** The payload whose check fits, in soft coded bits (above 0 speaks for 0, in any scale). */
export function decodePayload(soft: ArrayLike<number>, key: Uint8Array): Uint8Array | undefined {
  for (const { bits } of code.decode(soft, list)) {
    const bytes = bytesOf(bits);
    const payload = bytes.subarray(0, payloadBytes);
    const expected = check(payload, key);
    if (bytes.subarray(payloadBytes).every((b, i) => b === expected[i])) return payload;
  }
  return undefined;
}

const check = (payload: Uint8Array, key: Uint8Array): Uint8Array =>
  blake3(concat([utf8("watermark check "), payload]), { key, dkLen: checkBytes });
const bitsOf = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: 8 * bytes.length }, (_, i) => (bytes[i >> 3]! >> (7 - (i & 7))) & 1);
const bytesOf = (bits: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: bits.length / 8 }, (_, i) =>
    bits.subarray(8 * i, 8 * i + 8).reduce((byte, b) => (byte << 1) | b, 0),
  );
