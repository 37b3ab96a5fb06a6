import { code } from "./code.ts";
import { emptySpectrum, lineAt, type Pair, type Spectrum, tileSide } from "./fold.ts";
import { highest, type Lines, lowest, type Pattern, tiles } from "./pattern.ts";

const reach = 2;
/** Lines beyond this share of the sampling rate are resampler's ringing. */
const usable = 0.43;
/** Bands that a codec emptied must not be amplified: never divide by less than this share of the mean strength. */
const least = 0.3;

/**
 * What each amplitude of a folded tile has to be multiplied with to be about 1 where nothing was embedded: its neighbours' strength is what the
 * picture itself puts there. 0 for lines that the picture is too small to hold. `samples` is the length of a tile in samples of that picture.
 */
export function evenly({ re, im }: Spectrum, samples: number): Float32Array {
  const n = tileSide;
  const side = 2 * (highest + reach) + 1;
  const power = new Float64Array(side * side);
  const at = (kx: number, ky: number): number => (((ky & (n - 1)) << 7) | (kx & (n - 1))) as number;
  const mid = highest + reach;
  let mean = 0;
  let count = 0;
  const holds = (kx: number, ky: number): boolean => Math.hypot(kx, ky) <= usable * samples;
  for (let ky = -mid; ky <= mid; ky++)
    for (let kx = -mid; kx <= mid; kx++) {
      const p = (re[at(kx, ky)] as number) ** 2 + (im[at(kx, ky)] as number) ** 2;
      power[(ky + mid) * side + kx + mid] = Math.hypot(kx, ky) < lowest ? Number.NaN : p;
      const radius = Math.hypot(kx, ky);
      if (radius >= lowest && radius <= highest && holds(kx, ky)) {
        mean += p;
        count++;
      }
    }
  mean /= Math.max(1, count);
  const out = new Float32Array(n * n);
  if (mean === 0) return out;
  for (let ky = -highest; ky <= highest; ky++)
    for (let kx = -highest; kx <= highest; kx++) {
      if (!holds(kx, ky)) continue;
      let sum = 0;
      let near = 0;
      for (let y = ky - reach; y <= ky + reach; y++)
        for (let x = kx - reach; x <= kx + reach; x++) {
          const p = power[(y + mid) * side + x + mid] as number;
          if (!Number.isNaN(p)) {
            sum += p;
            near++;
          }
        }
      if (near === 0) continue;
      out[at(kx, ky)] = Math.sqrt(mean) / (sum / near + least * mean);
    }
  return out;
}

/** Both planes' factors. */
export const evenlyBoth = ({ luma, chroma }: Pair, samples: number): { luma: Float32Array; chroma: Float32Array } => ({
  luma: evenly(luma, samples),
  chroma: evenly(chroma, samples),
});

/** Luma and chroma as one spectrum. */
export function blended(pair: Pair, even: { luma: Float32Array; chroma: Float32Array }, { luma, chroma }: Shares): Spectrum {
  const out = emptySpectrum();
  for (let i = 0; i < out.re.length; i++) {
    const a = luma * (even.luma[i] as number);
    const b = chroma * (even.chroma[i] as number);
    out.re[i] = a * (pair.luma.re[i] as number) + b * (pair.chroma.re[i] as number);
    out.im[i] = a * (pair.luma.im[i] as number) + b * (pair.chroma.im[i] as number);
  }
  return out;
}

/** How much each plane counts. */
export interface Shares {
  readonly luma: number;
  readonly chroma: number;
}
/** Before anything is known. */
export const evenShares: Shares = { luma: 1, chroma: 0.8 };

/** Maximum-ratio combining (Brennan 1959): each plane by how well its sync lines fit. Grey pictures and harsh codecs leave luma alone. */
export function sharesOf(pair: Pair, even: { luma: Float32Array; chroma: Float32Array }, lines: Lines): Shares {
  const ratio = (shares: Shares): number => {
    const fit = Math.max(0.05, Math.min(0.98, agreement(blended(pair, even, shares), lines) / Math.sqrt(2 * lines.kx.length)));
    return fit / Math.sqrt(1 - fit * fit);
  };
  return { luma: ratio({ luma: 1, chroma: 0 }), chroma: ratio({ luma: 0, chroma: 1 }) };
}

/** Samples of a picture in a tile, at a pose that scales by `scale`. */
export const samplesOf = (width: number, height: number, scale = 1): number => Math.sqrt(width * height) / (tiles * scale);

/** Relative amplitude with which lines are drawn: pictures and codecs spare low lines more than they cost there. */
export const shape = (kx: number, ky: number): number => Math.sqrt(9 / Math.hypot(kx, ky));

/** Correlation of known signs with lines, in standard deviations of what signs under another key would give. */
export function agreement({ re, im }: Spectrum, lines: Lines): number {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < lines.kx.length; i++) {
    const at = lineAt(lines, i);
    const a = re[at] as number;
    const b = im[at] as number;
    sum += a * (lines.signRe[i] as number) + b * (lines.signIm[i] as number);
    squares += a * a + b * b;
  }
  return squares === 0 ? 0 : sum / Math.sqrt(squares);
}

/** What each code bit is, as a sum over its lines (positive: 0), and the sum of squares that `scoreOf` needs. */
export interface Soft {
  readonly bits: Float64Array;
  readonly squares: number;
}

export function softBits({ re, im }: Spectrum, { payload, bitRe, bitIm }: Pattern): Soft {
  const bits = new Float64Array(code.codedBits);
  let squares = 0;
  for (let i = 0; i < payload.kx.length; i++) {
    const at = lineAt(payload, i);
    const weight = shape(payload.kx[i] as number, payload.ky[i] as number);
    const a = (re[at] as number) * weight * (payload.signRe[i] as number);
    const b = (im[at] as number) * weight * (payload.signIm[i] as number);
    const ra = bitRe[i] as number;
    const rb = bitIm[i] as number;
    bits[ra] = (bits[ra] as number) + a;
    bits[rb] = (bits[rb] as number) + b;
    squares += a * a + b * b;
  }
  return { bits, squares };
}

/**
 * How well a code word fits: `Σ yᵢcᵢ/√Σ yᵢ²`. In a picture without this key's mark the key's signs are independent of all `yᵢ`, so by
 * Hoeffding's inequality (JASA 58 (1963), theorem 2) one word exceeds `t` with a probability of at most `exp(−t²/2)`, whatever the picture.
 */
export function scoreOf({ bits, squares }: Soft, word: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < code.codedBits; i++) sum += word[i] ? -(bits[i] as number) : (bits[i] as number);
  return squares === 0 ? 0 : sum / Math.sqrt(squares);
}
