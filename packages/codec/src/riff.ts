import { badFile, concat, fromLatin1, hasAt, latin1, viewOf } from "./bytes.ts";

export interface RiffChunk {
  /** FourCC, Latin-1. */
  readonly id: string;
  readonly data: Uint8Array;
  /** Offset of the chunk header in the file; 0 for a chunk that was made here. */
  readonly offset: number;
}

export interface Riff {
  /** Form type: `WAVE`, `WEBP`, `AVI `. */
  readonly form: string;
  readonly chunks: readonly RiffChunk[];
  /** Bytes after the RIFF chunk. */
  readonly trailing: Uint8Array;
}

/**
 * The top-level chunks of a RIFF file, as views. Sizes that point past the end of the file are cut to it: streamed
 * WAV files carry 0xffffffff or 0 where the length was not known yet. Throws `bad-file` when it is no RIFF file.
 */
export function parseRiff(file: Uint8Array): Riff {
  if (file.length < 12 || !hasAt(file, 0, latin1("RIFF"))) throw badFile("not a RIFF file");
  const view = viewOf(file);
  const declared = view.getUint32(4, true);
  // 0 and lengths past the end mean "unknown": read to the end
  const end = declared < 4 || declared + 8 > file.length ? file.length : declared + 8;
  const chunks: RiffChunk[] = [];
  let at = 12;
  while (at + 8 <= end) {
    const size = Math.min(view.getUint32(at + 4, true), end - at - 8);
    chunks.push({ id: fromLatin1(file.subarray(at, at + 4)), data: file.subarray(at + 8, at + 8 + size), offset: at });
    at += 8 + size + (size & 1);
  }
  return { form: fromLatin1(file.subarray(8, 12)), chunks, trailing: file.subarray(Math.min(Math.max(at, end), file.length)) };
}

/** The file of a chunk list, with right sizes and even padding. RangeError past 4 GiB. */
export function writeRiff(riff: Riff): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 4;
  for (const { id, data } of riff.chunks) {
    const head = new Uint8Array(8);
    head.set(latin1(id));
    viewOf(head).setUint32(4, data.length, true);
    parts.push(head, data);
    if (data.length & 1) parts.push(Uint8Array.of(0));
    length += 8 + data.length + (data.length & 1);
  }
  if (length > 0xffffffff) throw new RangeError("writeRiff: a RIFF file holds at most 4 GiB");
  const head = new Uint8Array(12);
  head.set(latin1("RIFF"));
  viewOf(head).setUint32(4, length, true);
  head.set(latin1(riff.form), 8);
  return concat([head, ...parts, riff.trailing]);
}

/** The same file with one chunk `id`: in place of all that had it, right after `after` when there is such a chunk, else last. */
export function withRiffChunk(riff: Riff, id: string, data: Uint8Array, after?: string): Riff {
  const chunks = riff.chunks.filter((c) => c.id !== id);
  const index = after === undefined ? -1 : chunks.findIndex((c) => c.id === after);
  chunks.splice(index < 0 ? chunks.length : index + 1, 0, { id, data, offset: 0 });
  return { ...riff, chunks };
}
