import { code } from "./code.ts";
import { emptySpectrum, lineAt, type Pair, placeOf, type Spectrum, spectrumSide } from "./fold.ts";
import { highest, type Lines, lowest, type Pattern, tiles } from "./pattern.ts";

const reach = 2;
/** Lines beyond this share of the sampling rate are resampler's ringing. */
const usable = 0.43;
/** Bands that a codec emptied must not be amplified: never divide by less than this share of the mean strength. */
const least = 0.3;

/** Side of the block of frequencies that strengths are looked at in, and its middle. */
const side = 2 * (highest + reach) + 1;
const mid = highest + reach;
/** Where the frequencies up to `highest` in both directions lie in a spectrum; nothing else of it is ever read. */
export const inside = Int32Array.from({ length: (2 * highest + 1) ** 2 }, (_, i) =>
  placeOf((i % (2 * highest + 1)) - highest, Math.floor(i / (2 * highest + 1)) - highest),
);
/** Squared radius of each frequency of the block. */
const radii = Float64Array.from({ length: side * side }, (_, i) => ((i % side) - mid) ** 2 + (Math.floor(i / side) - mid) ** 2);

/** Sums over each frequency's neighbours, itself included; the block's margin stays 0. */
function around(block: Float64Array): Float64Array {
  const rows = new Float64Array(block.length);
  for (let i = reach; i < block.length - reach; i++)
    for (let k = -reach; k <= reach; k++) rows[i] = (rows[i] as number) + (block[i + k] as number);
  const out = new Float64Array(block.length);
  for (let y = reach; y < side - reach; y++)
    for (let x = reach, i = y * side + reach; x < side - reach; x++, i++)
      for (let k = -reach; k <= reach; k++) out[i] = (out[i] as number) + (rows[i + k * side] as number);
  return out;
}
/** Neighbours that count: those with lines. */
const neighbours = around(radii.map((r) => (r < lowest ** 2 ? 0 : 1)));

/**
 * What each amplitude of a folded tile has to be multiplied with to be about 1 where nothing was embedded: its neighbours' strength is what the
 * picture itself puts there. 0 for lines that the picture is too small to hold. `samples` is the length of a tile in samples of that picture.
 */
export function evenly({ re, im }: Spectrum, samples: number): Float32Array {
  const power = new Float64Array(side * side);
  const held = (usable * samples) ** 2;
  let mean = 0;
  let count = 0;
  for (let i = 0; i < power.length; i++) {
    const r = radii[i] as number;
    if (r < lowest ** 2) continue;
    const j = placeOf((i % side) - mid, Math.floor(i / side) - mid);
    const p = (re[j] as number) ** 2 + (im[j] as number) ** 2;
    power[i] = p;
    if (r <= highest ** 2 && r <= held) {
      mean += p;
      count++;
    }
  }
  mean /= Math.max(1, count);
  const out = new Float32Array(spectrumSide * spectrumSide);
  if (mean === 0) return out;
  const sums = around(power);
  for (let y = reach, n = 0; y < side - reach; y++)
    for (let x = reach, i = y * side + reach; x < side - reach; x++, i++, n++)
      if ((radii[i] as number) <= held && (neighbours[i] as number) > 0)
        out[inside[n] as number] = Math.sqrt(mean) / ((sums[i] as number) / (neighbours[i] as number) + least * mean);
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
  blend(out.re, pair.luma.re, even.luma, luma, pair.chroma.re, even.chroma, chroma);
  blend(out.im, pair.luma.im, even.luma, luma, pair.chroma.im, even.chroma, chroma);
  return out;
}

function blend(
  out: Float32Array,
  a: Float32Array,
  evenA: Float32Array,
  shareA: number,
  b: Float32Array,
  evenB: Float32Array,
  shareB: number,
): void {
  for (let n = 0; n < inside.length; n++) {
    const i = inside[n] as number;
    out[i] = shareA * (evenA[i] as number) * (a[i] as number) + shareB * (evenB[i] as number) * (b[i] as number);
  }
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
