import { badFile, concat, viewOf } from "./bytes.ts";
import { type Png, type PngChunk, pngChunk } from "./png.ts";
import { decodePng, encodePngImage, formatChunks, pngHeader } from "./png-raster.ts";
import type { Raster } from "./raster.ts";

/** A frame of an animated picture and what becomes of it. */
export interface AnimationFrame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** What happens to its place before the next one is shown: it stays, is cleared, or shows again what was there. */
  readonly dispose: "none" | "background" | "previous";
  /** Drawn over what is there where it is transparent; else it takes its place. */
  readonly over: boolean;
}

export interface ApngFrame extends AnimationFrame {
  /** Data of its control chunk (PNG, 11.3.6.2). */
  readonly control: Uint8Array;
  /** Pieces of its compressed image. */
  readonly data: readonly Uint8Array[];
}

/** An animation (PNG, third edition, 4.9): its frames, the first of which may be the still picture, too. */
export interface Apng {
  readonly frames: readonly ApngFrame[];
  /** Whether the still picture is the first frame. */
  readonly stillMoves: boolean;
}

const disposals = ["none", "background", "previous"] as const;

export const isApng = (png: Png): boolean => png.chunks.some((c) => c.type === "acTL");

/** The frames as views. Throws `bad-file` for frames beside the picture, and where there are not as many as it says. */
export function parseApng(png: Png): Apng {
  const { width, height } = pngHeader(png);
  const frames: (ApngFrame & { data: Uint8Array[] })[] = [];
  let stillMoves = false;
  for (const { type, data } of png.chunks) {
    if (type === "fcTL") frames.push(controlled(data, width, height));
    const last = frames.at(-1);
    if (type === "IDAT" && last !== undefined) {
      stillMoves = true;
      last.data.push(data);
    }
    if (type === "fdAT" && data.length >= 4) {
      if (last === undefined) throw badFile("PNG: image data of no frame");
      last.data.push(data.subarray(4));
    }
  }
  const said = png.chunks.find((c) => c.type === "acTL")?.data;
  if (said === undefined || said.length < 8 || viewOf(said).getUint32(0) !== frames.length || frames.length === 0)
    throw badFile("PNG: not as many frames as it says");
  if (frames.some((f) => f.data.length === 0)) throw badFile("PNG: a frame without an image");
  return { frames, stillMoves };
}

function controlled(data: Uint8Array, width: number, height: number): ApngFrame & { data: Uint8Array[] } {
  if (data.length !== 26) throw badFile("PNG: a frame of no size");
  const view = viewOf(data);
  const [w, h, x, y] = [4, 8, 12, 16].map((at) => view.getUint32(at)) as [number, number, number, number];
  if (w === 0 || h === 0 || x + w > width || y + h > height) throw badFile("PNG: a frame beside the picture");
  const dispose = disposals[data[24] as number];
  if (dispose === undefined) throw badFile("PNG: a frame that ends in no known way");
  return { x, y, width: w, height: h, dispose, over: data[25] === 1, control: data, data: [] };
}

/** A frame's own pixels. Throws `bad-file`. */
export function decodeApngFrame(png: Png, { width, height, data }: ApngFrame): Raster {
  const header = (png.chunks[0] as PngChunk).data.slice();
  viewOf(header).setUint32(0, width);
  viewOf(header).setUint32(4, height);
  const kept = png.chunks.filter((c) => c.type === "PLTE" || c.type === "tRNS");
  const image = pngChunk("IDAT", concat(data));
  return decodePng({ chunks: [pngChunk("IHDR", header), ...kept, image], trailing: new Uint8Array(0) });
}

/** Whether one frame can be coded anew while others keep their bytes: 8 bits of red, green and blue, with or without alpha. */
export function apngKeepsFrames(png: Png): boolean {
  const { depth, colour, interlaced } = pngHeader(png);
  return depth === 8 && !interlaced && (colour === 6 || (colour === 2 && !png.chunks.some((c) => c.type === "tRNS")));
}

/** What a frame is to show now. */
export interface NewFrame extends AnimationFrame {
  readonly raster: Raster;
}

/**
 * The file with other pixels in some frames, and in the still picture where `still` has them and it is no frame. Unless {@link apngKeepsFrames},
 * all have to be given: the file becomes one of 8 bits, not interlaced.
 */
export function withApngFrames(png: Png, apng: Apng, fresh: ReadonlyMap<number, NewFrame>, still?: Raster): Png {
  const rasters = [...fresh.values()].map(({ raster }) => raster).concat(still ?? []);
  const whole = fresh.size === apng.frames.length && (apng.stillMoves || still !== undefined);
  const kept = apngKeepsFrames(png) && !whole;
  const alpha = kept ? pngHeader(png).colour === 6 : !rasters.every(opaque);
  const packed = (raster: Raster): Uint8Array => encodePngImage(raster, 6, alpha).idat.data;
  const ihdr = kept ? (png.chunks[0] as PngChunk) : headerOf(png, alpha);
  let sequence = 0;
  const numbered = (type: string, data: Uint8Array): PngChunk => {
    viewOf(data).setUint32(0, sequence++);
    return pngChunk(type, data);
  };
  const written = (frame: ApngFrame, i: number): PngChunk[] => {
    const now = fresh.get(i);
    const control = numbered("fcTL", now === undefined ? frame.control.slice() : controlOf(frame.control, now));
    const pieces = now === undefined ? frame.data : [packed(now.raster)];
    const isStill = i === 0 && apng.stillMoves;
    return [control, ...pieces.map((p) => (isStill ? pngChunk("IDAT", p) : numbered("fdAT", concat([new Uint8Array(4), p]))))];
  };
  const moving = apng.frames.flatMap(written);
  const image = apng.stillMoves
    ? moving
    : [...(still === undefined ? png.chunks.filter((c) => c.type === "IDAT") : [pngChunk("IDAT", packed(still))]), ...moving];
  const own = new Set(["fcTL", "fdAT", "IDAT", "IHDR"]);
  const rest = png.chunks.filter((c) => !own.has(c.type) && (kept || !formatChunks.has(c.type)));
  const first = png.chunks.findIndex((c) => c.type === "IDAT" || c.type === "fcTL");
  const before = rest.filter((c) => png.chunks.indexOf(c) < first);
  return { chunks: [ihdr, ...before, ...image, ...rest.slice(before.length)], trailing: png.trailing };
}

const opaque = ({ data }: Raster): boolean => {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return false;
  return true;
};

/** The header of the same size, of 8 bits in red, green, blue and alpha. */
function headerOf(png: Png, alpha: boolean): PngChunk {
  const data = (png.chunks[0] as PngChunk).data.slice();
  data.set([8, alpha ? 6 : 2, 0, 0, 0], 8);
  return pngChunk("IHDR", data);
}

function controlOf(old: Uint8Array, { x, y, width, height, dispose, over }: NewFrame): Uint8Array {
  const out = old.slice();
  const view = viewOf(out);
  for (const [i, n] of [width, height, x, y].entries()) view.setUint32(4 + 4 * i, n);
  out[24] = disposals.indexOf(dispose);
  out[25] = over ? 1 : 0;
  return out;
}
