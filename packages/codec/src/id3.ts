import { badFile, concat, fromLatin1, hasAt, latin1, viewOf } from "./bytes.ts";

/** One frame of an ID3v2 tag (id3.org, ID3v2.3.0 and ID3v2.4.0 of 1999 and 2000). */
export interface Id3Frame {
  /** Four characters: `TXXX`, `PRIV`, `GEOB`. */
  readonly id: string;
  /** Status and format flags as they stand; 0 for a frame that was made here. */
  readonly flags: number;
  readonly data: Uint8Array;
  /** Offset of `data` in the file; 0 for a frame that was made here. */
  readonly offset: number;
}

export interface Id3Tag {
  readonly version: 3 | 4;
  readonly frames: readonly Id3Frame[];
}

export interface Id3File {
  /** Undefined when the file begins with something else. */
  readonly tag: Id3Tag | undefined;
  /** What follows the tag: the sound. */
  readonly sound: Uint8Array;
}

const header = 10;
const maxFrames = 10_000;
/** Zeroes behind the last frame: ExifTool takes a tag that ends with its last frame for one with wrong sizes. */
const padding = new Uint8Array(16);
/** Format flags of a version 4 frame: grouped, compressed, encrypted, unsynchronised, with its data's length. */
const v4 = { unsynchronised: 0x02, length: 0x01 } as const;
const tagFlags = { unsynchronised: 0x80, extended: 0x40, footer: 0x10 } as const;

/** 28 bits as 7 bits a byte, so that no byte looks like an MPEG frame. */
const synchsafe = (view: DataView, at: number): number =>
  [0, 1, 2, 3].reduce((n, i) => n * 128 + (view.getUint8(at + i) & 0x7f), 0);

/** The tag at the start of a file and what follows it, as views. Throws `bad-file`, also for ID3v2.2, which nobody writes any more. */
export function parseId3(file: Uint8Array): Id3File {
  if (!hasAt(file, 0, latin1("ID3"))) return { tag: undefined, sound: file };
  if (file.length < header) throw badFile("ID3 ends inside its header");
  const view = viewOf(file);
  const version = view.getUint8(3);
  if (version !== 3 && version !== 4) throw badFile(`ID3v2.${version} is not read here`);
  const flags = view.getUint8(5);
  const end = header + synchsafe(view, 6);
  const soundAt = end + (version === 4 && (flags & tagFlags.footer) !== 0 ? header : 0);
  if (soundAt > file.length) throw badFile("ID3 ends inside its tag");
  const whole = version === 3 && (flags & tagFlags.unsynchronised) !== 0;
  const body = whole ? resynchronised(file.subarray(header, end)) : file.subarray(header, end);
  const frames = framesOf(body, version, (flags & tagFlags.extended) !== 0, whole ? undefined : header);
  return { tag: { version, frames }, sound: file.subarray(soundAt) };
}

function framesOf(body: Uint8Array, version: 3 | 4, extended: boolean, base: number | undefined): Id3Frame[] {
  const view = viewOf(body);
  const size = version === 4 ? synchsafe : (v: DataView, at: number) => v.getUint32(at);
  let at = 0;
  if (extended) {
    if (body.length < 4) throw badFile("ID3 ends inside its extended header");
    // version 3 does not count the size field itself
    at = size(view, 0) + (version === 3 ? 4 : 0);
  }
  const frames: Id3Frame[] = [];
  while (at + header <= body.length && body[at] !== 0) {
    const id = fromLatin1(body.subarray(at, at + 4));
    const length = size(view, at + 4);
    const start = at + header;
    if (!/^[A-Z0-9]{4}$/.test(id) || start + length > body.length)
      throw badFile("ID3: a frame that is none, or runs past the tag");
    if (frames.length >= maxFrames) throw badFile("ID3 with too many frames");
    const offset = base === undefined ? 0 : base + start;
    frames.push({ id, flags: view.getUint16(at + 8), data: body.subarray(start, start + length), offset });
    at = start + length;
  }
  return frames;
}

/** Undoes unsynchronisation: a zero behind 0xff was put there (ID3v2.3.0, 5). */
function resynchronised(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    out[length++] = bytes[i] as number;
    if (bytes[i] === 0xff && bytes[i + 1] === 0) i++;
  }
  return out.subarray(0, length);
}

/** The file again: frames as they stand, little padding, no extended header. RangeError past 256 MiB. */
export function writeId3({ tag, sound }: Id3File): Uint8Array {
  if (tag === undefined) return sound;
  const parts: Uint8Array[] = [];
  for (const { id, flags, data } of tag.frames) {
    const head = new Uint8Array(header);
    const view = viewOf(head);
    head.set(latin1(id));
    if (tag.version === 4) putSynchsafe(view, 4, data.length);
    else view.setUint32(4, data.length);
    view.setUint16(8, flags);
    parts.push(head, data);
  }
  const body = concat([...parts, padding]);
  const head = new Uint8Array(header);
  head.set(latin1("ID3"));
  head[3] = tag.version;
  putSynchsafe(viewOf(head), 6, body.length);
  return concat([head, body, sound]);
}

function putSynchsafe(view: DataView, at: number, value: number): void {
  if (value >= 2 ** 28) throw new RangeError("writeId3: a tag holds less than 256 MiB");
  for (let i = 0; i < 4; i++) view.setUint8(at + i, (value >>> (7 * (3 - i))) & 0x7f);
}

/** The tag, or a new one of version 4, with `frame` last and in place of all for which `replaces` holds. */
export function withId3Frame(file: Id3File, frame: Id3Frame, replaces: (f: Id3Frame) => boolean): Id3File {
  const { version, frames } = file.tag ?? { version: 4, frames: [] };
  return { ...file, tag: { version, frames: [...frames.filter((f) => !replaces(f)), frame] } };
}

const frame = (id: string, data: Uint8Array): Id3Frame => ({ id, flags: 0, data, offset: 0 });

/** User-defined text (4.2.2) in Latin-1. */
export const id3Text = (description: string, value: string): Id3Frame => frame("TXXX", latin1(`\0${description}\0${value}`));

/** Private data (4.27): an owner and bytes. */
export const id3Private = (owner: string, data: Uint8Array): Id3Frame => frame("PRIV", concat([latin1(`${owner}\0`), data]));

/** An encapsulated object (4.15) in Latin-1. */
export const id3Object = (mediaType: string, name: string, description: string, data: Uint8Array): Id3Frame =>
  frame("GEOB", concat([latin1(`\0${mediaType}\0${name}\0${description}\0`), data]));

/** Bytes of a frame without what version 4 may add; undefined when compressed or encrypted. `shift`: how far they begin behind `data`. */
function plain(f: Id3Frame, version: 3 | 4): { readonly data: Uint8Array; readonly shift: number } | undefined {
  const format = f.flags & 0xff;
  if (version === 3) return (format & 0xe0) === 0 ? { data: f.data, shift: 0 } : undefined;
  if ((format & ~(v4.unsynchronised | v4.length)) !== 0) return undefined;
  const shift = (format & v4.length) === 0 ? 0 : 4;
  const data = f.data.subarray(shift);
  // taken apart or not, an object that we did not write there is not at a place of its own in the file
  return { data: (format & v4.unsynchronised) === 0 ? data : resynchronised(data), shift };
}

/** Text frames of a description, decoded. */
export function id3Texts(tag: Id3Tag, description: string): string[] {
  return tag.frames.flatMap((f) => {
    const data = f.id === "TXXX" ? plain(f, tag.version)?.data : undefined;
    if (data === undefined || data.length < 1) return [];
    const [name, value] = split(decoded(data[0] as number, data.subarray(1)));
    return name === description && value !== undefined ? [value.replace(/\0+$/, "")] : [];
  });
}

const split = (text: string): [string, string | undefined] => {
  const nul = text.indexOf("\0");
  return nul < 0 ? [text, undefined] : [text.slice(0, nul), text.slice(nul + 1).replace(/^\uFEFF/, "")];
};

/** Encodings: 0 Latin-1, 1 UTF-16 with mark, 2 UTF-16BE, 3 UTF-8. */
function decoded(encoding: number, bytes: Uint8Array): string {
  if (encoding === 0) return fromLatin1(bytes);
  if (encoding === 3) return new TextDecoder().decode(bytes);
  const little = encoding === 1 && bytes[0] === 0xff;
  const text = new TextDecoder(little ? "utf-16le" : "utf-16be").decode(bytes);
  // the value behind the description has a mark of its own
  return text;
}

/** Private data of an owner. */
export function id3Privates(tag: Id3Tag, owner: string): Uint8Array[] {
  const prefix = latin1(`${owner}\0`);
  return tag.frames.flatMap((f) => {
    const data = f.id === "PRIV" ? plain(f, tag.version)?.data : undefined;
    return data !== undefined && hasAt(data, 0, prefix) ? [data.subarray(prefix.length)] : [];
  });
}

export interface Id3Object {
  readonly frame: Id3Frame;
  readonly mediaType: string;
  readonly data: Uint8Array;
  /** Offset of `data` in the file; undefined when it does not stand there as it is. */
  readonly offset: number | undefined;
}

/** Every encapsulated object that is neither compressed nor encrypted. */
export function id3Objects(tag: Id3Tag): Id3Object[] {
  return tag.frames.flatMap((f) => {
    const bytes = f.id === "GEOB" ? plain(f, tag.version) : undefined;
    if (bytes === undefined || bytes.data.length < 4) return [];
    const { data, shift } = bytes;
    const wide = data[0] === 1 || data[0] === 2;
    const type = data.indexOf(0, 1);
    const name = type < 0 ? -1 : textEnd(data, type + 1, wide);
    const start = name < 0 ? -1 : textEnd(data, name, wide);
    if (start < 0) return [];
    const asIs = f.offset > 0 && data.length + shift === f.data.length;
    return [
      {
        frame: f,
        mediaType: fromLatin1(data.subarray(1, type)),
        data: data.subarray(start),
        offset: asIs ? f.offset + shift + start : undefined,
      },
    ];
  });
}

/** Offset behind the terminator of a text that begins at `at`; −1 without one. */
function textEnd(data: Uint8Array, at: number, wide: boolean): number {
  if (!wide) return data.indexOf(0, at) + 1 || -1;
  for (let i = at; i + 1 < data.length; i += 2) if (data[i] === 0 && data[i + 1] === 0) return i + 2;
  return -1;
}
