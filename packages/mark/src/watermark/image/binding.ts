import { KeyStream } from "../key-stream.ts";
import { fold, type Pose } from "./fold.ts";
import { type Lines, tiles } from "./pattern.ts";
import { type Plane, type Planes, product } from "./plane.ts";
import { scratch } from "./scratch.ts";
import { agreement, blended, evenlyBoth, type Shares, samplesOf } from "./spectrum.ts";

/**
 * What ties a mark to its picture. The binding lines are multiplied, place by place, by signs that the picture itself shows: cells of an eighth
 * of a tile, laid out by the mark's own pose, each compared with its neighbours by weights that only the key and the payload tell. A mark that
 * is copied to another picture meets other signs there and averages out (the copy attack of Kutter, Voloshynovskiy and Herrigel, "The watermark
 * copy attack", SPIE 3971 (2000), and its cure by content, Fridrich, "Robust bit extraction from images", ICMCS 1999).
 */

const cellsInTile = 8;
/** Grey levels at which a comparison counts half: below, it says nothing that survives. */
const audible = 3;

/** A picture's own signs, −1 to 1, soft where it is flat; on the picture's pixels. */
export function contentSigns(luma: Plane, pose: Pose, key: Uint8Array, payload: Uint8Array): Plane {
  const { width, height, data } = luma;
  const unit = cellsInTile / Math.sqrt(width * height);
  const cellOf = (x: number, y: number): [number, number] => {
    const dx = (x - (width - 1) / 2) * unit;
    const dy = (y - (height - 1) / 2) * unit;
    return [pose.a * dx + pose.b * dy + pose.tu * cellsInTile, pose.c * dx + pose.d * dy + pose.tv * cellsInTile];
  };
  const corners = [cellOf(0, 0), cellOf(width - 1, 0), cellOf(0, height - 1), cellOf(width - 1, height - 1)];
  const left = Math.floor(Math.min(...corners.map(([u]) => u))) - 1;
  const top = Math.floor(Math.min(...corners.map(([, v]) => v))) - 1;
  const columns = Math.floor(Math.max(...corners.map(([u]) => u))) - left + 2;
  const rows = Math.floor(Math.max(...corners.map(([, v]) => v))) - top + 2;

  const cells = scratch(1, width * height); // whole numbers, exact far beyond any count of cells
  const sums = new Float64Array(columns * rows);
  const counts = new Float64Array(columns * rows);
  const [du, dv] = [pose.a * unit, pose.c * unit];
  for (let y = 0, i = 0; y < height; y++) {
    const [u, v] = cellOf(0, y);
    for (let x = 0; x < width; x++, i++) cells[i] = (Math.floor(v + x * dv) - top) * columns + Math.floor(u + x * du) - left;
  }
  count(sums, counts, cells, data);
  const weights = kernel(key, payload);
  const full = 0.5 / (unit * unit * Math.abs(pose.a * pose.d - pose.b * pose.c)); // half of a whole cell's pixels
  const signs = new Float64Array(columns * rows);
  for (let v = 1; v < rows - 1; v++)
    for (let u = 1; u < columns - 1; u++) {
      let sum = 0;
      let whole = true;
      for (let k = 0; k < 9; k++) {
        const near = (v + Math.floor(k / 3) - 1) * columns + u + (k % 3) - 1;
        if ((counts[near] as number) < full) whole = false;
        else sum += ((weights[k] as number) * (sums[near] as number)) / (counts[near] as number);
      }
      if (whole) signs[v * columns + u] = sum / Math.hypot(sum, audible);
    }
  const out = new Float32Array(width * height);
  look(out, signs, cells);
  return { width, height, data: out };
}

function count(sums: Float64Array, counts: Float64Array, cells: Float32Array, data: Float32Array): void {
  for (let i = 0; i < data.length; i++) {
    const cell = cells[i] as number;
    sums[cell] = (sums[cell] as number) + (data[i] as number);
    counts[cell] = (counts[cell] as number) + 1;
  }
}

function look(out: Float32Array, values: Float64Array, at: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = values[at[i] as number] as number;
}

/** Weights of length 1 for a cell and its neighbours, blind to brightness and to even slopes, which all skies share. */
function kernel(key: Uint8Array, payload: Uint8Array): Float64Array {
  const stream = new KeyStream(key, `inkseal image binding 1 ${payload.join()}`);
  const w = Float64Array.from({ length: 9 }, () => stream.below(4096) - 2047.5);
  for (const plain of [() => 1, (k: number) => (k % 3) - 1, (k: number) => Math.floor(k / 3) - 1]) {
    let along = 0;
    let square = 0;
    for (let k = 0; k < 9; k++) {
      along += (w[k] as number) * plain(k);
      square += plain(k) ** 2;
    }
    for (let k = 0; k < 9; k++) w[k] = (w[k] as number) - (along / square) * plain(k);
  }
  const length = Math.hypot(...w);
  return w.map((x) => x / length);
}

/** A picture's signal, or a sum of signals, each multiplied with its picture's signs. */
export const following = (signal: Planes, signs: Plane): Planes => ({
  luma: product(signal.luma, signs),
  chroma: product(signal.chroma, signs),
});

/** How well the binding lines follow the picture's signs, in standard deviations of what a picture that they do not belong to gives. */
export function bindingScore(followed: Planes, pose: Pose, lines: Lines, shares: Shares): number {
  const scale = Math.sqrt(Math.abs(pose.a * pose.d - pose.b * pose.c)) / tiles;
  const { width, height } = followed.luma;
  const pair = fold(followed, pose);
  return agreement(blended(pair, evenlyBoth(pair, samplesOf(width, height, scale)), shares), lines);
}
