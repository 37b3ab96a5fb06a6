import { unzlibSync, zlibSync } from "fflate";
import { badFile, concat, viewOf } from "./bytes.ts";
import { type Png, type PngChunk, pngChunk } from "./png.ts";
import { maxPixels, type Raster } from "./raster.ts";

/** Channels by colour type (PNG, table 11.1). */
const channelsOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const depthsOf: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};
/** Adam7 passes: x start, y start, x step, y step (clause 8.1). */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colour: number;
  readonly interlaced: boolean;
}

export function pngHeader(png: Png): Header {
  const d = (png.chunks[0] as PngChunk).data;
  const view = viewOf(d);
  const h = {
    width: view.getUint32(0),
    height: view.getUint32(4),
    depth: d[8] as number,
    colour: d[9] as number,
    interlaced: d[12] === 1,
  };
  if (
    h.width === 0 ||
    h.height === 0 ||
    !depthsOf[h.colour]?.includes(h.depth) ||
    d[10] !== 0 ||
    d[11] !== 0 ||
    (d[12] as number) > 1
  )
    throw badFile("PNG with an impossible header");
  return h;
}

/** Decodes every colour type, depth (16-bit samples keep their high byte) and interlacing. Throws `bad-file`. */
export function decodePng(png: Png): Raster {
  const header = pngHeader(png);
  const { width, height, depth, colour, interlaced } = header;
  if (width * height > maxPixels) throw badFile(`PNG of ${width}×${height} pixels is larger than ${maxPixels} pixels`);
  if (png.chunks.some((c) => !c.crcOk && c.type.charCodeAt(0) < 97)) throw badFile("PNG: a critical chunk has a wrong CRC");
  const bitsPerPixel = depth * (channelsOf[colour] as number);
  const passes = (interlaced ? adam7 : ([[0, 0, 1, 1]] as const)).map(([x0, y0, dx, dy]) => {
    const w = Math.ceil((width - x0) / dx);
    const h = Math.ceil((height - y0) / dy);
    return {
      x0,
      y0,
      dx,
      dy,
      w: Math.max(0, w),
      h: w > 0 ? Math.max(0, h) : 0,
      stride: Math.ceil((Math.max(0, w) * bitsPerPixel) / 8),
    };
  });
  const expected = passes.reduce((n, p) => n + p.h * (p.stride + 1), 0);
  const packed = concat(png.chunks.filter((c) => c.type === "IDAT").map((c) => c.data));
  let raw: Uint8Array;
  try {
    // the output buffer has a fixed size, so a zip bomb ends in an error and not in memory
    raw = unzlibSync(packed, { out: new Uint8Array(expected) });
  } catch (cause) {
    throw badFile("PNG: image data does not decompress", cause);
  }
  if (raw.length < expected) throw badFile("PNG: too little image data");
  const out = new Uint8ClampedArray(width * height * 4);
  const paint = painter(png, header, out);
  let at = 0;
  for (const { x0, y0, dx, dy, w, h, stride } of passes) {
    let above: Uint8Array = new Uint8Array(stride);
    for (let row = 0; row < h; row++) {
      const line = raw.subarray(at + 1, at + 1 + stride);
      unfilter(raw[at] as number, line, above, Math.max(1, bitsPerPixel >> 3));
      for (let i = 0; i < w; i++) paint(line, i, ((y0 + row * dy) * width + x0 + i * dx) * 4);
      above = line;
      at += stride + 1;
    }
  }
  return { width, height, data: out };
}

/** Undoes one scanline's filter in place (clause 9.2). */
function unfilter(type: number, line: Uint8Array, above: Uint8Array, bpp: number): void {
  if (type > 4) throw badFile("PNG: unknown filter");
  if (type === 0) return;
  for (let i = 0; i < line.length; i++) {
    const a = i < bpp ? 0 : (line[i - bpp] as number);
    const b = above[i] as number;
    const c = i < bpp ? 0 : (above[i - bpp] as number);
    line[i] = (line[i] as number) + (type === 1 ? a : type === 2 ? b : type === 3 ? (a + b) >> 1 : paeth(a, b, c));
  }
}

function paeth(a: number, b: number, c: number): number {
  const pa = Math.abs(b - c);
  const pb = Math.abs(a - c);
  const pc = Math.abs(a + b - 2 * c);
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/** Writes pixel `i` of an unfiltered line to `out` at byte `to`. */
function painter(
  png: Png,
  { depth, colour }: Header,
  out: Uint8ClampedArray,
): (line: Uint8Array, i: number, to: number) => void {
  const palette = png.chunks.find((c) => c.type === "PLTE")?.data ?? new Uint8Array(0);
  const trns = png.chunks.find((c) => c.type === "tRNS")?.data;
  if (colour === 3 && palette.length < 3) throw badFile("PNG: palette missing");
  const wide = depth === 16;
  const sample = (line: Uint8Array, n: number): number => {
    if (depth === 8) return line[n] as number;
    if (wide) return line[n * 2] as number;
    const bit = n * depth;
    return ((line[bit >> 3] as number) >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
  };
  const full = (line: Uint8Array, n: number): number =>
    wide ? (sample(line, n) << 8) | (line[n * 2 + 1] as number) : sample(line, n);
  const key = trns === undefined || colour > 2 || trns.length < (colour === 0 ? 2 : 6) ? undefined : viewOf(trns);
  const channels = channelsOf[colour] as number;
  const scale = colour === 3 || depth >= 8 ? 1 : 255 / ((1 << depth) - 1);
  return (line, i, to) => {
    const n = i * channels;
    if (colour === 3) {
      const p = sample(line, n);
      for (let c = 0; c < 3; c++) out[to + c] = palette[p * 3 + c] ?? 0;
      out[to + 3] = trns?.[p] ?? 255;
    } else if (colour === 0 || colour === 4) {
      out[to] = out[to + 1] = out[to + 2] = sample(line, n) * scale;
      out[to + 3] = colour === 4 ? sample(line, n + 1) : key?.getUint16(0) === full(line, n) ? 0 : 255;
    } else {
      for (let c = 0; c < 3; c++) out[to + c] = sample(line, n + c);
      const keyed = key !== undefined && [0, 1, 2].every((c) => key.getUint16(c * 2) === full(line, n + c));
      out[to + 3] = colour === 6 ? sample(line, n + 3) : keyed ? 0 : 255;
    }
  };
}

/** IHDR and IDAT for a raster: RGB when every pixel is opaque, else RGBA, unless `alpha` says which; 8 bits, not interlaced. */
export function encodePngImage(
  raster: Raster,
  level: 1 | 3 | 6 | 9 = 6,
  alpha?: boolean,
): { readonly ihdr: PngChunk; readonly idat: PngChunk } {
  const { width, height, data } = raster;
  let opaque = alpha !== true;
  if (alpha === undefined) for (let i = 3; i < data.length && opaque; i += 4) opaque = data[i] === 255;
  const bpp = opaque ? 3 : 4;
  const stride = width * bpp;
  const raw = new Uint8Array(height * (stride + 1));
  let above = new Uint8Array(stride);
  let line = new Uint8Array(stride);
  const trial = [0, 1, 2, 3, 4].map(() => new Uint8Array(stride));
  for (let y = 0; y < height; y++) {
    for (let x = 0, from = y * width * 4, to = 0; x < width; x++, from += 4) {
      for (let c = 0; c < bpp; c++) line[to++] = data[from + c] as number;
    }
    const best = filter(line, above, bpp, trial);
    raw[y * (stride + 1)] = best;
    raw.set(trial[best] as Uint8Array, y * (stride + 1) + 1);
    [above, line] = [line, above];
  }
  const ihdr = new Uint8Array(13);
  const view = viewOf(ihdr);
  view.setUint32(0, width);
  view.setUint32(4, height);
  ihdr[8] = 8;
  ihdr[9] = opaque ? 2 : 6;
  return { ihdr: pngChunk("IHDR", ihdr), idat: pngChunk("IDAT", zlibSync(raw, { level })) };
}

/** All five filters of a line into `trial`; returns the one with the least sum of absolute values (clause 12.7). */
function filter(line: Uint8Array, above: Uint8Array, bpp: number, trial: readonly Uint8Array[]): number {
  const [none, sub, up, average, paethed] = trial as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const sums = [0, 0, 0, 0, 0];
  for (let i = 0; i < line.length; i++) {
    const x = line[i] as number;
    const a = i < bpp ? 0 : (line[i - bpp] as number);
    const b = above[i] as number;
    const c = i < bpp ? 0 : (above[i - bpp] as number);
    none[i] = x;
    sub[i] = x - a;
    up[i] = x - b;
    average[i] = x - ((a + b) >> 1);
    paethed[i] = x - paeth(a, b, c);
    for (let f = 0; f < 5; f++) {
      const v = (trial[f] as Uint8Array)[i] as number;
      sums[f] = (sums[f] as number) + (v < 128 ? v : 256 - v);
    }
  }
  return sums.indexOf(Math.min(...sums));
}

/** Chunks that describe the pixel format and would be wrong after re-encoding. */
export const formatChunks: ReadonlySet<string> = new Set(["IHDR", "IDAT", "PLTE", "tRNS", "sBIT", "bKGD", "hIST", "sPLT"]);

/** The same file with other pixels: metadata, colour profile and everything unknown stays where it was. */
export function withRaster(png: Png, raster: Raster): Png {
  const { ihdr, idat } = encodePngImage(raster);
  const firstData = png.chunks.findIndex((c) => c.type === "IDAT");
  const before = png.chunks.slice(0, Math.max(firstData, 1)).filter((c) => !formatChunks.has(c.type));
  const after = png.chunks.slice(Math.max(firstData, 1)).filter((c) => !formatChunks.has(c.type));
  return { chunks: [ihdr, ...before, idat, ...after], trailing: png.trailing };
}

/** A new PNG file of a raster. */
export function encodePng(raster: Raster): Png {
  const { ihdr, idat } = encodePngImage(raster);
  return { chunks: [ihdr, idat, pngChunk("IEND", new Uint8Array(0))], trailing: new Uint8Array(0) };
}
