import { fft2 } from "../fft.ts";
import { boxBlur } from "./blur.ts";
import type { Pose } from "./fold.ts";
import { type Lines, type Pattern, tiles } from "./pattern.ts";
import type { Planes } from "./plane.ts";
import { scratch } from "./scratch.ts";

/**
 * The search for rotation, scale and mirroring. A shift only turns the phases of a spectrum, so the strengths at the sync lines' places are
 * looked up in one transform of the picture, for every pose on a grid; the best are then moved by small steps of all four numbers of the
 * affine map, which also takes up unequal scaling and shear.
 */

const side = 512;
/** One strong line of the picture counts no more than this many times the noise. */
const cap = 9;
/** Scales searched, length of the picture to length of the original: below 1 it was cropped, above 1 something was put around it. */
const smallest = 0.42;
const largest = 2.1;

export interface Candidate {
  readonly pose: Pose;
  readonly score: number;
}

/** Strengths over frequency, each divided by the mean of its surroundings. */
export interface Strengths {
  readonly data: Float32Array;
  /** Bins for one cycle on √(width·height). */
  readonly bins: number;
}

export function strengthsOf({ luma, chroma }: Planes): Strengths {
  const { width: w, height: h } = luma;
  const halves = w * h > 200 * 200 ? 2 : 1;
  const width = Math.min(side, Math.floor(w / halves));
  const height = Math.min(side, Math.floor(h / halves));
  const re = new Float32Array(side * side);
  const im = new Float32Array(side * side);
  const quarter = (data: Float32Array, x: number, y: number): number => {
    if (halves === 1) return data[y * w + x] as number;
    const i = 2 * y * w + 2 * x;
    return (data[i] as number) + (data[i + 1] as number) + (data[i + w] as number) + (data[i + w + 1] as number);
  };
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      re[y * side + x] = quarter(luma.data, x, y);
      im[y * side + x] = quarter(chroma.data, x, y);
    }
  fft2(re, im, side, side, height);
  // the strengths of either plane, with the zero frequency in the middle, so that no index needs to wrap
  const lumaPower = new Float32Array(side * side);
  const chromaPower = new Float32Array(side * side);
  const middle = side / 2;
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const i = ((y + middle) % side) * side + ((x + middle) % side);
      const j = ((side + middle - y) % side) * side + ((side + middle - x) % side);
      const [a, b, c, d] = [re[i] as number, im[i] as number, re[j] as number, im[j] as number];
      lumaPower[y * side + x] = (a + c) ** 2 + (b - d) ** 2;
      chromaPower[y * side + x] = (b + d) ** 2 + (c - a) ** 2;
    }
  const data = relative(lumaPower, 1);
  const coloured = relative(chromaPower, 0.8);
  for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) + (coloured[i] as number);
  return { data, bins: (side * halves) / Math.sqrt(w * h) };
}

/** Each strength less the mean of its surroundings, in units of it. */
function relative(power: Float32Array, share: number): Float32Array {
  const mean = scratch(1, power.length);
  mean.set(power);
  boxBlur({ width: side, height: side, data: mean }, 12);
  // a plane without anything in it says nothing
  return power.map((p, i) => (mean[i] === 0 ? 0 : share * (Math.min(cap, p / ((mean[i] as number) + 1e-9)) - 1)));
}

/** The likeliest poses, best first, at most `count`; each stands for its turn by half a circle as well. */
export function searchPoses(strengths: Strengths, { beacons: lines }: Pattern, count: number): Candidate[] {
  const { data, bins } = strengths;
  const n = lines.kx.length;
  const order = Array.from({ length: n }, (_, i) => i);
  const radius = Math.max(...order.map((i) => Math.hypot(lines.kx[i] as number, lines.ky[i] as number)));
  const reach = radius * tiles * bins; // bins from the middle to the outermost line, at scale 1
  const found: { score: number; angle: number; scale: number; flip: 1 | -1 }[] = [];
  const x = new Float64Array(n);
  const y = new Float64Array(n);
  const first = n >> 1;
  let threshold = 0.5 * n;
  for (const flip of [1, -1] as const) {
    const turns = Math.ceil((Math.PI * reach) / 1.2);
    for (let turn = 0; turn < turns; turn++) {
      const angle = (Math.PI * turn) / turns;
      const [a, b, c, d] = turned(angle, 1, flip);
      for (let i = 0; i < n; i++) {
        x[i] = ((lines.kx[i] as number) * a + (lines.ky[i] as number) * c) * bins;
        y[i] = ((lines.kx[i] as number) * b + (lines.ky[i] as number) * d) * bins;
      }
      for (let scale = smallest; scale < largest && scale * reach < side / 2 - 2; scale += 1.2 / reach) {
        let sum = 0;
        let i = 0;
        for (; i < first; i++) sum += data[at(x[i] as number, y[i] as number, scale)] as number;
        if (sum < 0) continue;
        for (; i < n; i++) sum += data[at(x[i] as number, y[i] as number, scale)] as number;
        if (sum > threshold) {
          found.push({ score: sum, angle, scale, flip });
          if (found.length > 8000) {
            found.sort((p, q) => q.score - p.score);
            found.length = 3000;
            threshold = (found[2999] as { score: number }).score;
          }
        }
      }
    }
  }
  found.sort((p, q) => q.score - p.score);
  const apart: typeof found = [];
  for (const one of found) {
    if (apart.length >= 200) break;
    const near = apart.some(
      (o) =>
        o.flip === one.flip &&
        Math.abs(o.scale / one.scale - 1) < 4 / reach &&
        Math.abs(Math.sin(o.angle - one.angle)) < 4 / reach,
    );
    if (!near) apart.push(one);
  }
  const climbed = apart
    .map(({ angle, scale, flip }) => climb(strengths, lines, turned(angle, scale, flip), reach * scale))
    .sort((p, q) => q.score - p.score);
  const distinct: Candidate[] = [];
  for (const one of climbed) {
    if (distinct.length >= count) break;
    if (!distinct.some((o) => distance(o.pose, one.pose) < 4 / reach)) distinct.push(one);
  }
  return distinct;
}

const distance = (p: Pose, q: Pose): number =>
  Math.hypot(p.a - q.a, p.b - q.b, p.c - q.c, p.d - q.d) / Math.hypot(p.a, p.b, p.c, p.d);

const at = (x: number, y: number, scale: number): number =>
  ((y * scale + side / 2 + 0.5) | 0) * side + ((x * scale + side / 2 + 0.5) | 0);

/** Scaling by `scale`, turning by `angle`, mirroring first: the linear part of a pose. */
export function turned(angle: number, scale: number, flip: 1 | -1): [a: number, b: number, c: number, d: number] {
  const cos = tiles * scale * Math.cos(angle);
  const sin = tiles * scale * Math.sin(angle);
  return [cos * flip, -sin, sin * flip, cos];
}

/** Steps of the four numbers of the map, each as long as one bin at the outermost line and halved where none helps. */
function climb({ data, bins }: Strengths, lines: Lines, start: [number, number, number, number], reach: number): Candidate {
  const score = ([a, b, c, d]: readonly number[]): number => {
    let sum = 0;
    for (let i = 0; i < lines.kx.length; i++) {
      const kx = (lines.kx[i] as number) * bins;
      const ky = (lines.ky[i] as number) * bins;
      const x = kx * (a as number) + ky * (c as number) + side / 2;
      const y = kx * (b as number) + ky * (d as number) + side / 2;
      const ix = x | 0;
      const iy = y | 0;
      if (ix < 0 || iy < 0 || ix >= side - 1 || iy >= side - 1) continue;
      const p = iy * side + ix;
      const fx = x - ix;
      const top = (data[p] as number) * (1 - fx) + (data[p + 1] as number) * fx;
      const below = (data[p + side] as number) * (1 - fx) + (data[p + side + 1] as number) * fx;
      sum += top + (below - top) * (y - iy);
    }
    return sum;
  };
  // scale, turn, and the two ways of shearing
  const moves = (m: readonly number[], by: number): number[][] => {
    const [a, b, c, d] = m as [number, number, number, number];
    return [
      [a * (1 + by), b * (1 + by), c * (1 + by), d * (1 + by)],
      [a - c * by, b - d * by, c + a * by, d + b * by],
      [a * (1 + by), b * (1 + by), c * (1 - by), d * (1 - by)],
      [a + c * by, b + d * by, c + a * by, d + b * by],
    ];
  };
  let best: number[] = start;
  let top = score(best);
  for (let by = 0.7 / reach; by > 0.08 / reach; by /= 2) {
    for (let moved = true, tries = 0; moved && tries < 12; tries++) {
      moved = false;
      for (let move = 0; move < 4; move++)
        for (const step of [by, -by]) {
          const next = moves(best, step)[move] as number[];
          const value = score(next);
          if (value > top) {
            top = value;
            best = next;
            moved = true;
          }
        }
    }
  }
  const [a, b, c, d] = best as [number, number, number, number];
  return { pose: { a, b, c, d, tu: 0, tv: 0 }, score: top / Math.sqrt(lines.kx.length) };
}
