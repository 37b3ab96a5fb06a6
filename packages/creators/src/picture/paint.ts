import { breathe, type Random, scope, Tensor, untracked } from "@inkseal/lab";
import { decode, edge, encode } from "./autoencoder.ts";
import { embedPictures, embedWords } from "./dual.ts";
import type { PictureModel } from "./model.ts";
import { type Start, sampleGrids } from "./sample.ts";

export interface Painting {
  readonly words: readonly number[];
  readonly away: readonly number[];
  /** Place in the model's list. */
  readonly style: number;
  readonly steps: number;
  readonly guidance: number;
  readonly temperature: number;
  /** As many are made, and the one that fits the words best is taken. */
  readonly candidates: number;
  readonly from?: Start;
}
export const pixelValues = edge * edge * 4;

/** Paints one picture [64, 64, 4], colours times alpha and alpha; yields after each step how far it is. */
export async function* paint(
  model: PictureModel,
  { words, away, style, steps, guidance, temperature, candidates, from }: Painting,
  random: Random,
  signal?: AbortSignal,
): AsyncGenerator<number, Float32Array> {
  const wishes = Array.from({ length: candidates }, () => ({ words, style }));
  let last = new Float32Array();
  for (const { step, steps: all, grids } of sampleGrids(model, {
    wishes,
    away,
    steps,
    guidance,
    temperature,
    random,
    ...(from && { from }),
  })) {
    last = grids as Float32Array<ArrayBuffer>;
    await breathe(signal);
    yield step / all;
  }
  const pictures = decodeGrids(model, last);
  const best = candidates > 1 && words.length > 0 ? fittest(model, pictures, words) : 0;
  return pictures.slice(best * pixelValues, (best + 1) * pixelValues);
}
/** Normed grids → pixels. */
export function decodeGrids({ config, backend, autoencoder }: PictureModel, grids: Float32Array): Float32Array {
  const { mean, deviation } = config;
  const latent = mean.length;
  const z = grids.map((x, i) => x * deviation[i % latent]! + mean[i % latent]!);
  return scope(() =>
    untracked(() =>
      decode(autoencoder, Tensor.from(backend, z, [grids.length / (64 * latent), 8, 8, latent]))
        .valuesSync()
        .slice(),
    ),
  );
}
/** One picture's pixels → its normed grid. */
export function encodePicture({ config, backend, autoencoder }: PictureModel, pixels: Float32Array): Float32Array {
  const { mean, deviation } = config;
  const z = scope(() =>
    untracked(() =>
      encode(autoencoder, Tensor.from(backend, pixels, [1, edge, edge, 4]))
        .valuesSync()
        .slice(),
    ),
  );
  return z.map((x, i) => (x - mean[i % mean.length]!) / deviation[i % mean.length]!);
}
function fittest({ backend, dual }: PictureModel, pictures: Float32Array, words: readonly number[]): number {
  const cosines = scope(() =>
    untracked(() => {
      const seen = embedPictures(dual, Tensor.from(backend, pictures, [pictures.length / pixelValues, edge, edge, 4]));
      const width = seen.shape[1]!;
      const [a, b] = [seen.valuesSync(), embedWords(dual, [words]).valuesSync()];
      return Array.from({ length: seen.shape[0]! }, (_, i) => b.reduce((sum, x, k) => sum + x * a[i * width + k]!, 0));
    }),
  );
  return cosines.indexOf(Math.max(...cosines));
}
