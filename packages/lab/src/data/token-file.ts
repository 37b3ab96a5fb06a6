/**
 * `.tokens`: a text as token ids, ready to be cut into windows without reading it whole. Little-endian:
 * offset 0 "INKTOKEN", 8 u16 version (1), 10 u16 bytes of an id (2 or 4), 12 u32 vocabulary (every id is below it),
 * 16 u64 count, 24 the ids.
 */
import { InksealError } from "@inkseal/core";

/** Token ids by position: a whole file in memory, a file on disk, or a part of either. */
export interface TokenSource {
  /** Tokens in all. */
  readonly length: number;
  /** The `count` ids from `start` on, to be read at once: the next call may use the same memory. Throws `bad-request` beyond the ends. */
  slice(start: number, count: number): ArrayLike<number>;
}

export interface TokenHeader {
  readonly bytesPerId: 2 | 4;
  readonly vocab: number;
  readonly count: number;
}

export const tokenHeaderBytes = 24;
const magic = "INKTOKEN";

/** Two bytes an id while the vocabulary allows it. */
export const bytesPerId = (vocab: number): 2 | 4 => (vocab <= 0x1_0000 ? 2 : 4);

/** Writes a header of 24 bytes. */
export function tokenHeader({ bytesPerId, vocab, count }: TokenHeader): Uint8Array {
  const bytes = new Uint8Array(tokenHeaderBytes);
  bytes.set(new TextEncoder().encode(magic));
  const view = new DataView(bytes.buffer);
  view.setUint16(8, 1, true);
  view.setUint16(10, bytesPerId, true);
  view.setUint32(12, vocab, true);
  view.setBigUint64(16, BigInt(count), true);
  return bytes;
}

/** Reads the header of a file of `size` bytes. Throws `bad-file` when it is none or the size does not fit it. */
export function readTokenHeader(bytes: Uint8Array, size: number): TokenHeader {
  const bad = (message: string) => new InksealError("bad-file", `not a sound .tokens file: ${message}`);
  if (bytes.length < tokenHeaderBytes) throw bad(`it has ${bytes.length} bytes, fewer than its header's ${tokenHeaderBytes}`);
  if (new TextDecoder("latin1").decode(bytes.subarray(0, 8)) !== magic) throw bad(`it does not start with ${magic}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const version = view.getUint16(8, true);
  if (version !== 1) throw bad(`its version is ${version}; the Lab reads version 1`);
  const bytesPerId = view.getUint16(10, true);
  if (bytesPerId !== 2 && bytesPerId !== 4) throw bad(`its ids have ${bytesPerId} bytes instead of 2 or 4`);
  const count = Number(view.getBigUint64(16, true));
  if (size !== tokenHeaderBytes + count * bytesPerId)
    throw bad(`${count} ids of ${bytesPerId} bytes do not make ${size} bytes: it was cut off, or never finished`);
  return { bytesPerId, vocab: view.getUint32(12, true), count };
}

/** A whole `.tokens` file in memory. Throws `bad-file`. */
export function readTokenFile(bytes: Uint8Array): TokenSource & { readonly vocab: number } {
  const { bytesPerId, vocab } = readTokenHeader(bytes, bytes.length);
  const ids = new Uint8Array(bytes.subarray(tokenHeaderBytes)).buffer;
  return { ...memoryTokens(bytesPerId === 2 ? new Uint16Array(ids) : new Uint32Array(ids)), vocab };
}

/** Ids as a `.tokens` file. Throws `bad-request` for an id that is not in [0, vocab). */
export function writeTokenFile(ids: ArrayLike<number>, vocab: number): Uint8Array {
  const header = tokenHeader({ bytesPerId: bytesPerId(vocab), vocab, count: ids.length });
  const body = packIds(ids, vocab);
  const file = new Uint8Array(header.length + body.length);
  file.set(header);
  file.set(body, header.length);
  return file;
}

/** Ids as the file's bytes after its header. Throws `bad-request` for an id that is not in [0, vocab). */
export function packIds(ids: ArrayLike<number>, vocab: number): Uint8Array {
  const packed = bytesPerId(vocab) === 2 ? new Uint16Array(ids.length) : new Uint32Array(ids.length);
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if (!(id >= 0 && id < vocab && Number.isInteger(id)))
      throw new InksealError("bad-request", `token ${id} is not in the vocabulary of ${vocab}`);
    packed[i] = id;
  }
  return new Uint8Array(packed.buffer);
}

/** Ids in memory as a source. */
export function memoryTokens(ids: Uint16Array | Uint32Array): TokenSource {
  return {
    length: ids.length,
    slice(start, count) {
      checkRange(start, count, ids.length);
      return ids.subarray(start, start + count);
    },
  };
}

/** A part of a source: `count` tokens from `start` on. Throws `bad-request` beyond the ends. */
export function tokenRange(source: TokenSource, start: number, count: number): TokenSource {
  checkRange(start, count, source.length);
  return {
    length: count,
    slice(from, n) {
      checkRange(from, n, count);
      return source.slice(start + from, n);
    },
  };
}

/** Throws `bad-request` when [start, start + count) is not inside [0, length). */
export function checkRange(start: number, count: number, length: number): void {
  if (!Number.isInteger(start) || !Number.isInteger(count) || start < 0 || count < 0 || start + count > length)
    throw new InksealError("bad-request", `tokens ${start} to ${start + count} are not all in a source of ${length}`);
}
