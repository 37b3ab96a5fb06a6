import { fromLatin1, hasAt, latin1, viewOf } from "./bytes.ts";

/** Entries of one TIFF image file directory (TIFF 6.0, section 2) as [tag, type, count, offset of the value field]. */
function entries(view: DataView, at: number, little: boolean): [number, number, number, number][] {
  if (at < 8 || at + 2 > view.byteLength) return [];
  const count = Math.min(view.getUint16(at, little), Math.floor((view.byteLength - at - 2) / 12));
  return Array.from({ length: count }, (_, i) => {
    const e = at + 2 + i * 12;
    return [view.getUint16(e, little), view.getUint16(e + 2, little), view.getUint32(e + 4, little), e + 8];
  });
}

export interface ExifFields {
  /** 1 to 8 (TIFF 6.0, Orientation 0x0112); 1 when absent. */
  readonly orientation: number;
  /** UserComment (Exif 2.3, 0x9286) in ASCII or undefined coding. */
  readonly userComment: string | undefined;
  /** Offset of the comment's text in the TIFF structure. */
  readonly userCommentAt?: number;
}

/** The two fields that Inkseal needs from a TIFF structure. Malformed input yields the defaults. */
export function readExif(tiff: Uint8Array): ExifFields {
  const none = { orientation: 1, userComment: undefined };
  if (tiff.length < 8) return none;
  const little = hasAt(tiff, 0, latin1("II"));
  if (!little && !hasAt(tiff, 0, latin1("MM"))) return none;
  const view = viewOf(tiff);
  const ifd0 = entries(view, view.getUint32(4, little), little);
  const o = ifd0.find(([tag, type]) => tag === 0x0112 && type === 3);
  const orientation = o === undefined ? 1 : view.getUint16(o[3], little);
  const pointer = ifd0.find(([tag]) => tag === 0x8769);
  const exif = pointer === undefined ? [] : entries(view, view.getUint32(pointer[3], little), little);
  const comment = exif.find(([tag, type, count]) => tag === 0x9286 && type === 7 && count > 8);
  let userComment: string | undefined;
  let userCommentAt: number | undefined;
  if (comment !== undefined) {
    const at = view.getUint32(comment[3], little);
    const raw = tiff.subarray(at, at + comment[2]);
    if (raw.length === comment[2]) {
      userComment = fromLatin1(raw.subarray(8)).replace(/\0+$/, "");
      userCommentAt = at + 8;
    }
  }
  return {
    orientation: orientation >= 1 && orientation <= 8 ? orientation : 1,
    userComment,
    ...(userCommentAt !== undefined && { userCommentAt }),
  };
}
