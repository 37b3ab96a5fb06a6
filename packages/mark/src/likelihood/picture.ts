import { type LoadWasm, pictureDecoder, type Raster } from "@inkseal/codec";
import type { Likelihood } from "@inkseal/core";
import { featuresOf } from "./features.ts";
import { pictureModel } from "./model.gen.ts";

/** A line of statistics and what it counts: what photographs and generated pictures had on average, the deviation, and the weight. */
export type Weighed = readonly [mean: number, deviation: number, weight: number];

export interface PictureModel {
  readonly features: readonly Weighed[];
  readonly bias: number;
  /** Scores of photographs that it had not learnt from, ascending, spread evenly over all of them. */
  readonly photographs: readonly number[];
  readonly measured: Likelihood["measured"];
}

/** Deviations beyond which a statistic counts no more: what lies outside of all that was learnt from must not decide alone. */
const bound = 4;

/** Logarithm of the odds that a generator made it, were half of all pictures generated; undefined for what is too small or flat art. */
export function pictureScore(raster: Raster, { features, bias }: PictureModel = pictureModel): number | undefined {
  return featuresOf(raster)?.reduce((sum, value, i) => {
    const [mean, deviation, weight] = features[i] as Weighed;
    return sum + weight * Math.min(bound, Math.max(-bound, (value - mean) / deviation));
  }, bias);
}

/** One that tells pictures of generators from photographs less often has nothing to say. */
export const leastAuc = 0.75;

/** How much a picture's finest detail is like that of pictures which generators made: a guess, beside how often it errs. */
export function pictureLikelihood(raster: Raster, model: PictureModel = pictureModel): Likelihood | undefined {
  const score = model.measured.auc < leastAuc ? undefined : pictureScore(raster, model);
  if (score === undefined) return undefined;
  return {
    of: "picture",
    engine: "inkseal",
    model: "picture",
    method: "spectra.1",
    score: Math.round(score * 100) / 100,
    peopleAsHigh: model.photographs.filter((s) => s >= score).length / model.photographs.length,
    measured: model.measured,
  };
}

/** What was measured. GIF has 256 colours and AVIF another kind of traces. */
const mediaTypes = new Set(["image/png", "image/jpeg", "image/webp"]);

/** Whether something might be said of a file of this type, before it is decoded. */
export const pictureGuessable = (mediaType: string, { measured }: PictureModel = pictureModel): boolean =>
  mediaTypes.has(mediaType) && measured.auc >= leastAuc;

export type PictureGuesser = (bytes: Uint8Array, mediaType: string) => Promise<Likelihood | undefined>;

/** The same of a file: PNG, JPEG and WebP. Undefined for others and for what does not decode. */
export function pictureGuesser(loadWasm?: LoadWasm, model: PictureModel = pictureModel): PictureGuesser {
  const pictures = pictureDecoder(loadWasm);
  return async (bytes, mediaType) => {
    if (!pictureGuessable(mediaType, model)) return undefined;
    try {
      const raster = await pictures.decode(bytes, mediaType);
      return raster && pictureLikelihood(raster, model);
    } catch {
      return undefined; // other layers say why a file cannot be read
    }
  };
}
