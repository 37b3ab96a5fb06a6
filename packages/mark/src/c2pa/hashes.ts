import { concat } from "@inkseal/codec";
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import type { Place } from "./container.ts";

/** Hash algorithms of C2PA 2.2, 13.1. */
const hashes = { sha256, sha384, sha512 } as const;
export type HashName = keyof typeof hashes;
export const isHashName = (name: unknown): name is HashName => typeof name === "string" && name in hashes;

/** C2PA 2.2, 8.4.2.3: the hash covers a superbox without its header. `payload` is the box after those 8 bytes. */
export const hashPayload = (payload: Uint8Array, alg: HashName = "sha256"): Uint8Array => hashes[alg](payload);

const known = new WeakMap<Uint8Array, Map<HashName, Uint8Array>>();
/** `hashPayload`, once for each array: a store can name one large box ten thousand times. */
export function hashOnce(payload: Uint8Array, alg: HashName = "sha256"): Uint8Array {
  const hashed = known.get(payload) ?? new Map<HashName, Uint8Array>();
  known.set(payload, hashed);
  const hash = hashed.get(alg) ?? hashPayload(payload, alg);
  hashed.set(alg, hash);
  return hash;
}

/**
 * Digest of `file` without the ranges, which must be sorted, disjoint and inside it: undefined when they are not.
 * WebCrypto, because files are large and JavaScript is ten times slower.
 */
export async function hashExcluding(
  file: Uint8Array,
  ranges: readonly Place[],
  alg: HashName = "sha256",
): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const { start, length } of ranges) {
    if (start < at || length < 0 || start + length > file.length) return undefined;
    parts.push(file.subarray(at, start));
    at = start + length;
  }
  parts.push(file.subarray(at));
  return digest(concat(parts), alg);
}

export async function digest(bytes: Uint8Array, alg: HashName = "sha256"): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest(`SHA-${alg.slice(3)}`, bytes as BufferSource));
}
