import { InksealError } from "@inkseal/core";

/** Joins byte arrays into one. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const p of parts) length += p.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

/** Latin-1 characters to bytes: chunk names, magic numbers. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0) & 0xff);
}

/** Bytes to Latin-1 characters. Chunked, because spreading a big array overflows the stack. */
export function fromLatin1(bytes: Uint8Array): string {
  let out = "";
  for (let i = 0; i < bytes.length; i += 8192) out += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return out;
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** UTF-8 bytes to text; undefined when they are not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let different = 0;
  for (let i = 0; i < a.length; i++) different |= (a[i] as number) ^ (b[i] as number);
  return different === 0;
}

/** `file` begins with `magic` at `offset`. */
export function hasAt(file: Uint8Array, offset: number, magic: Uint8Array): boolean {
  return file.length >= offset + magic.length && equalBytes(file.subarray(offset, offset + magic.length), magic);
}

/** The one way every parser here says that bytes are not what they should be. */
export const badFile = (what: string, cause?: unknown): InksealError => new InksealError("bad-file", what, { cause });

/** Lower case, two digits a byte. */
export const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
