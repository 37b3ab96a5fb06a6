import { badFile, concat, equalBytes, fromUtf8, utf8, viewOf } from "./bytes.ts";

/** A tagged item (RFC 8949, 3.4): 18 is COSE_Sign1, 0 a date-time string. */
export class Tagged {
  readonly tag: number;
  readonly value: Cbor;
  constructor(tag: number, value: Cbor) {
    this.tag = tag;
    this.value = value;
  }
}

/** What is encoded and decoded. Maps decode to `Map`; plain objects may be given to the encoder. */
export type Cbor =
  | number
  | bigint
  | string
  | boolean
  | null
  | undefined
  | Uint8Array
  | Tagged
  | readonly Cbor[]
  | ReadonlyMap<Cbor, Cbor>
  | { readonly [key: string]: Cbor };

/**
 * Core deterministic encoding (RFC 8949, 4.2.1): shortest heads, definite lengths, map keys in bytewise order of
 * their encodings. Non-integer numbers are 64-bit floats.
 * @example encodeCbor({ alg: "sha256", pad: new Uint8Array(4) })
 */
export function encodeCbor(value: Cbor): Uint8Array {
  const parts: Uint8Array[] = [];
  put(value, parts);
  return concat(parts);
}

function head(major: number, n: number | bigint): Uint8Array {
  const m = major << 5;
  const v = BigInt(n);
  if (v < 24n) return Uint8Array.of(m | Number(v));
  const bytes = v < 0x100n ? 1 : v < 0x10000n ? 2 : v < 0x100000000n ? 4 : 8;
  const out = new Uint8Array(1 + bytes);
  out[0] = m | (24 + [1, 2, 4, 8].indexOf(bytes));
  const view = viewOf(out);
  if (bytes === 1) out[1] = Number(v);
  else if (bytes === 2) view.setUint16(1, Number(v));
  else if (bytes === 4) view.setUint32(1, Number(v));
  else view.setBigUint64(1, v);
  return out;
}

function put(value: Cbor, parts: Uint8Array[]): void {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    const out = new Uint8Array(9);
    out[0] = 0xfb;
    viewOf(out).setFloat64(1, value);
    parts.push(out);
  } else if (typeof value === "number" || typeof value === "bigint") {
    parts.push(value < 0 ? head(1, -1n - BigInt(value)) : head(0, value));
  } else if (typeof value === "string") {
    const bytes = utf8(value);
    parts.push(head(3, bytes.length), bytes);
  } else if (value instanceof Uint8Array) parts.push(head(2, value.length), value);
  else if (value === false) parts.push(Uint8Array.of(0xf4));
  else if (value === true) parts.push(Uint8Array.of(0xf5));
  else if (value === null) parts.push(Uint8Array.of(0xf6));
  else if (value === undefined) parts.push(Uint8Array.of(0xf7));
  else if (value instanceof Tagged) {
    parts.push(head(6, value.tag));
    put(value.value, parts);
  } else if (Array.isArray(value)) {
    parts.push(head(4, value.length));
    for (const item of value as readonly Cbor[]) put(item, parts);
  } else {
    const entries = value instanceof Map ? [...value] : Object.entries(value as { [key: string]: Cbor });
    const encoded = entries.map(([k, v]) => [encodeCbor(k as Cbor), v as Cbor] as const).sort(([a], [b]) => compareBytes(a, b));
    for (let i = 1; i < encoded.length; i++) {
      if (equalBytes((encoded[i - 1] as (typeof encoded)[0])[0], (encoded[i] as (typeof encoded)[0])[0]))
        throw new RangeError("encodeCbor: the same map key twice");
    }
    parts.push(head(5, encoded.length));
    for (const [k, v] of encoded) {
      parts.push(k);
      put(v, parts);
    }
  }
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  }
  return a.length - b.length;
}

const maxDepth = 32;
const maxItems = 100_000;

/**
 * Decodes one item that fills `bytes`. Strict about bounds, lenient about style (indefinite lengths are read).
 * Integers beyond 2⁵³ become bigint. Throws `bad-file` on anything malformed, deeper than 32 or of more than 100,000 items.
 */
export function decodeCbor(bytes: Uint8Array): Cbor {
  const view = viewOf(bytes);
  let at = 0;
  let items = 0;
  const need = (n: number): void => {
    if (n > bytes.length - at) throw badFile("CBOR ends inside an item");
  };
  const argument = (info: number): number | bigint => {
    if (info < 24) return info;
    const size = info === 24 ? 1 : info === 25 ? 2 : info === 26 ? 4 : info === 27 ? 8 : 0;
    if (size === 0) throw badFile("CBOR: reserved additional information");
    need(size);
    at += size;
    if (size === 1) return view.getUint8(at - 1);
    if (size === 2) return view.getUint16(at - 2);
    if (size === 4) return view.getUint32(at - 4);
    const big = view.getBigUint64(at - 8);
    return big <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(big) : big;
  };
  const count = (info: number): number => {
    const n = argument(info);
    if (typeof n === "bigint" || n > bytes.length - at) throw badFile("CBOR: a length runs past the end");
    return n;
  };
  const atBreak = (): boolean => {
    need(1);
    if (bytes[at] !== 0xff) return false;
    at++;
    return true;
  };
  const text = (raw: Uint8Array): string => {
    const s = fromUtf8(raw);
    if (s === undefined) throw badFile("CBOR: text is not UTF-8");
    return s;
  };
  const pieces = (major: number): Uint8Array => {
    const parts: Uint8Array[] = [];
    while (!atBreak()) {
      const first = bytes[at++] as number;
      if (first >> 5 !== major || (first & 31) === 31) throw badFile("CBOR: bad piece of an indefinite string");
      const n = count(first & 31);
      parts.push(bytes.subarray(at, at + n));
      at += n;
    }
    return concat(parts);
  };
  const item = (depth: number): Cbor => {
    if (depth > maxDepth || ++items > maxItems) throw badFile("CBOR: nested too deep or too many items");
    need(1);
    const first = bytes[at++] as number;
    const major = first >> 5;
    const info = first & 31;
    if (major === 0) return argument(info);
    if (major === 1) {
      const n = argument(info);
      return typeof n === "number" && n < Number.MAX_SAFE_INTEGER ? -1 - n : -1n - BigInt(n);
    }
    if (major === 2 || major === 3) {
      let raw: Uint8Array;
      if (info === 31) raw = pieces(major);
      else {
        const n = count(info);
        raw = bytes.subarray(at, at + n);
        at += n;
      }
      return major === 2 ? raw : text(raw);
    }
    if (major === 4) {
      const out: Cbor[] = [];
      if (info === 31) while (!atBreak()) out.push(item(depth + 1));
      else for (let n = count(info); n > 0; n--) out.push(item(depth + 1));
      return out;
    }
    if (major === 5) {
      const out = new Map<Cbor, Cbor>();
      const entry = (): void => {
        const key = item(depth + 1);
        if (typeof key !== "string" && typeof key !== "number" && typeof key !== "bigint")
          throw badFile("CBOR: a map key that is neither text nor integer");
        if (out.has(key)) throw badFile("CBOR: the same map key twice");
        out.set(key, item(depth + 1));
      };
      if (info === 31) while (!atBreak()) entry();
      else for (let n = count(info); n > 0; n--) entry();
      return out;
    }
    if (major === 6) {
      const tag = argument(info);
      if (typeof tag === "bigint") throw badFile("CBOR: tag out of range");
      return new Tagged(tag, item(depth + 1));
    }
    if (info === 20) return false;
    if (info === 21) return true;
    if (info === 22) return null;
    if (info === 23) return undefined;
    if (info === 25) {
      need(2);
      at += 2;
      return half(view.getUint16(at - 2));
    }
    if (info === 26) {
      need(4);
      at += 4;
      return view.getFloat32(at - 4);
    }
    if (info === 27) {
      need(8);
      at += 8;
      return view.getFloat64(at - 8);
    }
    throw badFile("CBOR: unknown simple value");
  };
  const value = item(0);
  if (at !== bytes.length) throw badFile("CBOR: bytes after the item");
  return value;
}

/**
 * The bytes of one value in a map that `decodeCbor` accepted, as they stand: a signature over a part of a document covers how that part was
 * written. Undefined without such a key. Throws `bad-file`.
 */
export function rawCborValue(bytes: Uint8Array, key: string): Uint8Array | undefined {
  const first = bytes[0] ?? 0;
  if (first >> 5 !== 5) return undefined;
  let at = headEnd(bytes, 0);
  while (at < bytes.length && bytes[at] !== 0xff) {
    const value = itemEnd(bytes, at, 0);
    const end = itemEnd(bytes, value, 0);
    if (decodeCbor(bytes.subarray(at, value)) === key) return bytes.subarray(value, end);
    at = end;
  }
  return undefined;
}

const headEnd = (bytes: Uint8Array, at: number): number => {
  const info = (bytes[at] ?? 0) & 31;
  return at + 1 + (info < 24 || info === 31 ? 0 : 2 ** (info - 24));
};

/** Where the item that begins at `at` ends. */
function itemEnd(bytes: Uint8Array, at: number, depth: number): number {
  const first = bytes[at];
  if (first === undefined || depth > maxDepth) throw badFile("CBOR ends inside an item");
  const [major, info] = [first >> 5, first & 31];
  let end = headEnd(bytes, at);
  if (end > bytes.length) throw badFile("CBOR ends inside an item");
  if (major < 2 || major === 7) return end;
  if (major === 6) return itemEnd(bytes, end, depth + 1);
  if (info === 31) {
    while (bytes[end] !== 0xff) end = itemEnd(bytes, end, depth + 1);
    return end + 1;
  }
  let count = info;
  if (info >= 24) count = bytes.subarray(at + 1, end).reduce((n, b) => n * 256 + b, 0);
  if (major < 4) return end + count;
  for (let left = major === 5 ? 2 * count : count; left > 0; left--) end = itemEnd(bytes, end, depth + 1);
  return end;
}

/** IEEE 754 binary16 (RFC 8949, appendix D). */
function half(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const magnitude =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent === 31
        ? fraction
          ? Number.NaN
          : Infinity
        : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -magnitude : magnitude;
}
