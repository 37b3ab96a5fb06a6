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
 * label's pixels change, and the colour table where it has unused places for the label's greys; where it is full and
 * has no two colours in which the label could be read, its rarest colours give way. Undefined for one that is too small.
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
  const palette = paletteOf(frame, stamp, greys, grown);
  const indices = new Uint8Array(width * height).fill(palette.transparent ?? 0);
  for (let y = 0; y < frame.height; y++)
    for (let x = 0, to = (frame.y - top + y) * width + frame.x - left; x < frame.width; x++)
      indices[to + x] = palette.moved[frame.indices[y * frame.width + x] as number] as number;
  for (let y = 0, i = 0; y < stamp.height; y++)
    for (let x = 0; x < stamp.width; x++, i++) {
      const [px, py] = [stamp.x + x - left, stamp.y + y - top];
      const grey = greys[i] as number;
      if (grey >= 0 && px >= 0 && py >= 0 && px < width && py < height) indices[py * width + px] = palette.placeOf(grey);
    }
  return { ...frame, x: left, y: top, width, height, table: palette.table, indices, transparent: palette.transparent };
}

/** Contrast ratio of plate and ink below which few read the label (WCAG 2.2, 1.4.3). */
const legible = 4.5;

/**
 * The frame's colours with the label's greys: in places that no pixel uses but under the label; where none is left, in the nearest colours, and if
 * these are too much alike, in the places of the rarest. `moved` says where each old colour is now.
 */
function paletteOf(frame: GifFrame, stamp: Stamp, greys: Int16Array, grown: boolean) {
  const table = new Uint8Array(768);
  table.set(frame.table.subarray(0, 768));
  const used = usedOf(frame, stamp, greys);
  const places = Array.from({ length: 256 }, (_, i) => 255 - i).sort((a, b) => (used[a] as number) - (used[b] as number));
  // what the enlarged frame leaves open has to show through
  const transparent = frame.transparent ?? (grown ? places.shift() : undefined);
  const wanted = [...new Set(greys)].filter((grey) => grey >= 0).sort((a, b) => a - b);
  const hidden = new Set(transparent === undefined ? [] : [transparent]);
  const [low = 0, high = 0] = [wanted[0], wanted.at(-1)].map((grey = 0) =>
    luminance(table, nearest(table, [grey, grey, grey], hidden)),
  );
  const enough = (high + 0.05) / (low + 0.05) >= legible;
  const taken = new Map<number, number>();
  // plate and ink first
  for (const grey of [...new Set([wanted[0] as number, wanted.at(-1) as number, ...wanted])]) {
    const place = places[0];
    if (place === undefined || (used[place] !== 0 && (enough || taken.size > 1))) break;
    taken.set(grey, places.shift() as number);
  }
  const gone = new Set([...hidden, ...taken.values()]);
  const moved = Uint8Array.from({ length: 256 }, (_, i) =>
    gone.has(i) && i !== frame.transparent && used[i] !== 0 ? nearest(table, [...table.subarray(3 * i, 3 * i + 3)], gone) : i,
  );
  for (const grey of wanted) if (!taken.has(grey)) taken.set(grey, nearest(table, [grey, grey, grey], hidden));
  for (const [grey, place] of taken) if (gone.has(place)) table.fill(grey, 3 * place, 3 * place + 3);
  return { table, transparent, moved, placeOf: (grey: number): number => taken.get(grey) as number };
}

/** Relative luminance, 0 to 1 (WCAG 2.2). */
const luminance = (table: Uint8Array, place: number): number =>
  [0.2126, 0.7152, 0.0722].reduce((sum, weight, c) => {
    const v = (table[3 * place + c] as number) / 255;
    return sum + weight * (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  }, 0);

/** How many pixels have each colour, less those that the label covers. What is transparent counts as the most. */
function usedOf(frame: GifFrame, stamp: Stamp, greys: Int16Array): Uint32Array {
  const used = new Uint32Array(256);
  for (let y = 0, i = 0; y < frame.height; y++)
    for (let x = 0; x < frame.width; x++, i++) {
      const [sx, sy] = [frame.x + x - stamp.x, frame.y + y - stamp.y];
      const inside = sx >= 0 && sy >= 0 && sx < stamp.width && sy < stamp.height;
      if (inside && (greys[sy * stamp.width + sx] as number) >= 0) continue;
      const index = frame.indices[i] as number;
      used[index] = (used[index] as number) + 1;
    }
  if (frame.transparent !== undefined) used[frame.transparent] = 0xffffffff;
  return used;
}

/** The place of the colour nearest to this one, none of `gone`. */
function nearest(table: Uint8Array, colour: readonly number[], gone: ReadonlySet<number>): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let k = 0; k < 256; k++) {
    if (gone.has(k)) continue;
    const away = [0, 1, 2].reduce((sum, c) => sum + ((table[3 * k + c] as number) - (colour[c] as number)) ** 2, 0);
    if (away < least) [best, least] = [k, away];
  }
  return best;
}
