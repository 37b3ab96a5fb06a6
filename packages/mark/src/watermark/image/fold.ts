import { fft2 } from "../fft.ts";
import type { Lines } from "./pattern.ts";
import type { Planes } from "./plane.ts";
import { scratch } from "./scratch.ts";

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

/** Lines are looked up on a smaller square, FFT order: none is beyond 27. */
export const spectrumSide = 64;
/** Where a frequency lies in a spectrum. */
export const placeOf = (kx: number, ky: number): number => ((ky & (spectrumSide - 1)) << 6) | (kx & (spectrumSide - 1));

/** Complex amplitudes at whole frequencies of the tile. */
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
export function fold(planes: Planes, pose: Pose): Pair {
  const n = tileSide;
  const re = scratch(0, n * n).fill(0);
  const im = scratch(1, n * n).fill(0);
  if (pose.b === 0 && pose.c === 0) foldRows(planes, pose, re, im);
  else foldAny(planes, pose, re, im);
  fft2(re, im, n, n, n, spectrumSide / 2);
  const pair = { luma: emptySpectrum(), chroma: emptySpectrum() };
  const [lumaRe, lumaIm, chromaRe, chromaIm] = [pair.luma.re, pair.luma.im, pair.chroma.re, pair.chroma.im];
  const half = spectrumSide / 2;
  for (let ky = -half; ky < half; ky++)
    for (let kx = -half; kx < half; kx++) {
      const to = placeOf(kx, ky);
      const i = ((ky & 127) << 7) | (kx & 127);
      const j = ((-ky & 127) << 7) | (-kx & 127);
      lumaRe[to] = ((re[i] as number) + (re[j] as number)) / 2;
      lumaIm[to] = ((im[i] as number) - (im[j] as number)) / 2;
      chromaRe[to] = ((im[i] as number) + (im[j] as number)) / 2;
      chromaIm[to] = ((re[j] as number) - (re[i] as number)) / 2;
    }
  return pair;
}

/** Rows lie along the tile's: each is folded by itself, then laid on two of the tile's. */
function foldRows({ luma, chroma }: Planes, pose: Pose, re: Float32Array, im: Float32Array): void {
  const { width, height, data: grey } = luma;
  const colour = chroma.data;
  const n = tileSide;
  const unit = n / Math.sqrt(width * height);
  const lineRe = new Float64Array(n + 1);
  const lineIm = new Float64Array(n + 1);
  const du = pose.a * unit;
  const from = wrapped(pose.tu * n - ((width - 1) / 2) * du);
  for (let y = 0, i = 0; y < height; y++) {
    lineRe.fill(0);
    lineIm.fill(0);
    for (let x = 0, u = from; x < width; x++, i++) {
      const iu = u | 0;
      const fu = u - iu;
      const y0 = grey[i] as number;
      const c0 = colour[i] as number;
      lineRe[iu] = (lineRe[iu] as number) + (1 - fu) * y0;
      lineRe[iu + 1] = (lineRe[iu + 1] as number) + fu * y0;
      lineIm[iu] = (lineIm[iu] as number) + (1 - fu) * c0;
      lineIm[iu + 1] = (lineIm[iu + 1] as number) + fu * c0;
      u += du;
      if (u >= n) u -= n;
      else if (u < 0) u += n;
    }
    lineRe[0] = (lineRe[0] as number) + (lineRe[n] as number);
    lineIm[0] = (lineIm[0] as number) + (lineIm[n] as number);
    const v = wrapped((y - (height - 1) / 2) * pose.d * unit + pose.tv * n);
    const fv = v - Math.floor(v);
    const row = (Math.floor(v) & 127) << 7;
    const next = ((Math.floor(v) + 1) & 127) << 7;
    for (let x = 0; x < n; x++) {
      re[row + x] = (re[row + x] as number) + (1 - fv) * (lineRe[x] as number);
      re[next + x] = (re[next + x] as number) + fv * (lineRe[x] as number);
      im[row + x] = (im[row + x] as number) + (1 - fv) * (lineIm[x] as number);
      im[next + x] = (im[next + x] as number) + fv * (lineIm[x] as number);
    }
  }
}

/** Within the tile. A number a hair below 0 rounds up to its end. */
const wrapped = (u: number): number => {
  const inside = u - tileSide * Math.floor(u / tileSide);
  return inside < tileSide ? inside : 0;
};

function foldAny({ luma, chroma }: Planes, pose: Pose, re: Float32Array, im: Float32Array): void {
  const { width, height, data: grey } = luma;
  const colour = chroma.data;
  const n = tileSide;
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
      const y0 = grey[i] as number;
      const c0 = colour[i] as number;
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
}

export const emptySpectrum = (): Spectrum => ({
  re: new Float32Array(spectrumSide * spectrumSide),
  im: new Float32Array(spectrumSide * spectrumSide),
});

/** Index of line `i` in a spectrum. */
export const lineAt = (lines: Lines, i: number): number => placeOf(lines.kx[i] as number, lines.ky[i] as number);
