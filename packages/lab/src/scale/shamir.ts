import { InksealError } from "@inkseal/core";
import { randomBytes } from "@noble/hashes/utils.js";

/** `count` secret random bytes. */
export type Entropy = (count: number) => Uint8Array;

/** One holder's part of a secret: the polynomials' values at `x` (1 … 255), as long as the secret. */
export interface Share {
  readonly x: number;
  readonly y: Uint8Array;
}

/**
 * Shamir 1979, byte by byte over GF(2⁸) (AES's field): any `threshold` of the `count` shares (x = 1 … count) give the
 * secret back, fewer say nothing about it. Throws `bad-request` unless 1 ≤ threshold ≤ count ≤ 255.
 */
export function splitSecret(secret: Uint8Array, count: number, threshold: number, entropy: Entropy = randomBytes): Share[] {
  if (!Number.isInteger(count) || !Number.isInteger(threshold) || threshold < 1 || threshold > count || count > 255)
    throw new InksealError("bad-request", `a secret cannot be split into ${count} shares with a threshold of ${threshold}`);
  // coefficients[k] are those of x^k for all bytes
  const coefficients = [secret, ...Array.from({ length: threshold - 1 }, () => entropy(secret.length))];
  return Array.from({ length: count }, (_, i) => {
    const y = new Uint8Array(secret.length);
    for (const coefficient of coefficients.toReversed())
      for (let b = 0; b < y.length; b++) y[b] = times(y[b]!, i + 1) ^ coefficient[b]!; // Horner
    return { x: i + 1, y };
  });
}

/** The secret of `threshold` or more shares. With fewer, or forged ones, the result is meaningless. Throws `bad-request` when two have one x. */
export function joinShares(shares: readonly Share[]): Uint8Array {
  const length = shares[0]?.y.length ?? 0;
  const xs = new Set(shares.map((s) => s.x));
  if (xs.size !== shares.length || shares.length === 0 || xs.has(0) || shares.some((s) => s.y.length !== length))
    throw new InksealError("bad-request", "shares of a secret must have different x above 0 and one length");
  const secret = new Uint8Array(length);
  for (const share of shares) {
    // Lagrange's polynomial of this share at 0; subtraction is xor
    let weight = 1;
    for (const other of shares) if (other !== share) weight = times(weight, over(other.x, other.x ^ share.x));
    for (let b = 0; b < length; b++) secret[b]! ^= times(weight, share.y[b]!);
  }
  return secret;
}

// Products by logarithms to the generator 3, modulo x⁸ + x⁴ + x³ + x + 1 (FIPS 197, section 4.2).
const exp = new Uint8Array(510);
const log = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power++) {
  exp[power] = exp[power + 255] = value;
  log[value] = power;
  value ^= (value << 1) ^ (value & 0x80 ? 0x11b : 0);
}
const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : exp[log[a]! + log[b]!]!);
const over = (a: number, b: number): number => (a === 0 ? 0 : exp[log[a]! + 255 - log[b]!]!);
