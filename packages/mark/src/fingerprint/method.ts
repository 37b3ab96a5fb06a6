/** How pieces of one kind are found again by what they look or sound like. */
export interface Print {
  /** The algorithm, as a C2PA soft binding names it. */
  readonly alg: string;
  /** What is kept of a piece; its layout is the algorithm's own. */
  readonly value: Uint8Array;
}

/** A question to an index of prints. */
export interface Probe {
  readonly alg: string;
  /** Keys of 32 bits, signed: a piece within the limit shares at least one with them. */
  readonly keys: readonly number[];
  /** What it was made of: `Method.ask` makes it again, in another process. */
  readonly asks: readonly Uint8Array[];
  /** 0 (the same) to 1; beyond `limit` it says nothing. */
  distance(value: Uint8Array): number;
}

/** A piece as a method sees it: what is kept of it, and what it asks when it is looked for. */
export interface Seen {
  readonly print: Print;
  readonly probe: Probe;
}

/** What is known of a method's errors, as measured by `bench/mark/recovery.ts`. */
export interface FalseLinks {
  /** Pairs of a foreign piece and a stored one that were within the limit, of `of` pairs compared. */
  readonly found: number;
  readonly of: number;
}

export interface Method {
  readonly alg: string;
  /** Distance up to which a piece counts as linked. */
  readonly limit: number;
  readonly falseLinks: FalseLinks;
  /** Keys under which a stored value is filed. */
  keys(value: Uint8Array): readonly number[];
  /** The question that a stored value itself asks. Undefined for bytes that are no value of this method. */
  probe(value: Uint8Array): Probe | undefined;
  /** A probe by its `asks`. */
  ask(asks: readonly Uint8Array[]): Probe;
}

/** Bits that differ between two values of one length. */
export function bitsApart(a: Uint8Array, b: Uint8Array): number {
  let bits = 0;
  for (let i = 0; i < a.length; i++) bits += ones[(a[i] as number) ^ (b[i] as number)] as number;
  return bits;
}

const ones = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0;
  for (let b = byte; b !== 0; b &= b - 1) count++;
  return count;
});

/** Scrambles 32 bits so that every one of them depends on all: the last step of MurmurHash3 (Appleby, public domain). */
export function mixed(x: number): number {
  let h = x ^ (x >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
