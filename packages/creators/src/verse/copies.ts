import { InksealError } from "@inkseal/core";

/**
 * The lines of the training set as a Bloom filter (Bloom 1970): knows every one of them, and takes few others for one.
 * copies.bin: u32 number of hashes, then the bits.
 */
export interface Copies {
  readonly hashes: number;
  readonly bits: Uint8Array;
}

/** Two independent hashes give all (Kirsch & Mitzenmacher 2006). FNV-1a over code points, from two starts. */
function* places(line: string, { hashes, bits }: Copies): Generator<number> {
  let a = 0x811c9dc5;
  let b = 0x1b873593;
  for (const c of line) {
    const point = c.codePointAt(0)!;
    a = Math.imul(a ^ point, 0x01000193);
    b = Math.imul(b ^ point, 0x85ebca6b);
    b ^= b >>> 15;
  }
  a ^= a >>> 16;
  const size = bits.length * 8;
  for (let i = 0; i < hashes; i++) yield ((a >>> 0) + i * ((b | 1) >>> 0)) % size;
}

export function copiesOf(lines: Iterable<string>, count: number, bitsPerLine: number): Copies {
  const copies = {
    hashes: Math.max(1, Math.round(bitsPerLine * Math.LN2)),
    bits: new Uint8Array(Math.ceil((count * bitsPerLine) / 8)),
  };
  for (const line of lines) for (const at of places(line, copies)) copies.bits[at >> 3]! |= 1 << (at & 7);
  return copies;
}
export function holds(copies: Copies, line: string): boolean {
  for (const at of places(line, copies)) if ((copies.bits[at >> 3]! & (1 << (at & 7))) === 0) return false;
  return true;
}

export function writeCopies({ hashes, bits }: Copies): Uint8Array {
  const file = new Uint8Array(4 + bits.length);
  new DataView(file.buffer).setUint32(0, hashes, true);
  file.set(bits, 4);
  return file;
}
/** Whether a line stands in the training set, by the file; undefined without one. Throws `bad-file`. */
export function readCopies(file: Uint8Array | undefined): ((line: string) => boolean) | undefined {
  if (file === undefined) return undefined;
  if (file.length < 5) throw new InksealError("bad-file", `copies.bin has ${file.length} bytes, too few for its header`);
  const copies = { hashes: new DataView(file.buffer, file.byteOffset).getUint32(0, true), bits: file.subarray(4) };
  return (line) => holds(copies, line);
}
