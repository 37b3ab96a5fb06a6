import { badFile, concat, hasAt, latin1, viewOf } from "./bytes.ts";

/** One marker segment before the scan (ITU-T T.81, annex B). */
export interface JpegSegment {
  /** Second byte of the marker: 0xe1 for APP1; 0 for bytes between two segments that have none. */
  readonly marker: number;
  /** After the length field; empty for stand-alone markers. */
  readonly data: Uint8Array;
  /** The whole segment with marker and length. */
  readonly bytes: Uint8Array;
  /** Offset of `bytes` in the file; 0 for a segment that was made here. */
  readonly offset: number;
}

export interface Jpeg {
  /** Segments between SOI and the first SOS. */
  readonly segments: readonly JpegSegment[];
  /** From the first SOS to the end of the file, untouched. */
  readonly scan: Uint8Array;
}

const maxData = 65533;
const standsAlone = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);

/** Segments up to the first scan, as views on `file`. Throws `bad-file`. */
export function parseJpeg(file: Uint8Array): Jpeg {
  if (!hasAt(file, 0, Uint8Array.of(0xff, 0xd8))) throw badFile("not a JPEG: SOI missing");
  const view = viewOf(file);
  const segments: JpegSegment[] = [];
  for (let at = 2; ; ) {
    if (file[at] !== 0xff) {
      // bytes that belong to nothing, which every decoder skips
      const next = file.indexOf(0xff, at);
      if (next < 0) throw badFile("JPEG: a marker was expected");
      segments.push({ marker: 0, data: new Uint8Array(0), bytes: file.subarray(at, next), offset: at });
      at = next;
    }
    const start = at;
    while (at + 1 < file.length && file[at + 1] === 0xff) at++; // fill bytes (B.1.1.2) stay with their segment
    const marker = file[at + 1];
    if (marker === undefined || marker === 0 || marker === 0xd8 || marker === 0xd9) throw badFile("JPEG ends before its scan");
    if (marker === 0xda) return { segments, scan: file.subarray(start) };
    if (standsAlone(marker)) {
      segments.push({ marker, data: new Uint8Array(0), bytes: file.subarray(start, at + 2), offset: start });
      at += 2;
      continue;
    }
    if (at + 4 > file.length) throw badFile("JPEG ends inside a segment header");
    const length = view.getUint16(at + 2);
    const end = at + 2 + length;
    if (length < 2 || end > file.length) throw badFile("JPEG ends inside a segment");
    segments.push({ marker, data: file.subarray(at + 4, end), bytes: file.subarray(start, end), offset: start });
    at = end;
  }
}

/** A new segment. RangeError when `data` is longer than 65,533 bytes. */
export function jpegSegment(marker: number, data: Uint8Array): JpegSegment {
  if (data.length > maxData) throw new RangeError(`jpegSegment: ${data.length} bytes, at most ${maxData}`);
  const length = data.length + 2;
  const bytes = concat([Uint8Array.of(0xff, marker, length >> 8, length & 255), data]);
  return { marker, data: bytes.subarray(4), bytes, offset: 0 };
}

export function writeJpeg(jpeg: Jpeg): Uint8Array {
  return concat([Uint8Array.of(0xff, 0xd8), ...jpeg.segments.map((s) => s.bytes), jpeg.scan]);
}

/** Index after JFIF, Exif and the like, where new APPn segments go: after the leading APP0 and Exif APP1. */
export function jpegInsertionPoint(segments: readonly JpegSegment[]): number {
  let i = 0;
  while (i < segments.length && (segments[i]?.marker === 0xe0 || isExif(segments[i] as JpegSegment))) i++;
  return i;
}

/** Width and height in pixels, from the frame header (B.2.2); undefined without one. */
export function jpegSize(jpeg: Jpeg): { readonly width: number; readonly height: number } | undefined {
  const frame = jpeg.segments.find((s) => s.marker >= 0xc0 && s.marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(s.marker));
  if (frame === undefined || frame.data.length < 6) return undefined;
  const view = viewOf(frame.data);
  return { width: view.getUint16(3), height: view.getUint16(1) };
}

const exif = latin1("Exif\0\0");
const xmp = latin1("http://ns.adobe.com/xap/1.0/\0");
export const isExif = (s: JpegSegment): boolean => s.marker === 0xe1 && hasAt(s.data, 0, exif);
export const isXmp = (s: JpegSegment): boolean => s.marker === 0xe1 && hasAt(s.data, 0, xmp);
/** The TIFF structure of an Exif segment. */
export const exifOf = (s: JpegSegment): Uint8Array => s.data.subarray(exif.length);
/** The packet of an XMP segment. */
export const xmpOf = (s: JpegSegment): Uint8Array => s.data.subarray(xmp.length);
/** APP1 with an XMP packet (Adobe XMP part 3, 1.1.3). RangeError when it does not fit in one segment. */
export const xmpSegment = (packet: Uint8Array): JpegSegment => jpegSegment(0xe1, concat([xmp, packet]));
