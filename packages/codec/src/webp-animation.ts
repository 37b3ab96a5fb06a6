import type { AnimationFrame, NewFrame } from "./apng.ts";
import { badFile, concat, latin1 } from "./bytes.ts";
import { parseRiff, type Riff, type RiffChunk, writeRiff } from "./riff.ts";
import { isWebpPicture, webpAlphaFlag, webpCanvas } from "./webp.ts";

/** A frame of an animation (RFC 9649, 2.7.1.1). */
export interface WebpFrame extends AnimationFrame {
  /** Its chunk's place in the file's list. */
  readonly chunk: number;
  readonly lossless: boolean;
  /** The frame as a file of its own. */
  file(): Uint8Array;
}

const headLength = 16;

/** The frames of an animation. Throws `bad-file` for frames beside the picture. */
export function webpFrames(riff: Riff): readonly WebpFrame[] {
  const { width, height } = webpCanvas(riff);
  return riff.chunks.flatMap(({ id, data }, chunk) => {
    if (id !== "ANMF") return [];
    if (data.length < headLength) throw badFile("WebP: a frame without its head");
    const triple = (at: number): number =>
      (data[at] as number) | ((data[at + 1] as number) << 8) | ((data[at + 2] as number) << 16);
    const [x, y, w, h] = [2 * triple(0), 2 * triple(3), triple(6) + 1, triple(9) + 1];
    if (x + w > width || y + h > height) throw badFile("WebP: a frame beside the picture");
    const flags = data[15] as number;
    const parts = parseRiff(concat([latin1("RIFF\0\0\0\0WEBP"), data.subarray(headLength)])).chunks.filter(isWebpPicture);
    const lossless = parts.some((p) => p.id === "VP8L");
    if (parts.length === 0) throw badFile("WebP: a frame without an image");
    const file = (): Uint8Array => {
      const extended = { id: "VP8X", data: headOf(w, h, parts.some((p) => p.id === "ALPH") ? webpAlphaFlag : 0), offset: 0 };
      return writeRiff({ form: "WEBP", chunks: lossless ? parts : [extended, ...parts], trailing: new Uint8Array(0) });
    };
    const dispose = (flags & 1) !== 0 ? ("background" as const) : ("none" as const);
    return [{ x, y, width: w, height: h, dispose, over: (flags & 2) === 0, chunk, lossless, file }];
  });
}

/** Data of `VP8X`. */
function headOf(width: number, height: number, flags: number): Uint8Array {
  const size = (n: number): number[] => [n & 255, (n >> 8) & 255, n >> 16];
  return Uint8Array.of(flags, 0, 0, 0, ...size(width - 1), ...size(height - 1));
}

/** The file with other pictures in some frames: `coded` has a still WebP for each, of the new frame's size. */
export function withWebpFrames(
  riff: Riff,
  frames: readonly WebpFrame[],
  fresh: ReadonlyMap<number, Omit<NewFrame, "raster"> & { readonly coded: Riff }>,
): Riff {
  const chunks: RiffChunk[] = [...riff.chunks];
  let alpha = false;
  for (const [i, { x, y, width, height, dispose, over, coded }] of fresh) {
    const frame = frames[i] as WebpFrame;
    const old = (chunks[frame.chunk] as RiffChunk).data;
    if (x % 2 !== 0 || y % 2 !== 0) throw badFile("WebP: a frame at an odd place");
    const head = old.slice(0, headLength);
    for (const [k, n] of [x / 2, y / 2, width - 1, height - 1].entries()) head.set([n & 255, (n >> 8) & 255, n >> 16], 3 * k);
    head[15] = ((old[15] as number) & 0xfc) | (over ? 0 : 2) | (dispose === "background" ? 1 : 0);
    const picture = coded.chunks.filter(isWebpPicture);
    alpha ||= webpCanvas(coded).alpha || picture.some((c) => c.id === "ALPH");
    const body = writeRiff({ form: "WEBP", chunks: picture, trailing: new Uint8Array(0) }).subarray(12);
    chunks[frame.chunk] = { id: "ANMF", data: concat([head, body]), offset: 0 };
  }
  const extended = chunks.findIndex((c) => c.id === "VP8X");
  if (alpha && extended >= 0) {
    const data = (chunks[extended] as RiffChunk).data.slice();
    data[0] = (data[0] as number) | webpAlphaFlag;
    chunks[extended] = { id: "VP8X", data, offset: 0 };
  }
  return { ...riff, chunks };
}
