import { hash } from "node:crypto";

/** What the first row's `prev` is. */
export const genesis = "0".repeat(64);

/** SHA-256, hex, over the UTF-8 of `seq`, `prev` and the record's canonical JSON, one a line. */
export function rowHash(seq: number, prev: string, record: string): string {
  return hash("sha256", `${seq}\n${prev}\n${record}`);
}

/**
 * A value as its look-up column holds it: without what would break the batch's lines or is not text to PostgreSQL
 * (lone surrogates).
 */
export function columnOf(value: string): string {
  return /[\0\n\p{Cs}]/u.test(value) ? value.replace(/[\0\n\p{Cs}]/gu, " ") : value;
}

/** The look-up column of an output digest: 64 bits are enough to find it, the record settles it. */
export const outputKeyOf = (digest: string): string => columnOf(digest.slice(0, 16));
