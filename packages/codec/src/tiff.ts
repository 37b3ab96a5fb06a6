import { badFile, viewOf } from "./bytes.ts";

/** A field of a TIFF directory (TIFF 6.0, section 2). */
export interface TiffField {
  readonly tag: number;
  /** 1 byte, 2 ASCII, 3 short, 4 long, 7 undefined. */
  readonly type: number;
  /** Bytes of its values, wherever they stand; and where. */
  readonly data: Uint8Array;
  readonly offset: number;
}

const sizes: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  10: 8,
  11: 4,
  12: 8,
  13: 4,
};

const mostDirectories = 1000;

/** Fields of every directory (page) of a TIFF or DNG, of either byte order; those of unknown types are left out. Throws `bad-file`. */
export function tiffFields(file: Uint8Array): TiffField[] {
  const order = file.length < 8 ? "" : String.fromCharCode(file[0] as number, file[1] as number);
  const little = order === "II";
  const view = viewOf(file);
  if ((!little && order !== "MM") || view.getUint16(2, little) !== 42) throw badFile("not a TIFF");
  const fields: TiffField[] = [];
  const seen = new Set<number>();
  for (let start = view.getUint32(4, little); start !== 0; ) {
    if (seen.has(start) || seen.size >= mostDirectories) throw badFile("TIFF: directories that go round, or too many");
    seen.add(start);
    if (start + 2 > file.length) throw badFile("TIFF ends before its directory");
    const end = start + 2 + view.getUint16(start, little) * 12;
    if (end + 4 > file.length) throw badFile("TIFF ends inside its directory");
    for (let at = start + 2; at < end; at += 12) {
      const [tag, type] = [view.getUint16(at, little), view.getUint16(at + 2, little)];
      const length = (sizes[type] ?? 0) * view.getUint32(at + 4, little);
      if (length === 0) continue;
      // up to four bytes stand in the entry itself
      const offset = length <= 4 ? at + 8 : view.getUint32(at + 8, little);
      if (offset + length > file.length) throw badFile("TIFF: a field runs past the end");
      fields.push({ tag, type, data: file.subarray(offset, offset + length), offset });
    }
    start = view.getUint32(end, little);
  }
  return fields;
}
