import { badFile, hasAt, viewOf } from "./bytes.ts";
import { type Riff, type RiffChunk, withRiffChunk } from "./riff.ts";

/** WebP container (RFC 9649): `VP8X` says which optional chunks there are, and how large the canvas is. */
const flagBits = { icc: 0x20, alpha: 0x10, exif: 0x08, xmp: 0x04, animation: 0x02 } as const;

export interface WebpCanvas {
  readonly width: number;
  readonly height: number;
  readonly alpha: boolean;
  readonly animated: boolean;
}

const find = (riff: Riff, id: string): RiffChunk | undefined => riff.chunks.find((c) => c.id === id);

/** The canvas, from `VP8X` or the only frame. Throws `bad-file`. */
export function webpCanvas(riff: Riff): WebpCanvas {
  if (riff.form !== "WEBP") throw badFile("a RIFF file that is no WebP");
  const extended = find(riff, "VP8X")?.data;
  if (extended !== undefined && extended.length >= 10) {
    const view = viewOf(extended);
    const flags = view.getUint8(0);
    return {
      width: (view.getUint32(3, true) >>> 8) + 1,
      height: (view.getUint32(6, true) >>> 8) + 1,
      alpha: (flags & flagBits.alpha) !== 0,
      animated: (flags & flagBits.animation) !== 0,
    };
  }
  const lossy = find(riff, "VP8 ")?.data;
  // RFC 6386, 9.1: frame tag (3), start code, then two 14-bit sizes below 2 bits of scale
  if (lossy !== undefined && lossy.length >= 10 && hasAt(lossy, 3, Uint8Array.of(0x9d, 0x01, 0x2a))) {
    const view = viewOf(lossy);
    const [width, height] = [view.getUint16(6, true) & 0x3fff, view.getUint16(8, true) & 0x3fff];
    return { width, height, alpha: false, animated: false };
  }
  const lossless = find(riff, "VP8L")?.data;
  // RFC 9649, 3.4: signature, then 14 bits width less one, 14 bits height less one, 1 bit alpha
  if (lossless !== undefined && lossless.length >= 5 && lossless[0] === 0x2f) {
    const bits = viewOf(lossless).getUint32(1, true);
    const alpha = ((bits >>> 28) & 1) === 1;
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1, alpha, animated: false };
  }
  throw badFile("WebP without an image");
}

export const webpAlphaFlag: number = flagBits.alpha;

/** Chunks that are the picture itself. */
export const isWebpPicture = ({ id }: RiffChunk): boolean => id === "VP8 " || id === "VP8L" || id === "ALPH";

/** Whether the picture is kept without loss. */
export const webpLossless = (riff: Riff): boolean => find(riff, "VP8L") !== undefined;

/** The still picture `fresh` in place of another of the same size; what else the file has stays as it is. */
export function withWebpPicture(riff: Riff, fresh: Riff): Riff {
  const picture = fresh.chunks.filter(isWebpPicture);
  const at = riff.chunks.findIndex(isWebpPicture);
  if (at < 0) throw badFile("WebP without an image");
  const others = riff.chunks.filter((c) => !isWebpPicture(c));
  const extended = find(riff, "VP8X")?.data.slice();
  const seen = webpCanvas(fresh).alpha || picture.some((c) => c.id === "ALPH");
  if (extended !== undefined) extended[0] = ((extended[0] as number) & ~flagBits.alpha) | (seen ? flagBits.alpha : 0);
  // a simple file whose fresh picture needs the extended form takes that form
  const head = extended ?? find(fresh, "VP8X")?.data;
  const rest = others.filter((c) => c.id !== "VP8X");
  const before = others.slice(0, at).filter((c) => c.id !== "VP8X").length;
  const chunks = [...rest.slice(0, before), ...picture, ...rest.slice(before)];
  return { ...riff, chunks: head === undefined ? chunks : [{ id: "VP8X", data: head, offset: 0 }, ...chunks] };
}

/** XMP packet bytes, or undefined. */
export const webpXmp = (riff: Riff): Uint8Array | undefined => find(riff, "XMP ")?.data;

/** The same picture with this packet in place of any other. A simple file becomes an extended one, as metadata demands. */
export function withWebpXmp(riff: Riff, packet: Uint8Array): Riff {
  const { width, height, alpha } = webpCanvas(riff);
  const old = find(riff, "VP8X")?.data;
  const extended = old === undefined ? new Uint8Array(10) : old.slice();
  if (old === undefined) {
    const view = viewOf(extended);
    view.setUint8(0, alpha ? flagBits.alpha : 0);
    // 24-bit numbers; each write spills a zero into the byte behind, which the next one fills
    view.setUint32(4, width - 1, true);
    view.setUint16(7, (height - 1) & 0xffff, true);
    view.setUint8(9, (height - 1) >> 16);
  }
  extended[0] = (extended[0] as number) | flagBits.xmp;
  const chunks = riff.chunks.filter((c) => c.id !== "VP8X");
  return withRiffChunk({ ...riff, chunks: [{ id: "VP8X", data: extended, offset: 0 }, ...chunks] }, "XMP ", packet);
}
