import { badFile, concat, fromLatin1, hasAt, latin1, utf8, viewOf } from "./bytes.ts";
import { inflateUpTo } from "./inflate.ts";

/** PNG, third edition (W3C, 2025), clause 5: signature, then chunks of length, type, data, CRC. */
const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

export interface PngChunk {
  /** Four Latin-1 letters. */
  readonly type: string;
  readonly data: Uint8Array;
  /** The whole chunk as it stands in the file: 4 length, 4 type, data, 4 CRC. */
  readonly bytes: Uint8Array;
  /** Offset of `bytes` in the file; 0 for a chunk that was made here. */
  readonly offset: number;
  readonly crcOk: boolean;
}

export interface Png {
  readonly chunks: readonly PngChunk[];
  /** Whatever follows IEND. */
  readonly trailing: Uint8Array;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** CRC-32 (ISO 3309), as PNG and zip use it. */
export function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) c = (crcTable[(c ^ (bytes[i] as number)) & 0xff] as number) ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/**
 * The chunks of a PNG, as views on `file`. A wrong CRC is reported per chunk; anything that leaves the chunk list
 * unclear (truncation, no IHDR first, no IEND) throws `bad-file`.
 */
export function parsePng(file: Uint8Array): Png {
  if (!hasAt(file, 0, signature)) throw badFile("not a PNG: signature missing");
  const view = viewOf(file);
  const chunks: PngChunk[] = [];
  for (let at = 8; ; ) {
    if (at + 12 > file.length) throw badFile("PNG ends inside a chunk header");
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > file.length) throw badFile("PNG ends inside a chunk");
    const type = fromLatin1(file.subarray(at + 4, at + 8));
    if (chunks.length === 0 && (type !== "IHDR" || length !== 13)) throw badFile("PNG does not begin with IHDR");
    chunks.push({
      type,
      data: file.subarray(at + 8, end - 4),
      bytes: file.subarray(at, end),
      offset: at,
      crcOk: view.getUint32(end - 4) === crc32(file.subarray(at + 4, end - 4)),
    });
    at = end;
    if (type === "IEND") return { chunks, trailing: file.subarray(at) };
  }
}

/** A new chunk with its CRC. */
export function pngChunk(type: string, data: Uint8Array): PngChunk {
  const bytes = new Uint8Array(data.length + 12);
  const view = viewOf(bytes);
  view.setUint32(0, data.length);
  bytes.set(latin1(type), 4);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, crc32(bytes.subarray(4, data.length + 8)));
  return { type, data: bytes.subarray(8, data.length + 8), bytes, offset: 0, crcOk: true };
}

/** The file of a chunk list. Chunks that were parsed are written back byte for byte. */
export function writePng(png: Png): Uint8Array {
  return concat([signature, ...png.chunks.map((c) => c.bytes), png.trailing]);
}

/** The same picture with `chunk` right after IHDR, in place of every chunk for which `replaces` holds. */
export function withPngChunk(png: Png, chunk: PngChunk, replaces: (c: PngChunk) => boolean): Png {
  const kept = png.chunks.filter((c) => !replaces(c));
  return { chunks: [kept[0] as PngChunk, chunk, ...kept.slice(1)], trailing: png.trailing };
}

/** An uncompressed iTXt chunk (clause 11.3.3.4) without language or translated keyword. */
export function itxtChunk(keyword: string, text: string): PngChunk {
  return pngChunk("iTXt", concat([latin1(keyword), Uint8Array.of(0, 0, 0, 0, 0), utf8(text)]));
}

const maxText = 4 * 1024 * 1024;

/** Keyword and text bytes of a tEXt, zTXt or iTXt chunk; undefined for any other, malformed, or over 4 MiB unpacked. */
export function pngText(chunk: PngChunk): { readonly keyword: string; readonly text: Uint8Array } | undefined {
  const { type, data } = chunk;
  if (type !== "tEXt" && type !== "zTXt" && type !== "iTXt") return undefined;
  const nul = data.indexOf(0);
  if (nul < 1 || nul > 79) return undefined;
  const keyword = fromLatin1(data.subarray(0, nul));
  if (type === "tEXt") return { keyword, text: data.subarray(nul + 1) };
  // compression method 0 is zlib, the only one
  if (type === "zTXt") return data[nul + 1] === 0 ? unpacked(keyword, data.subarray(nul + 2)) : undefined;
  const language = data.indexOf(0, nul + 3);
  const translated = language < 0 ? -1 : data.indexOf(0, language + 1);
  if (translated < 0) return undefined;
  const text = data.subarray(translated + 1);
  if (data[nul + 1] === 0) return { keyword, text };
  return data[nul + 1] === 1 && data[nul + 2] === 0 ? unpacked(keyword, text) : undefined;
}

function unpacked(keyword: string, data: Uint8Array): { readonly keyword: string; readonly text: Uint8Array } | undefined {
  try {
    return { keyword, text: inflateUpTo(data, maxText) };
  } catch {
    return undefined;
  }
}
