import { badFile, concat, hasAt, latin1, viewOf } from "./bytes.ts";

/** One metadata block (RFC 9639, 8.1). */
export interface FlacBlock {
  /** 0 stream info, 1 padding, 3 seek table, 4 Vorbis comment, 6 picture. */
  readonly type: number;
  readonly data: Uint8Array;
}

export interface Flac {
  readonly blocks: readonly FlacBlock[];
  readonly frames: Uint8Array;
}

const magic = latin1("fLaC");

/** The metadata blocks of a FLAC stream, as views. Throws `bad-file`. */
export function parseFlac(file: Uint8Array): Flac {
  if (!hasAt(file, 0, magic)) throw badFile("not a FLAC stream");
  const view = viewOf(file);
  const blocks: FlacBlock[] = [];
  for (let at = 4; ; ) {
    if (at + 4 > file.length) throw badFile("FLAC ends inside a block header");
    const head = view.getUint32(at);
    const end = at + 4 + (head & 0xffffff);
    if (end > file.length) throw badFile("FLAC ends inside a block");
    const type = (head >>> 24) & 0x7f;
    if (type === 127 || (blocks.length === 0) !== (type === 0)) throw badFile("FLAC does not begin with its stream info");
    blocks.push({ type, data: file.subarray(at + 4, end) });
    at = end;
    if (head >>> 31 === 1) return { blocks, frames: file.subarray(at) };
  }
}

/** The stream of a block list. RangeError for a block over 16 MiB. */
export function writeFlac({ blocks, frames }: Flac): Uint8Array {
  const parts: Uint8Array[] = [magic];
  for (const [i, { type, data }] of blocks.entries()) {
    if (data.length > 0xffffff) throw new RangeError("writeFlac: a block holds less than 16 MiB");
    const head = new Uint8Array(4);
    viewOf(head).setUint32(0, data.length | (type << 24) | (i === blocks.length - 1 ? 0x80000000 : 0));
    parts.push(head, data);
  }
  return concat([...parts, frames]);
}
