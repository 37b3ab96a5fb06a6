import { fft } from "../watermark/fft.ts";
import { RealFft } from "../watermark/real-fft.ts";
import { sumOf } from "./residual.ts";
import { side } from "./tiles.ts";

const bins = side / 2 + 1;
const hann = Float64Array.from({ length: side }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / side));
/** Rings of equal width from 0.03 to 0.5 cycles a pixel; what lies beyond, in the corners, is one more. */
const rings = 12;
const first = 0.03;

/** Frequencies that grids of enlargement by 2, 4 and 8 leave, in 1/8 cycles a pixel. A JPEG's blocks leave the ones along an axis too. */
const grid: readonly (readonly [number, number])[] = [
  [4, 0],
  [4, 4],
  [2, 0],
  [2, 2],
  [4, 2],
  [1, 0],
  [1, 1],
  [3, 0],
  [3, 3],
  [3, 1],
  [2, 1],
  [4, 1],
];

export const spectrumNames: readonly string[] = [
  ...Array.from({ length: rings + 1 }, (_, i) => `ring ${i}`),
  "axis to diagonal, middle",
  "axis to diagonal, high",
  ...grid.map(([u, v]) => `peak ${u}/8 ${v}/8`),
];

/** Mean power spectrum of tiles, each with the same weight: where its power lies and how far the grid's frequencies stand out (ln). */
export class Spectrum {
  readonly #power = new Float64Array(side * bins);
  readonly #fft = new RealFft(side);
  readonly #re = new Float64Array(side * bins);
  readonly #im = new Float64Array(side * bins);

  add(luma: Float32Array): void {
    const mean = sumOf(luma) / luma.length;
    const row = new Float64Array(side);
    const [re, im] = [this.#re, this.#im];
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) row[x] = (luma[y * side + x]! - mean) * hann[x]! * hann[y]!;
      const at = y * bins;
      this.#fft.forward(row, re.subarray(at, at + bins), im.subarray(at, at + bins));
    }
    const [columnRe, columnIm] = [new Float64Array(side), new Float64Array(side)];
    let total = 0;
    for (let u = 0; u < bins; u++) {
      for (let y = 0; y < side; y++) {
        columnRe[y] = re[y * bins + u]!;
        columnIm[y] = im[y * bins + u]!;
      }
      fft(columnRe, columnIm);
      for (let v = 0; v < side; v++) {
        const power = columnRe[v]! ** 2 + columnIm[v]! ** 2;
        re[v * bins + u] = power;
        if (u > 3 || (v > 3 && v < side - 3)) total += power;
      }
    }
    for (let i = 0; i < re.length; i++) this.#power[i] = this.#power[i]! + re[i]! / (total + 1e-3 * re.length);
  }

  /** In the order of `spectrumNames`. */
  features(): number[] {
    const sums = new Float64Array(rings + 1);
    const counts = new Float64Array(rings + 1);
    const fans = [0, 0, 0, 0];
    const inFans = [0, 0, 0, 0];
    for (let v = 0; v < side; v++)
      for (let u = 0; u < bins; u++) {
        const [fx, fy] = [u / side, Math.min(v, side - v) / side];
        const f = Math.hypot(fx, fy);
        if (f < first) continue;
        const half = u === 0 || u === side / 2 ? 1 : 2; // the other half is the same
        const power = half * this.#power[v * bins + u]!;
        const ring = Math.min(rings, Math.floor(((f - first) / (0.5 - first)) * rings));
        sums[ring] = sums[ring]! + power;
        counts[ring] = counts[ring]! + half;
        if (f < 0.15 || f > 0.5) continue;
        const slope = Math.min(fx, fy) / Math.max(fx, fy);
        if (slope > 0.2 && slope < 0.6) continue;
        const fan = (f > 0.32 ? 2 : 0) + (slope <= 0.2 ? 0 : 1);
        fans[fan] = fans[fan]! + power;
        inFans[fan] = inFans[fan]! + half;
      }
    const level = Array.from(sums, (sum, i) => Math.log(sum / counts[i]! + 1e-12));
    const fan = fans.map((sum, i) => Math.log(sum / inFans[i]! + 1e-12));
    return [...level, fan[0]! - fan[1]!, fan[2]! - fan[3]!, ...grid.map(([u, v]) => this.#peak(u, v))];
  }

  /** ln of the power at a frequency and its likes against the median of those around. */
  #peak(u: number, v: number): number {
    const likes = [
      [u, v],
      [u, -v],
      [v, u],
      [v, -u],
    ].map(([a, b]) => [(a! * side) / 8, (b! * side) / 8] as const);
    const logs = likes.map(([a, b]) => {
      const around: number[] = [];
      for (let dv = -6; dv <= 6; dv++)
        for (let du = -6; du <= 6; du++) if (Math.max(Math.abs(du), Math.abs(dv)) > 2) around.push(this.#at(a + du, b + dv));
      around.sort((p, q) => p - q);
      return Math.log((this.#at(a, b) + 1e-12) / (around[around.length >> 1]! + 1e-12));
    });
    return logs.reduce((a, b) => a + b, 0) / logs.length;
  }

  #at(u: number, v: number): number {
    const wrap = (n: number): number => ((n % side) + side) % side;
    const [a, b] = wrap(u) > side / 2 ? [wrap(-u), wrap(-v)] : [wrap(u), wrap(v)];
    return this.#power[b * bins + a]!;
  }
}
