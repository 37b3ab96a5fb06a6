import { badFile, concat, fromUtf8, utf8, viewOf } from "./bytes.ts";

/** A Vorbis comment (Vorbis I, 5.2.1), as FLAC, Ogg Vorbis and Opus carry it; without the framing bit. */
export interface VorbisComment {
  readonly vendor: Uint8Array;
  /** `NAME=value`; names are ASCII and compare without case. */
  readonly fields: readonly Uint8Array[];
  /** What follows the fields: Vorbis's framing bit, Opus's padding. */
  readonly rest: Uint8Array;
}

/** Throws `bad-file`. */
export function parseVorbisComment(bytes: Uint8Array): VorbisComment {
  const view = viewOf(bytes);
  let at = 0;
  const number = (): number => {
    if (at + 4 > bytes.length) throw badFile("a Vorbis comment that ends early");
    at += 4;
    return view.getUint32(at - 4, true);
  };
  const field = (): Uint8Array => {
    const length = number();
    if (length > bytes.length - at) throw badFile("a Vorbis comment that ends early");
    at += length;
    return bytes.subarray(at - length, at);
  };
  const vendor = field();
  const count = number();
  if (count > (bytes.length - at) / 4) throw badFile("a Vorbis comment with more fields than bytes");
  const fields = Array.from({ length: count }, field);
  return { vendor, fields, rest: bytes.subarray(at) };
}

export function writeVorbisComment({ vendor, fields, rest }: VorbisComment): Uint8Array {
  const counted = (bytes: Uint8Array): Uint8Array[] => [uint32(bytes.length), bytes];
  return concat([...counted(vendor), uint32(fields.length), ...fields.flatMap(counted), rest]);
}

const uint32 = (value: number): Uint8Array => {
  const out = new Uint8Array(4);
  viewOf(out).setUint32(0, value, true);
  return out;
};

const nameOf = (field: Uint8Array): string | undefined => {
  const equals = field.indexOf(0x3d);
  return equals < 0 ? undefined : fromUtf8(field.subarray(0, equals))?.toUpperCase();
};

/** Values of a field, in order. */
export const vorbisValues = (comment: VorbisComment, name: string): string[] =>
  comment.fields.filter((f) => nameOf(f) === name.toUpperCase()).map((f) => fromUtf8(f.subarray(name.length + 1)) ?? "");

/** The comment with this field last, in place of all of its name. */
export const withVorbisField = (comment: VorbisComment, name: string, value: string): VorbisComment => ({
  ...comment,
  fields: [...comment.fields.filter((f) => nameOf(f) !== name.toUpperCase()), utf8(`${name}=${value}`)],
});
