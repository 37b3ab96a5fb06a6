import type { Raster } from "@inkseal/codec";
import { tiles } from "./pattern.ts";
import type { Plane } from "./plane.ts";
import { drawnSide } from "./tile.ts";

/** Per column (or row): the two samples to mix and the share of the second. */
interface Taps {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly share: Float32Array;
}

/** Where the pixels of a line of `length` fall in the tile, whose centre is the picture's. */
function tileTaps(length: number, size: number): Taps {
  const first = new Int32Array(length);
  const second = new Int32Array(length);
  const share = new Float32Array(length);
  for (let x = 0; x < length; x++) {
    const u = ((x - (length - 1) / 2) * tiles * drawnSide) / size;
    const whole = Math.floor(u);
    first[x] = whole & (drawnSide - 1);
    second[x] = (whole + 1) & (drawnSide - 1);
    share[x] = u - whole;
  }
  return { first, second, share };
}

/** Where they fall in a plane of `from` samples over the same picture. */
function planeTaps(length: number, from: number): Taps {
  const first = new Int32Array(length);
  const second = new Int32Array(length);
  const share = new Float32Array(length);
  for (let x = 0; x < length; x++) {
    const u = Math.min(from - 1, Math.max(0, ((x + 0.5) * from) / length - 0.5));
    first[x] = Math.floor(u);
    second[x] = Math.min(from - 1, (first[x] as number) + 1);
    share[x] = u - (first[x] as number);
  }
  return { first, second, share };
}

/** A tile repeated over the picture, with its amplitude at each place of the working grid. */
export interface Layer {
  readonly tile: Float32Array;
  readonly amplitude: Plane;
}

/** Row `y` of data whose lines are `width` long, not yet read along the row. */
function mixed(out: Float64Array, data: Float32Array, width: number, { first, second, share }: Taps, y: number): void {
  const top = (first[y] as number) * width;
  const below = (second[y] as number) * width;
  const by = share[y] as number;
  for (let x = 0; x < width; x++) {
    const t = data[top + x] as number;
    out[x] = t + ((data[below + x] as number) - t) * by;
  }
}

/** A layer on the working grid and `by` times another mark, into `out`. */
export function markOn(out: Float32Array, { tile, amplitude }: Layer, other: Plane, by: number): void {
  const { width, height } = amplitude;
  const size = Math.sqrt(width * height);
  const { first, second, share } = tileTaps(width, size);
  const rows = tileTaps(height, size);
  const line = new Float64Array(drawnSide);
  const [strength, rest] = [amplitude.data, other.data];
  for (let y = 0, i = 0; y < height; y++) {
    mixed(line, tile, drawnSide, rows, y);
    for (let x = 0; x < width; x++, i++) {
      const t = line[first[x] as number] as number;
      const here = t + ((line[second[x] as number] as number) - t) * (share[x] as number);
      out[i] = here * (strength[i] as number) + by * (rest[i] as number);
    }
  }
}

/** What the layers add to each row of a picture; the row that is handed out is used again. */
function rowsOf(width: number, height: number, layers: readonly Layer[]): (y: number) => Float64Array {
  const size = Math.sqrt(width * height);
  const tileColumns = tileTaps(width, size);
  const tileRows = tileTaps(height, size);
  const { width: w, height: h } = (layers[0] as Layer).amplitude;
  const planeColumns = planeTaps(width, w);
  const planeRows = planeTaps(height, h);
  const pattern = new Float64Array(drawnSide);
  const strength = new Float64Array(w);
  const change = new Float64Array(width);
  return (y) => {
    change.fill(0);
    for (const { tile, amplitude } of layers) {
      mixed(pattern, tile, drawnSide, tileRows, y);
      mixed(strength, amplitude.data, w, planeRows, y);
      multiplied(change, pattern, tileColumns, strength, planeColumns);
    }
    return change;
  };
}

/** Adds the product of two rows, each read by its taps. */
function multiplied(out: Float64Array, a: Float64Array, at: Taps, b: Float64Array, by: Taps): void {
  const { first: f, second: s, share: w } = at;
  const { first: g, second: h, share: v } = by;
  for (let x = 0; x < out.length; x++) {
    const t = a[f[x] as number] as number;
    const u = b[g[x] as number] as number;
    out[x] =
      (out[x] as number) +
      (t + ((a[s[x] as number] as number) - t) * (w[x] as number)) *
        (u + ((b[h[x] as number] as number) - u) * (v[x] as number));
  }
}

/** Adds the mark, `scale` times, to red, green and blue in the shares `mix`. */
export function paint(raster: Raster, layers: readonly Layer[], scale: number, mix: readonly [number, number, number]): Raster {
  const { width, height, data } = raster;
  const changes = rowsOf(width, height, layers);
  const out = new Uint8ClampedArray(data);
  const [red, green, blue] = mix.map((share) => share * scale) as [number, number, number];
  for (let y = 0; y < height; y++) paintRow(out, 4 * y * width, changes(y), red, green, blue);
  return { width, height, data: out };
}

function paintRow(out: Uint8ClampedArray, from: number, change: Float64Array, red: number, green: number, blue: number): void {
  for (let x = 0, p = from; x < change.length; x++, p += 4) {
    const by = change[x] as number;
    out[p] = (out[p] as number) + red * by;
    out[p + 1] = (out[p + 1] as number) + green * by;
    out[p + 2] = (out[p + 2] as number) + blue * by;
  }
}

/** What the layers add to a picture of that size, for pictures that many frames share. */
export function changesOf(width: number, height: number, layers: readonly Layer[]): Float32Array {
  const changes = rowsOf(width, height, layers);
  const out = new Float32Array(width * height);
  for (let y = 0; y < height; y++) out.set(changes(y), y * width);
  return out;
}
