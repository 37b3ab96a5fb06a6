import { fft2 } from "../fft.ts";
import type { Lines } from "./pattern.ts";
import type { Planes } from "./plane.ts";

/** Where the pattern lies: `(u, v) = A·(x − centre, y − centre)/√(width·height) + t`, in tiles. */
export interface Pose {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly tu: number;
  readonly tv: number;
}

/** Samples on a side of the folded tile. */
export const tileSide = 128;

/** Complex amplitudes at all whole frequencies of the tile, FFT order. */
export interface Spectrum {
  readonly re: Float32Array;
  readonly im: Float32Array;
}

/** Spectra of both planes. */
export interface Pair {
  readonly luma: Spectrum;
  readonly chroma: Spectrum;
}

/**
 * `Z(k) = Σ signal(x)·exp(−2πi·k·u(x))`: all tiles laid on one another. Every sample is shared among the four nearest cells of the tile (the
 * spreading of a non-uniform FFT; Dutt and Rokhlin 1993), so no picture is resampled, whatever the pose.
 * Luma goes through the transform as its real part, chroma as its imaginary one.
 */
export function fold({ luma, chroma }: Planes, pose: Pose): Pair {
  const { width, height } = luma;
  const n = tileSide;
  const re = new Float32Array(n * n);
  const im = new Float32Array(n * n);
  const unit = n / Math.sqrt(width * height);
  const du = pose.a * unit;
  const dv = pose.c * unit;
  for (let y = 0, i = 0; y < height; y++) {
    const yy = y - (height - 1) / 2;
    const x0 = -(width - 1) / 2;
    let u = x0 * du + yy * pose.b * unit + pose.tu * n;
    let v = x0 * dv + yy * pose.d * unit + pose.tv * n;
    u -= n * Math.floor(u / n);
    v -= n * Math.floor(v / n);
    for (let x = 0; x < width; x++, i++) {
      const y0 = luma.data[i] as number;
      const c0 = chroma.data[i] as number;
      const iu = u | 0;
      const iv = v | 0;
      const fu = u - iu;
      const fv = v - iv;
      const row = (iv & 127) << 7;
      const next = ((iv + 1) & 127) << 7;
      const left = iu & 127;
      const right = (iu + 1) & 127;
      const w11 = fu * fv;
      const w10 = fu - w11;
      const w01 = fv - w11;
      const w00 = 1 - fu - w01;
      re[row + left] = (re[row + left] as number) + w00 * y0;
      re[row + right] = (re[row + right] as number) + w10 * y0;
      re[next + left] = (re[next + left] as number) + w01 * y0;
      re[next + right] = (re[next + right] as number) + w11 * y0;
      im[row + left] = (im[row + left] as number) + w00 * c0;
      im[row + right] = (im[row + right] as number) + w10 * c0;
      im[next + left] = (im[next + left] as number) + w01 * c0;
      im[next + right] = (im[next + right] as number) + w11 * c0;
      u += du;
      v += dv;
      if (u >= n) u -= n;
      else if (u < 0) u += n;
      if (v >= n) v -= n;
      else if (v < 0) v += n;
    }
  }
  fft2(re, im, n, n);
  const pair = { luma: emptySpectrum(), chroma: emptySpectrum() };
  for (let y = 0; y < n; y++)
    for (let x = 0; x < n; x++) {
      const i = (y << 7) | x;
      const j = (((n - y) & 127) << 7) | ((n - x) & 127);
      pair.luma.re[i] = ((re[i] as number) + (re[j] as number)) / 2;
      pair.luma.im[i] = ((im[i] as number) - (im[j] as number)) / 2;
      pair.chroma.re[i] = ((im[i] as number) + (im[j] as number)) / 2;
      pair.chroma.im[i] = ((re[j] as number) - (re[i] as number)) / 2;
    }
  return pair;
}

export const emptySpectrum = (): Spectrum => ({
  re: new Float32Array(tileSide * tileSide),
  im: new Float32Array(tileSide * tileSide),
});

/** Index of line `i` in a spectrum. */
export const lineAt = (lines: Lines, i: number): number =>
  (((lines.ky[i] as number) & (tileSide - 1)) << 7) | ((lines.kx[i] as number) & (tileSide - 1));
