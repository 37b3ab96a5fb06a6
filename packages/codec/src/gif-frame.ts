import { badFile, concat, viewOf } from "./bytes.ts";
import type { Gif, GifBlock } from "./gif.ts";
import { maxPixels, type Raster } from "./raster.ts";

/** One image of a GIF (GIF89a, 20 to 23): where it stands on the screen, and its pixels as places in a colour table. */
export interface GifFrame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Red, green and blue of up to 256 colours. */
  readonly table: Uint8Array;
  /** Row by row from the top. */
  readonly indices: Uint8Array;
  /** Place in the table that shows what lies beneath. */
  readonly transparent: number | undefined;
  /** What becomes of the image when its time is over: 2 cleared, 3 what was there before comes back, else it stays. */
  readonly disposal: number;
}

export interface GifScreen {
  readonly width: number;
  readonly height: number;
}

export function gifScreen({ preamble }: Gif): GifScreen {
  const view = viewOf(preamble);
  return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
}

/** The graphic control extension that an image block obeys: the one directly before it. */
export const gifControlOf = (gif: Gif, image: number): GifBlock | undefined => {
  const before = gif.blocks[image - 1];
  return before?.label === 0xf9 && before.bytes.length >= 8 ? before : undefined;
};

/** Decodes the image block at that place of `blocks`. Throws `bad-file`. */
export function gifFrame(gif: Gif, at: number): GifFrame {
  const bytes = (gif.blocks[at] as GifBlock).bytes;
  const view = viewOf(bytes);
  const [x, y] = [view.getUint16(1, true), view.getUint16(3, true)];
  const [width, height] = [view.getUint16(5, true), view.getUint16(7, true)];
  if (width * height > maxPixels) throw badFile(`GIF of ${width}×${height} pixels is larger than ${maxPixels}`);
  const packed = bytes[9] as number;
  const own = (packed & 0x80) === 0 ? 0 : 3 * 2 ** ((packed & 7) + 1);
  const table = own > 0 ? bytes.subarray(10, 10 + own) : gif.preamble.subarray(13);
  const coded = decoded(bytes, 10 + own, width * height);
  const control = gifControlOf(gif, at)?.bytes;
  const flags = control?.[3] ?? 0;
  return {
    ...{ x, y, width, height, table },
    indices: (packed & 0x40) === 0 ? coded : deinterlaced(coded, width, height),
    transparent: (flags & 1) === 1 ? (control?.[6] as number) : undefined,
    disposal: (flags >> 2) & 7,
  };
}

/** An image block with a colour table of its own of 256 entries. */
export function gifImage({ x, y, width, height, table, indices }: GifFrame): GifBlock {
  const head = new Uint8Array(10 + 768);
  const view = viewOf(head);
  head[0] = 0x2c;
  view.setUint16(1, x, true);
  view.setUint16(3, y, true);
  view.setUint16(5, width, true);
  view.setUint16(7, height, true);
  head[9] = 0x87;
  head.set(table.subarray(0, 768), 10);
  return { kind: "image", label: undefined, application: undefined, bytes: concat([head, encoded(indices)]), offset: 0 };
}

/** A graphic control extension whose transparent colour is that one; delay and disposal stay. */
export function gifControl(old: GifBlock | undefined, transparent: number | undefined): GifBlock {
  const bytes = old?.bytes.slice() ?? Uint8Array.of(0x21, 0xf9, 4, 0, 0, 0, 0, 0);
  bytes[3] = ((bytes[3] as number) & ~1) | (transparent === undefined ? 0 : 1);
  bytes[6] = transparent ?? 0;
  return { kind: "extension", label: 0xf9, application: undefined, bytes, offset: 0 };
}

/** The screen with the first image on it: what a still viewer shows. Throws `bad-file`; undefined for a GIF without an image. */
export function gifFirst(gif: Gif): Raster | undefined {
  const at = gif.blocks.findIndex((b) => b.kind === "image");
  if (at < 0) return undefined;
  const { width, height } = gifScreen(gif);
  if (width === 0 || height === 0 || width * height > maxPixels) throw badFile(`GIF of ${width}×${height} pixels`);
  const data = new Uint8ClampedArray(4 * width * height);
  const frame = gifFrame(gif, at);
  for (let y = 0, i = 0; y < frame.height; y++)
    for (let x = 0; x < frame.width; x++, i++) {
      const [left, top] = [frame.x + x, frame.y + y];
      const index = frame.indices[i] as number;
      if (left >= width || top >= height || index === frame.transparent) continue;
      const to = 4 * (top * width + left);
      for (let c = 0; c < 3; c++) data[to + c] = frame.table[3 * index + c] ?? 0;
      data[to + 3] = 255;
    }
  return { width, height, data };
}

/** Rows come in four passes (appendix E). */
function deinterlaced(coded: Uint8Array, width: number, height: number): Uint8Array {
  const out = new Uint8Array(coded.length);
  let from = 0;
  for (const [start, step] of [
    [0, 8],
    [4, 8],
    [2, 4],
    [1, 2],
  ] as const)
    for (let y = start; y < height; y += step, from += width) out.set(coded.subarray(from, from + width), y * width);
  return out;
}

/** Undoes the variable-length LZW of appendix F; pixels that are missing are 0. */
function decoded(bytes: Uint8Array, start: number, count: number): Uint8Array {
  const size = bytes[start] as number;
  if (!(size >= 1 && size <= 8)) throw badFile("GIF: an impossible code size");
  const out = new Uint8Array(count);
  const clear = 1 << size;
  const prefix = new Uint16Array(4096);
  const suffix = new Uint8Array(4096);
  const lengths = new Uint16Array(4096).fill(1);
  for (let i = 0; i < clear; i++) suffix[i] = i;
  let width = size + 1;
  let next = clear + 2;
  let last = -1;
  let filled = 0;
  let bits = 0;
  let held = 0;
  let block = start + 1;
  let at = block + 1;
  let left = bytes[block] as number;
  const first = (code: number): number => {
    let c = code;
    while (c >= clear) c = prefix[c] as number;
    return c;
  };
  while (filled < count) {
    while (held < width) {
      if (left === 0) {
        block = at;
        left = bytes[block] ?? 0;
        at = block + 1;
        if (left === 0) return out;
      }
      bits |= (bytes[at++] as number) << held;
      held += 8;
      left--;
    }
    const code = bits & ((1 << width) - 1);
    bits >>>= width;
    held -= width;
    if (code === clear) {
      width = size + 1;
      next = clear + 2;
      last = -1;
      continue;
    }
    if (code === clear + 1) return out;
    if (code > next || (code === next && last < 0)) throw badFile("GIF: a code that means nothing yet");
    const repeats = code === next; // the one code that may be used while it is made
    if (last >= 0 && next < 4096) {
      prefix[next] = last;
      lengths[next] = (lengths[last] as number) + 1;
      suffix[next] = first(repeats ? last : code);
      next++;
      if (next === 1 << width && width < 12) width++;
    } else if (repeats) throw badFile("GIF: a code that means nothing yet");
    const length = lengths[code] as number;
    for (let c = code, i = filled + length - 1; i >= filled; i--, c = prefix[c] as number)
      if (i < count) out[i] = suffix[c] as number;
    filled += length;
    last = code;
  }
  return out;
}

/** LZW in sub-blocks, with codes of 8 bits to begin with. */
function encoded(indices: Uint8Array): Uint8Array {
  const clear = 256;
  const out: number[] = [];
  let bits = 0;
  let held = 0;
  let width = 9;
  const put = (code: number): void => {
    bits |= code << held;
    held += width;
    while (held >= 8) {
      out.push(bits & 255);
      bits >>>= 8;
      held -= 8;
    }
  };
  let codes = new Map<number, number>();
  let next = clear + 2;
  put(clear);
  let current = indices[0] ?? 0;
  for (let i = 1; i < indices.length; i++) {
    const key = (current << 8) | (indices[i] as number);
    const known = codes.get(key);
    if (known !== undefined) {
      current = known;
      continue;
    }
    put(current);
    if (next < 4096) {
      codes.set(key, next);
      if (next === 1 << width) width++;
      next++;
    } else {
      put(clear);
      codes = new Map();
      next = clear + 2;
      width = 9;
    }
    current = indices[i] as number;
  }
  put(current);
  // the reader has made one entry more by now
  if (next === 1 << width && width < 12) width++;
  put(clear + 1);
  if (held > 0) out.push(bits & 255);
  const parts: Uint8Array[] = [Uint8Array.of(8)];
  for (let at = 0; at < out.length; at += 255) {
    const part = out.slice(at, at + 255);
    parts.push(Uint8Array.of(part.length, ...part));
  }
  return concat([...parts, Uint8Array.of(0)]);
}
