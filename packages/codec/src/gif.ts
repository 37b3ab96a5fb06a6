import { badFile, concat, fromLatin1, hasAt, latin1 } from "./bytes.ts";

/** One block behind the colour table (GIF89a, W3C note of 1990): an image, an extension, or the trailer. */
export interface GifBlock {
  readonly kind: "image" | "extension" | "trailer";
  /** Label of an extension: 0xff application, 0xf9 graphic control, 0xfe comment. */
  readonly label: number | undefined;
  /** Application identifier and authentication code, 11 characters, of an application extension. */
  readonly application: string | undefined;
  /** The whole block as it stands in the file. */
  readonly bytes: Uint8Array;
  /** Offset of `bytes` in the file; 0 for a block that was made here. */
  readonly offset: number;
}

export interface Gif {
  /** Header, logical screen and global colour table. */
  readonly preamble: Uint8Array;
  /** Up to and with the trailer. */
  readonly blocks: readonly GifBlock[];
  readonly trailing: Uint8Array;
}

const maxBlocks = 1_000_000;
const tableBytes = (packed: number): number => ((packed & 0x80) === 0 ? 0 : 3 * 2 ** ((packed & 7) + 1));

/** The blocks of a GIF, as views. Throws `bad-file`. */
export function parseGif(file: Uint8Array): Gif {
  if (!hasAt(file, 0, latin1("GIF87a")) && !hasAt(file, 0, latin1("GIF89a"))) throw badFile("not a GIF");
  if (file.length < 13) throw badFile("GIF ends inside its header");
  const preamble = file.subarray(0, 13 + tableBytes(file[10] as number));
  const blocks: GifBlock[] = [];
  for (let at = preamble.length; blocks.length < maxBlocks; ) {
    const { end, ...block } = blockAt(file, at);
    blocks.push(block);
    at = end;
    if (block.kind === "trailer") return { preamble, blocks, trailing: file.subarray(at) };
  }
  throw badFile("GIF with too many blocks");
}

function blockAt(file: Uint8Array, at: number): GifBlock & { end: number } {
  const introducer = file[at];
  const make = (kind: GifBlock["kind"], end: number, label?: number, application?: string) => {
    if (end > file.length) throw badFile("GIF ends inside a block");
    return { kind, label, application, bytes: file.subarray(at, end), offset: at, end };
  };
  if (introducer === 0x3b) return make("trailer", at + 1);
  if (introducer === 0x2c) {
    if (at + 10 > file.length) throw badFile("GIF ends inside a block");
    // descriptor, local colour table, LZW code size, then data
    return make("image", subBlocksEnd(file, at + 10 + tableBytes(file[at + 9] as number) + 1));
  }
  if (introducer !== 0x21) throw badFile("GIF: a block was expected");
  const label = file[at + 1];
  const application =
    label === 0xff && file[at + 2] === 11 && at + 14 <= file.length ? fromLatin1(file.subarray(at + 3, at + 14)) : undefined;
  return make("extension", subBlocksEnd(file, at + 2), label, application);
}

/** Offset behind the terminator of a run of sub-blocks (length, bytes) that begins at `at`. */
function subBlocksEnd(file: Uint8Array, at: number): number {
  let next = at;
  for (;;) {
    const size = file[next];
    if (size === undefined) throw badFile("GIF ends inside a block");
    next += 1 + size;
    if (size === 0) return next;
  }
}

/** The file of a block list; extensions need version 89a. */
export function writeGif(gif: Gif): Uint8Array {
  const preamble = gif.preamble.slice();
  if (gif.blocks.some((b) => b.kind === "extension")) preamble.set(latin1("89a"), 3);
  return concat([preamble, ...gif.blocks.map((b) => b.bytes), gif.trailing]);
}

const application = (name: string, content: readonly Uint8Array[]): GifBlock => {
  const bytes = concat([Uint8Array.of(0x21, 0xff, 11), latin1(name), ...content]);
  return { kind: "extension", label: 0xff, application: name, bytes, offset: 0 };
};

/** An application extension with `data` in sub-blocks of at most 255 bytes. */
export function gifApplication(name: string, data: Uint8Array): GifBlock {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += 255) {
    const part = data.subarray(at, at + 255);
    parts.push(Uint8Array.of(part.length), part);
  }
  return application(name, [...parts, Uint8Array.of(0)]);
}

/** Data of an application extension's sub-blocks. */
export function gifApplicationData({ bytes }: GifBlock): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 14; at < bytes.length; at += 1 + (bytes[at] as number)) {
    parts.push(bytes.subarray(at + 1, at + 1 + (bytes[at] as number)));
  }
  return concat(parts);
}

const xmpName = "XMP DataXMP";
/** XMP part 3, 1.1.2: 0x01, then 0xff down to 0x00, so that whatever byte of the packet is taken for a length, the end is found. */
const xmpTrailer = Uint8Array.from({ length: 257 }, (_, i) => (i === 0 ? 1 : 256 - i));

/** The packet stands raw where sub-blocks would be. */
export const gifXmp = (packet: Uint8Array): GifBlock => application(xmpName, [packet, xmpTrailer, Uint8Array.of(0)]);

/** Packet of an XMP extension; undefined for any other block. */
export function gifXmpPacket(block: GifBlock): Uint8Array | undefined {
  if (block.application !== xmpName) return undefined;
  const raw = block.bytes.subarray(14, -1);
  const packet = raw.length - xmpTrailer.length;
  // some writers use proper sub-blocks instead
  return packet > 0 && hasAt(raw, packet, xmpTrailer) ? raw.subarray(0, packet) : gifApplicationData(block);
}
