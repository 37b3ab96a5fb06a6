import type { Raster } from "@inkseal/codec";

/** Pixels a side of what is looked at as one. */
export const side = 128;
/** Tiles along each side of a picture, at most: 16 tiles, 262 thousand pixels, however large it is. */
const most = 4;
/** Below this many pixels a side too few tiles are left to say anything. */
export const leastSide = 2 * side;

/** A square of the picture, row by row, 0 to 255. */
export interface Tile {
  readonly red: Float32Array;
  readonly green: Float32Array;
  readonly blue: Float32Array;
  /** BT.601. */
  readonly luma: Float32Array;
  /** Share of pixels of the same colour as the ones to the right and below. */
  readonly even: number;
}

/** Evenly spread and even in number along each side, so that a picture that is turned or mirrored has the same tiles. */
export function tilesOf(raster: Raster): Tile[] {
  const columns = startsOf(raster.width);
  return startsOf(raster.height).flatMap((top) => columns.map((left) => tileAt(raster, left, top)));
}

function startsOf(length: number): number[] {
  const half = Math.min(most, Math.floor(length / side)) >> 1;
  const before = Array.from({ length: half }, (_, i) => Math.floor(((length - side) * i) / (2 * half - 1)));
  return [...before, ...before.map((start) => length - side - start).reverse()];
}

function tileAt({ width, data }: Raster, left: number, top: number): Tile {
  const plane = (): Float32Array => new Float32Array(side * side);
  const [red, green, blue, luma] = [plane(), plane(), plane(), plane()];
  for (let y = 0, i = 0; y < side; y++)
    for (let x = 0, p = 4 * ((top + y) * width + left); x < side; x++, i++, p += 4) {
      // as over white
      const shown = (data[p + 3] as number) / 255;
      const r = 255 + shown * ((data[p] as number) - 255);
      const g = 255 + shown * ((data[p + 1] as number) - 255);
      const b = 255 + shown * ((data[p + 2] as number) - 255);
      red[i] = r;
      green[i] = g;
      blue[i] = b;
      luma[i] = 0.299 * r + 0.587 * g + 0.114 * b;
    }
  let same = 0;
  for (let y = 0; y < side - 1; y++)
    for (let x = 0, i = y * side; x < side - 1; x++, i++) {
      const [across, down] = [i + 1, i + side];
      if (
        luma[i] === luma[across] &&
        luma[i] === luma[down] &&
        red[i] === red[across] &&
        red[i] === red[down] &&
        blue[i] === blue[across] &&
        blue[i] === blue[down]
      )
        same++;
    }
  return { red, green, blue, luma, even: same / (side - 1) ** 2 };
}
