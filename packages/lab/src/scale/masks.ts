import { chacha20, xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Entropy } from "./shamir.ts";

/** Words of key stream that are made at once. */
const stride = 1 << 14;
const zeros = new Uint8Array(stride * 4);
const nonce = new Uint8Array(12); // every seed is used for one mask

/**
 * Adds (sign 1) or takes away (sign -1) the mask of a 32-byte seed, modulo 2³²: the little-endian words of the ChaCha20 key
 * stream (RFC 8439) of that key, nonce 0, from block 0.
 */
export function addMask(values: Uint32Array, seed: Uint8Array, sign: 1 | -1): void {
  const bytes = new Uint8Array(stride * 4);
  const words = new Uint32Array(bytes.buffer);
  for (let at = 0; at < values.length; at += stride) {
    const length = Math.min(stride, values.length - at);
    chacha20(seed, nonce, zeros.subarray(0, length * 4), bytes.subarray(0, length * 4), (at * 4) / 64);
    if (sign === 1) for (let i = 0; i < length; i++) values[at + i]! += words[i]!;
    else for (let i = 0; i < length; i++) values[at + i]! -= words[i]!;
  }
}

/** What two participants share and nobody else knows: 32 bytes for `purpose` in this session, by X25519 and HKDF-SHA256. */
export function pairKey(
  secretKey: Uint8Array,
  publicKey: Uint8Array,
  session: Uint8Array,
  purpose: "mask" | "seal",
): Uint8Array {
  return hkdf(sha256, x25519.getSharedSecret(secretKey, publicKey), session, utf8ToBytes(`inkseal secure sum ${purpose}`), 32);
}

/** XChaCha20-Poly1305 under a key of `pairKey`, with who seals for whom (positions in the roster) as associated data. */
export function seal(key: Uint8Array, from: number, to: number, plain: Uint8Array, entropy: Entropy): Uint8Array {
  const iv = entropy(24);
  return concatBytes(iv, xchacha20poly1305(key, iv, Uint8Array.of(from, to)).encrypt(plain));
}
/** Throws when it was not sealed by that key for these two. */
export function unseal(key: Uint8Array, from: number, to: number, sealed: Uint8Array): Uint8Array {
  return xchacha20poly1305(key, sealed.subarray(0, 24), Uint8Array.of(from, to)).decrypt(sealed.subarray(24));
}
