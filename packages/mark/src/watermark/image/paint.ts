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

/** Row `y` of `plane`, whose lines are `width` long, as `columns` and `rows` see it. */
function row(out: Float32Array, data: Float32Array, width: number, columns: Taps, rows: Taps, y: number): void {
  const top = (rows.first[y] as number) * width;
  const below = (rows.second[y] as number) * width;
  const fy = rows.share[y] as number;
  for (let x = 0; x < out.length; x++) {
    const a = columns.first[x] as number;
    const b = columns.second[x] as number;
    const fx = columns.share[x] as number;
    const t = (data[top + a] as number) * (1 - fx) + (data[top + b] as number) * fx;
    const u = (data[below + a] as number) * (1 - fx) + (data[below + b] as number) * fx;
    out[x] = t + (u - t) * fy;
  }
}

/** A tile repeated over the picture, with its amplitude at each place of the working grid. */
export interface Layer {
  readonly tile: Float32Array;
  readonly amplitude: Plane;
}

/** The mark on the working grid. */
export function markOn(layers: readonly Layer[]): Plane {
  const { width, height } = (layers[0] as Layer).amplitude;
  const size = Math.sqrt(width * height);
  const columns = tileTaps(width, size);
  const rows = tileTaps(height, size);
  const out = new Float32Array(width * height);
  const line = new Float32Array(width);
  for (const { tile, amplitude } of layers)
    for (let y = 0; y < height; y++) {
      row(line, tile, drawnSide, columns, rows, y);
      for (let x = 0, i = y * width; x < width; x++, i++)
        out[i] = (out[i] as number) + (line[x] as number) * (amplitude.data[i] as number);
    }
  return { width, height, data: out };
}

/** What the layers add to each row of a picture; the row that is handed out is used again. */
function rowsOf(width: number, height: number, layers: readonly Layer[]): (y: number) => Float32Array {
  const size = Math.sqrt(width * height);
  const tileColumns = tileTaps(width, size);
  const tileRows = tileTaps(height, size);
  const { width: w, height: h } = (layers[0] as Layer).amplitude;
  const planeColumns = planeTaps(width, w);
  const planeRows = planeTaps(height, h);
  const pattern = new Float32Array(width);
  const strength = new Float32Array(width);
  const change = new Float32Array(width);
  return (y) => {
    change.fill(0);
    for (const { tile, amplitude } of layers) {
      row(pattern, tile, drawnSide, tileColumns, tileRows, y);
      row(strength, amplitude.data, w, planeColumns, planeRows, y);
      for (let x = 0; x < width; x++) change[x] = (change[x] as number) + (pattern[x] as number) * (strength[x] as number);
    }
    return change;
  };
}

/** Adds the mark, `scale` times, to red, green and blue in the shares `mix`. */
export function paint(raster: Raster, layers: readonly Layer[], scale: number, mix: readonly [number, number, number]): Raster {
  const { width, height, data } = raster;
  const changes = rowsOf(width, height, layers);
  const out = new Uint8ClampedArray(data);
  const [red, green, blue] = mix.map((share) => share * scale) as [number, number, number];
  for (let y = 0, p = 0; y < height; y++) {
    const change = changes(y);
    for (let x = 0; x < width; x++, p += 4) {
      const by = change[x] as number;
      out[p] = (data[p] as number) + red * by;
      out[p + 1] = (data[p + 1] as number) + green * by;
      out[p + 2] = (data[p + 2] as number) + blue * by;
    }
  }
  return { width, height, data: out };
}

/** What the layers add to a picture of that size, for pictures that many frames share. */
export function changesOf(width: number, height: number, layers: readonly Layer[]): Float32Array {
  const changes = rowsOf(width, height, layers);
  const out = new Float32Array(width * height);
  for (let y = 0; y < height; y++) out.set(changes(y), y * width);
  return out;
}
