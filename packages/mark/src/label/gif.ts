import {
  type Gif,
  type GifBlock,
  type GifFrame,
  gifControl,
  gifControlOf,
  gifFirst,
  gifFrame,
  gifImage,
  gifScreen,
} from "@inkseal/codec";
import type { Locale } from "@inkseal/core";
import { type CornerLabel, type Stamp, stampFor, toneOn } from "./corner.ts";

/** Greys that the label is drawn in, plate to ink: a GIF has few colours to spare. */
const shades = 6;

/**
 * The corner label on every frame of a GIF, on an opaque plate. Frames that leave the corner as it is stay byte by byte; in the others only the
 * label's pixels change, and the colour table where it has unused places for the label's greys. Undefined for one that is too small.
 */
export function labelGif(gif: Gif, locale: Locale): { readonly gif: Gif; readonly label: CornerLabel } | undefined {
  const { width, height } = gifScreen(gif);
  const stamp = stampFor(width, height, locale);
  const first = gifFirst(gif);
  if (stamp === undefined || first === undefined) return undefined;
  const greys = greysOf(stamp, brightBelow(stamp, first.data, width), shades);
  const blocks: GifBlock[] = [...gif.blocks];
  let whole = false; // the label stands on the screen already
  for (const [at, { kind }] of gif.blocks.entries()) {
    if (kind !== "image") continue;
    const frame = gifFrame(gif, at);
    const touches =
      frame.x < stamp.x + stamp.width &&
      frame.x + frame.width > stamp.x &&
      frame.y < stamp.y + stamp.height &&
      frame.y + frame.height > stamp.y;
    const before: boolean = whole;
    if (!whole || touches) {
      const drawn = withStamp(frame, stamp, greys, whole);
      const control = gifControlOf(gif, at);
      blocks[at] = gifImage(drawn);
      if (control !== undefined) blocks[at - 1] = gifControl(control, drawn.transparent);
      else if (drawn.transparent !== undefined)
        blocks[at] = joined(gifControl(undefined, drawn.transparent), blocks[at] as GifBlock);
      whole = frame.disposal === 2 ? false : frame.disposal === 3 ? before : true;
    } else if (frame.disposal === 3) whole = before;
  }
  return { gif: { ...gif, blocks }, label: stamp.label };
}

const joined = (a: GifBlock, b: GifBlock): GifBlock => {
  const bytes = new Uint8Array(a.bytes.length + b.bytes.length);
  bytes.set(a.bytes);
  bytes.set(b.bytes, a.bytes.length);
  return { ...b, bytes };
};

export function brightBelow(stamp: Stamp, data: Uint8ClampedArray, width: number): boolean {
  let sum = 0;
  for (let y = 0; y < stamp.height; y++)
    for (let x = 0; x < stamp.width; x++) {
      const at = 4 * ((stamp.y + y) * width + stamp.x + x);
      sum += 0.2126 * (data[at] as number) + 0.7152 * (data[at + 1] as number) + 0.0722 * (data[at + 2] as number);
    }
  return sum / (stamp.width * stamp.height) > 128;
}

/** The grey of each of the label's pixels, `shades` in all; −1 outside of the rounded plate. */
export function greysOf({ plate, ink }: Stamp, bright: boolean, shades: number): Int16Array {
  const tone = toneOn(bright);
  return Int16Array.from(plate, (cover, i) => {
    if (cover < 0.5) return -1;
    const share = Math.round((ink[i] as number) * (shades - 1)) / (shades - 1);
    return Math.round(tone.plate + (tone.ink - tone.plate) * share);
  });
}

/** The frame with the label; enlarged to hold all of it unless `whole`, when what it leaves free shows the label already. */
function withStamp(frame: GifFrame, stamp: Stamp, greys: Int16Array, whole: boolean): GifFrame {
  const left = whole ? frame.x : Math.min(frame.x, stamp.x);
  const top = whole ? frame.y : Math.min(frame.y, stamp.y);
  const right = whole ? frame.x + frame.width : Math.max(frame.x + frame.width, stamp.x + stamp.width);
  const bottom = whole ? frame.y + frame.height : Math.max(frame.y + frame.height, stamp.y + stamp.height);
  const [width, height] = [right - left, bottom - top];
  const grown = width !== frame.width || height !== frame.height;
  const palette = paletteOf(frame, greys, grown);
  const indices = new Uint8Array(width * height).fill(palette.transparent ?? 0);
  for (let y = 0; y < frame.height; y++)
    indices.set(frame.indices.subarray(y * frame.width, (y + 1) * frame.width), (frame.y - top + y) * width + frame.x - left);
  for (let y = 0, i = 0; y < stamp.height; y++)
    for (let x = 0; x < stamp.width; x++, i++) {
      const [px, py] = [stamp.x + x - left, stamp.y + y - top];
      const grey = greys[i] as number;
      if (grey >= 0 && px >= 0 && py >= 0 && px < width && py < height) indices[py * width + px] = palette.placeOf(grey);
    }
  return { ...frame, x: left, y: top, width, height, table: palette.table, indices, transparent: palette.transparent };
}

/** The frame's colours with the label's greys in places that no pixel uses; where none is left, the nearest colour serves. */
function paletteOf(frame: GifFrame, greys: Int16Array, grown: boolean) {
  const table = new Uint8Array(768);
  table.set(frame.table.subarray(0, 768));
  const used = new Uint8Array(256);
  for (const index of frame.indices) used[index] = 1;
  if (frame.transparent !== undefined) used[frame.transparent] = 1;
  const free = Array.from({ length: 256 }, (_, i) => 255 - i).filter((i) => used[i] === 0);
  // what the enlarged frame leaves open has to show through
  const transparent = frame.transparent ?? (grown ? free.shift() : undefined);
  const places = new Map<number, number>();
  for (const grey of new Set(greys)) {
    const place = grey < 0 ? undefined : free.shift();
    if (place === undefined) continue;
    table.fill(grey, 3 * place, 3 * place + 3);
    places.set(grey, place);
  }
  const nearest = (grey: number): number => {
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 256; i++) {
      if (i === transparent) continue;
      const away = [0, 1, 2].reduce((sum, c) => sum + ((table[3 * i + c] as number) - grey) ** 2, 0);
      if (away < least) [best, least] = [i, away];
    }
    places.set(grey, best);
    return best;
  };
  return { table, transparent, placeOf: (grey: number): number => places.get(grey) ?? nearest(grey) };
}
