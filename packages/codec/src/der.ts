import { badFile, concat, fromLatin1, latin1 } from "./bytes.ts";

/** One element of DER (ITU-T X.690): identifier, length, content. */
export interface Der {
  /** Identifier octet: class, constructed bit and number. Numbers above 30 are not read. */
  readonly tag: number;
  readonly content: Uint8Array;
  /** With identifier and length. */
  readonly bytes: Uint8Array;
}

/** Identifier octets of the universal types. */
export const derTag = {
  ...{ boolean: 0x01, integer: 0x02, bitString: 0x03, octetString: 0x04, null: 0x05, oid: 0x06, utf8: 0x0c },
  ...{ generalizedTime: 0x18, sequence: 0x30, set: 0x31 },
} as const;
/** Constructed, context-specific: `[number]`. */
export const derContext = (number: number): number => 0xa0 | number;

/** The elements that stand one behind another in `bytes`; what is inside them stays unread. Throws `bad-file`. */
export function readDer(bytes: Uint8Array): Der[] {
  const found: Der[] = [];
  for (let at = 0; at < bytes.length; ) {
    const element = readOne(bytes.subarray(at));
    found.push(element);
    at += element.bytes.length;
  }
  return found;
}

/** The elements inside `outer`, which must have this tag. Throws `bad-file`. */
export function insideDer(outer: Der | undefined, tag: number): Der[] {
  if (outer?.tag !== tag) throw badFile(`DER: an element ${tag.toString(16)} is missing`);
  return readDer(outer.content);
}

function readOne(from: Uint8Array): Der {
  const [tag, first] = from;
  if (tag === undefined || first === undefined) throw badFile("DER ends inside an element's head");
  // 0x80 is BER's indefinite length; more than four bytes of length is longer than any file here
  const wide = first < 0x80 ? 0 : first & 0x7f;
  if ((tag & 0x1f) === 0x1f || first === 0x80 || wide > 4) throw badFile("DER: an element's head that is not read here");
  if (from.length < 2 + wide) throw badFile("DER ends inside an element's head");
  let length = wide === 0 ? first : 0;
  for (let i = 0; i < wide; i++) length = length * 256 + (from[2 + i] as number);
  const end = 2 + wide + length;
  if (end > from.length) throw badFile("DER: an element runs past the end");
  return { tag, content: from.subarray(2 + wide, end), bytes: from.subarray(0, end) };
}

/** An element of `parts`, one behind another. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concat(parts);
  const { length } = content;
  if (length < 0x80) return concat([Uint8Array.of(tag, length), content]);
  const wide = length < 0x100 ? 1 : length < 0x10000 ? 2 : length < 0x1000000 ? 3 : 4;
  const head = Uint8Array.from({ length: wide }, (_, i) => (length / 256 ** (wide - 1 - i)) & 0xff);
  return concat([Uint8Array.of(tag, 0x80 | wide), head, content]);
}

/** A whole number from 0 to 2^53 − 1, or big-endian bytes of any positive one. */
export function derInteger(value: number | Uint8Array): Uint8Array {
  let bytes: number[] = typeof value === "number" ? [] : [...value];
  for (let rest = typeof value === "number" ? value : 0; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  bytes = bytes.slice(bytes.findIndex((b) => b !== 0) === -1 ? bytes.length : bytes.findIndex((b) => b !== 0));
  // a leading one bit would make it negative
  if (bytes.length === 0 || (bytes[0] as number) >= 0x80) bytes.unshift(0);
  return der(derTag.integer, Uint8Array.from(bytes));
}

/** An object identifier from its dotted form. */
export function derOid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift(0x80 | (left & 0x7f));
    return groups;
  });
  return der(derTag.oid, Uint8Array.from(bytes));
}

/** The dotted form of an object identifier. Throws `bad-file` for what is none. */
export function oidOf(element: Der | undefined): string {
  if (element?.tag !== derTag.oid || element.content.length === 0 || element.content.length > 64)
    throw badFile("DER: not an object identifier");
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of element.content) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [head = 0, ...rest] = arcs;
  const first = Math.min(2, Math.floor(head / 40));
  return [first, head - first * 40, ...rest].join(".");
}

/** A point in time, `YYYYMMDDhhmmss[.f…]Z`, in milliseconds since 1970. Throws `bad-file`. */
export function timeOf(element: Der | undefined): number {
  const text = element?.tag === derTag.generalizedTime ? fromLatin1(element.content.subarray(0, 40)) : "";
  const [, y, mo, d, h, mi, s, fraction = ""] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d+)?Z$/.exec(text) ?? [];
  const time = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}${fraction.slice(0, 4)}Z`);
  if (Number.isNaN(time)) throw badFile("DER: not a time in UTC");
  return time;
}

/** A point in time to the second, from milliseconds since 1970. */
export const derTime = (time: number): Uint8Array =>
  der(derTag.generalizedTime, latin1(`${new Date(time).toISOString().slice(0, 19).replace(/[-:T]/g, "")}Z`));
