import type { Raster } from "@inkseal/codec";
import { workingPlanes } from "../watermark/image/shrink.ts";

/**
 * PDQ, the photo hash of Facebook's ThreatExchange (Dalins, Wilson and Boudry, "PDQ & TMK + PDQF", arXiv:1912.07745;
 * hashing/pdq.pdf there): luma, two tent-like passes of a box filter (Jarosz 2001) down to 64×64, the 16×16 lowest
 * frequencies of its DCT without the constant ones, and for each whether it is above their median. 256 bits.
 *
 * It outlives codecs, sizes, brightness and small text; quarter turns and mirroring are asked for at search. It does not
 * outlive crops of more than a few per cent: that is what watermarks are for.
 */
export interface Pdq {
  /** 32 bytes; the lowest frequency is the last bit, as PDQ's hex has it. */
  readonly hash: Uint8Array;
  /** 0 to 100: how much there is to see. Below 50 hashes of different pictures meet. */
  readonly quality: number;
  /** Hashes of the eight ways of laying the picture down, the first as it is. */
  readonly turned: readonly Uint8Array[];
}

const side = 64;
const kept = 16;
/** Reference implementations take photos down to this before the filter. */
const working = 512;
/** Below this many pixels a side there is nothing to hash. */
const leastSide = 5;
export const leastQuality = 50;

export function pdq(raster: Raster): Pdq {
  if (Math.min(raster.width, raster.height) < leastSide) {
    const hash = new Uint8Array(32);
    return { hash, quality: 0, turned: [hash] };
  }
  const { width, height, data } = workingPlanes(raster, working).luma;
  const luma = data.slice();
  const other = new Float32Array(luma.length);
  const windowOf = (length: number): number => Math.floor((length + 2 * side - 1) / (2 * side));
  for (let pass = 0; pass < 2; pass++) {
    for (let y = 0; y < height; y++) boxed(luma, other, y * width, 1, width, windowOf(width));
    for (let x = 0; x < width; x++) boxed(other, luma, x, width, height, windowOf(height));
  }
  const small = new Float32Array(side * side);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      small[y * side + x] = luma[
        Math.floor(((y + 0.5) * height) / side) * width + Math.floor(((x + 0.5) * width) / side)
      ] as number;
  const frequencies = dct(small);
  const turned = turns.map((turn) => bitsOf(turn(frequencies)));
  return { hash: turned[0] as Uint8Array, quality: qualityOf(small), turned };
}

/** Mean over `window` values around each of a line, fewer at its ends; an even window reaches further on. */
function boxed(from: Float32Array, to: Float32Array, start: number, stride: number, length: number, window: number): void {
  const ahead = Math.min(window >> 1, length - 1);
  const behind = window - 1 - (window >> 1);
  let sum = 0;
  for (let i = 0; i < ahead; i++) sum += from[start + i * stride] as number;
  for (let i = 0; i < length; i++) {
    if (i + ahead < length) sum += from[start + (i + ahead) * stride] as number;
    if (i - behind > 0) sum -= from[start + (i - behind - 1) * stride] as number;
    to[start + i * stride] = sum / (Math.min(length - 1, i + ahead) - Math.max(0, i - behind) + 1);
  }
}

/** Rows of the DCT-II for the frequencies 1 to 16, 64 long. */
const cosines = Float32Array.from(
  { length: kept * side },
  (_, i) => Math.sqrt(2 / side) * Math.cos((Math.PI / 2 / side) * (Math.floor(i / side) + 1) * (2 * (i % side) + 1)),
);

function dct(small: Float32Array): Float32Array {
  const across = new Float32Array(kept * side);
  for (let v = 0; v < kept; v++)
    for (let x = 0; x < side; x++) {
      let sum = 0;
      for (let y = 0; y < side; y++) sum += (cosines[v * side + y] as number) * (small[y * side + x] as number);
      across[v * side + x] = sum;
    }
  const out = new Float32Array(kept * kept);
  for (let v = 0; v < kept; v++)
    for (let u = 0; u < kept; u++) {
      let sum = 0;
      for (let x = 0; x < side; x++) sum += (across[v * side + x] as number) * (cosines[u * side + x] as number);
      out[v * kept + u] = sum;
    }
  return out;
}

type Turn = (frequencies: Float32Array) => Float32Array;
/** A picture mirrored has the same frequencies, the odd ones with the other sign; index 0 is frequency 1. */
const turn =
  (transpose: boolean, flipX: boolean, flipY: boolean): Turn =>
  (f) => {
    const out = new Float32Array(f.length);
    for (let v = 0; v < kept; v++)
      for (let u = 0; u < kept; u++) {
        const negative = (flipX && u % 2 === 0) !== (flipY && v % 2 === 0);
        out[transpose ? u * kept + v : v * kept + u] = (negative ? -1 : 1) * (f[v * kept + u] as number);
      }
    return out;
  };
const turns: readonly Turn[] = [false, true].flatMap((transpose) =>
  [false, true].flatMap((flipY) => [false, true].map((flipX) => turn(transpose, flipX, flipY))),
);

function bitsOf(frequencies: Float32Array): Uint8Array {
  // the lower of the two middle ones, as Torben's method gives it
  const median = frequencies.slice().sort()[frequencies.length / 2 - 1] as number;
  const hash = new Uint8Array(32);
  frequencies.forEach((f, i) => {
    if (f > median) hash[31 - (i >> 3)] = (hash[31 - (i >> 3)] as number) | (1 << (i & 7));
  });
  return hash;
}

function qualityOf(small: Float32Array): number {
  let sum = 0;
  const step = (a: number, b: number): number =>
    Math.abs(Math.trunc((((small[a] as number) - (small[b] as number)) * 100) / 255));
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      if (y + 1 < side) sum += step(y * side + x, (y + 1) * side + x);
      if (x + 1 < side) sum += step(y * side + x, y * side + x + 1);
    }
  return Math.min(100, Math.floor(sum / 90));
}
