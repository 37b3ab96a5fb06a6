import { quietest } from "./levels.ts";
import { bands } from "./pattern.ts";

const bandKnots = 8;
/** dB above the quietest tenth of its band, and below the loudest of its neighbours, at which a cell's trust may bend. */
const aboveFloor = [0, 4, 10, 20];
const belowNeighbours = [0, 3, 8, 16];
const features = bandKnots + aboveFloor.length + belowNeighbours.length;
const ridge = 20; // cells' worth of belief that all are alike

/**
 * How much each cell, [slots, bands], is to be trusted: how far the pilots like it agree with the recording. Noise drowns the quiet, codecs
 * drop what is masked, filters take whole bands; so agreement is fitted (ridge regression) as a sum of functions of a cell's band, of its level
 * above its band's floor, and of its level below its neighbours'. `agreement` is 0 where a cell is no pilot.
 */
export function reliability(levels: Float32Array, agreement: Float32Array): Float32Array {
  const count = levels.length / bands;
  const floors = quietest(levels);
  const row = new Float64Array(features);
  const describe = (i: number): void => {
    row.fill(0);
    const band = i % bands;
    const slot = (i - band) / bands;
    hat(row, 0, bandKnots, (band / (bands - 1)) * (bandKnots - 1));
    hat(row, bandKnots, aboveFloor.length, placeIn(aboveFloor, levels[i]! - floors[band]!));
    let loudest = levels[i]!;
    for (let b = Math.max(0, band - 3); b <= Math.min(bands - 1, band + 3); b++)
      for (let s = Math.max(0, slot - 2); s <= Math.min(count - 1, slot + 1); s++)
        loudest = Math.max(loudest, levels[s * bands + b]!);
    hat(row, bandKnots + aboveFloor.length, belowNeighbours.length, placeIn(belowNeighbours, loudest - levels[i]!));
  };
  const square = new Float64Array(features * features);
  const right = new Float64Array(features);
  let mean = 0;
  let pilots = 0;
  for (const a of agreement) {
    mean += a;
    if (a !== 0) pilots++;
  }
  mean /= Math.max(1, pilots);
  for (let i = 0; i < levels.length; i++) {
    if (agreement[i] === 0) continue;
    describe(i);
    for (let a = 0; a < features; a++) {
      if (row[a] === 0) continue;
      right[a]! += row[a]! * (agreement[i]! - mean);
      for (let b = 0; b < features; b++) square[a * features + b]! += row[a]! * row[b]!;
    }
  }
  for (let a = 0; a < features; a++) square[a * features + a]! += ridge;
  const slopes = solve(square, right);
  return Float32Array.from({ length: levels.length }, (_, i) => {
    describe(i);
    let trust = mean;
    for (let a = 0; a < features; a++) trust += slopes[a]! * row[a]!;
    return Math.max(0.1 * mean, trust);
  });
}

/** Where `value` lies among rising knots: whole at a knot, linear between, held at the ends. */
function placeIn(knots: readonly number[], value: number): number {
  let k = 0;
  while (k < knots.length - 1 && value >= knots[k + 1]!) k++;
  if (k === knots.length - 1 || value <= knots[0]!) return k;
  return k + (value - knots[k]!) / (knots[k + 1]! - knots[k]!);
}

/** Writes the two linear hat functions that are not 0 at `x`. */
function hat(row: Float64Array, from: number, knots: number, x: number): void {
  const k = Math.min(knots - 2, Math.floor(x));
  row[from + k] = 1 - (x - k);
  row[from + k + 1] = x - k;
}

/** x of `square` · x = `right` for a positive definite matrix (Cholesky). Changes `square`. */
function solve(square: Float64Array, right: Float64Array): Float64Array {
  const n = right.length;
  const x = right.slice();
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = square[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= square[i * n + k]! * square[j * n + k]!;
      square[i * n + j] = i === j ? Math.sqrt(sum) : sum / square[j * n + j]!;
    }
    for (let k = 0; k < i; k++) x[i]! -= square[i * n + k]! * x[k]!;
    x[i]! /= square[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= square[k * n + i]! * x[k]!;
    x[i]! /= square[i * n + i]!;
  }
  return x;
}
