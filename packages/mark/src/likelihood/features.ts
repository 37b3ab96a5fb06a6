import type { Raster } from "@inkseal/codec";
import { addCooccurrences, cooccurrences } from "./cooccurrence.ts";
import { absolute, halved, meanProduct, residual, type Square, sumOf } from "./residual.ts";
import { Spectrum, spectrumNames } from "./spectrum.ts";
import { textureNames, textureOf } from "./texture.ts";
import { leastSide, side, tilesOf } from "./tiles.ts";
import { toneNames, toneOf } from "./tone.ts";

/** A tile with a larger share of pixels like their neighbours says nothing; a picture with fewer such tiles neither. */
const mostEven = 0.6;
const leastShare = 0.3;

export const featureNames: readonly string[] = [
  ...spectrumNames,
  ...toneNames,
  "uneven 1",
  "uneven 2",
  ...textureNames,
  ...Array.from({ length: cooccurrences }, (_, i) => `threes ${i}`),
];

/**
 * Statistics of a picture, the same however it is laid down: its power spectrum, its tones, and of a quarter of its size the texture, which codecs and
 * resizing leave alone. Undefined for what is too small, and for flat art, screens and other graphics, which no camera made either.
 */
export function featuresOf(raster: Raster): number[] | undefined {
  if (Math.min(raster.width, raster.height) < leastSide) return undefined;
  const all = tilesOf(raster);
  const tiles = all.filter((tile) => tile.even < mostEven);
  if (tiles.length < Math.max(4, leastShare * all.length)) return undefined;
  const spectrum = new Spectrum();
  for (const tile of tiles) spectrum.add(tile.luma);
  const whole = tiles.map((t): Square => ({ size: side, data: t.luma }));
  const halves = whole.map(halved);
  const quarters = halves.map(halved);
  const threes = new Float64Array(cooccurrences);
  for (const quarter of quarters) addCooccurrences(quarter, stepOf(quarter), threes);
  return [
    ...spectrum.features(),
    ...toneOf(tiles),
    deviation(whole.map(levelOf)),
    deviation(halves.map(levelOf)),
    ...mean(quarters.map(textureOf)),
    // roots, so that rare threes count too
    ...Array.from(threes, (sum) => Math.sqrt(sum / quarters.length)),
  ];
}

/** Grey levels of a step: twice the mean size of the residual. */
const stepOf = (s: Square): number => Math.max(0.5, (2 * sumOf(absolute(residual(s)).data)) / s.data.length);

function levelOf(s: Square): number {
  const fine = residual(s);
  return Math.log(meanProduct(fine, fine) + 0.01);
}

function deviation(values: readonly number[]): number {
  const middle = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((a, b) => a + (b - middle) ** 2, 0) / values.length);
}

const mean = (rows: readonly (readonly number[])[]): number[] =>
  (rows[0] as readonly number[]).map((_, i) => rows.reduce((sum, row) => sum + (row[i] as number), 0) / rows.length);
