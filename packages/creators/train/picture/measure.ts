import { scope, seededRandom, Tensor, untracked } from "@inkseal/lab";
import { embedPictures, embedWords } from "../../src/picture/dual.ts";
import type { PictureModel } from "../../src/picture/model.ts";
import { decodeGrids, pixelValues } from "../../src/picture/paint.ts";
import { sampleGrids } from "../../src/picture/sample.ts";
import type { Measured } from "./card.ts";
import { prompts } from "./prompts.ts";
import type { Drawn } from "./rasters.ts";
import { split, type TrainingSet } from "./training-set.ts";

/** Of pictures and their prompts in the same order: the share of pictures whose own prompt is the nearest of all to the dual encoder. */
export function retrieval(
  { dual, backend, words }: Pick<PictureModel, "dual" | "backend" | "words">,
  pictures: Float32Array,
  prompts: readonly string[],
): number {
  const [seen, said] = scope(() =>
    untracked(() => [
      embedPictures(dual, Tensor.from(backend, pictures, [prompts.length, 64, 64, 4]))
        .valuesSync()
        .slice(),
      embedWords(
        dual,
        prompts.map((prompt) => words.read(prompt).tokens),
      )
        .valuesSync()
        .slice(),
    ]),
  ) as [Float32Array, Float32Array];
  const width = seen.length / prompts.length;
  const cosine = (i: number, j: number): number => {
    let sum = 0;
    for (let k = 0; k < width; k++) sum += seen[i * width + k]! * said[j * width + k]!;
    return sum;
  };
  const right = prompts.filter((_, i) => prompts.every((__, j) => j === i || cosine(i, j) < cosine(i, i)));
  return right.length / prompts.length;
}
/** Real pictures of a style of the things held out, and what they are called: what retrieval is to be read beside. */
export function heldPictures(
  set: TrainingSet,
  held: readonly Drawn[],
  style: string,
): { pictures: Float32Array; prompts: string[] } {
  const own = held.filter((p) => p.style === style);
  return {
    pictures: Float32Array.from(own.flatMap((p) => Array.from(p.pixels, (x) => x / 255))),
    prompts: own.map((p) => set.concepts[p.concept]!.names.en[0]!),
  };
}

/** Pixels on a side of the small copies that are compared. */
const small = 16;
/** A picture as small × small means of colours times alpha, and alpha. */
export function thumbnail(pixels: ArrayLike<number>, from: number, scale: number): Float32Array {
  const out = new Float32Array(small * small * 4);
  const step = 64 / small;
  for (let y = 0; y < 64; y++)
    for (let x = 0; x < 64; x++)
      for (let c = 0; c < 4; c++) {
        const to = 4 * (Math.floor(y / step) * small + Math.floor(x / step)) + c;
        out[to]! += Math.min(1, Math.max(0, pixels[from + 4 * (y * 64 + x) + c]! * scale)) / (step * step);
      }
  return out;
}
/** The least root mean square difference to any of `others`, mirrored or not. */
export function nearestDistance(picture: Float32Array, others: readonly Float32Array[]): number {
  const mirrored = picture.map(
    (_, i) => picture[4 * (small * Math.floor(i / 4 / small) + small - 1 - (Math.floor(i / 4) % small)) + (i % 4)]!,
  );
  let best = Infinity;
  for (const other of others) {
    let [a, b] = [0, 0];
    for (let i = 0; i < other.length; i++) {
      a += (picture[i]! - other[i]!) ** 2;
      b += (mirrored[i]! - other[i]!) ** 2;
    }
    best = Math.min(best, a, b);
  }
  return Math.sqrt(best / picture.length);
}
export interface Copying {
  /** The fifth percentile of the distances of real held-out pictures from their nearest training picture. */
  readonly threshold: number;
  readonly heldMedian: number;
  readonly median: number;
  /** Share of pictures nearer than the threshold: 0.05 would be as real new ones. */
  readonly rate: number;
}
export function copying(pictures: Float32Array, train: readonly Drawn[], held: readonly Drawn[]): Copying {
  const known = train.map((p) => thumbnail(p.pixels, 0, 1 / 255));
  const sorted = (values: number[]): number[] => values.sort((a, b) => a - b);
  const real = sorted(held.map((p) => nearestDistance(thumbnail(p.pixels, 0, 1 / 255), known)));
  const count = pictures.length / pixelValues;
  const own = sorted(Array.from({ length: count }, (_, i) => nearestDistance(thumbnail(pictures, i * pixelValues, 1), known)));
  const threshold = real[Math.floor(real.length * 0.05)]!;
  return {
    threshold,
    heldMedian: real[real.length >> 1]!,
    median: own[own.length >> 1]!,
    rate: own.filter((d) => d < threshold).length / count,
  };
}

export interface Asked {
  readonly style: string;
  readonly steps: number;
  readonly guidance: number;
  readonly temperature: number;
  readonly seed: number;
}
/** As the creator does it when nothing else is wished. */
export const usual: Asked = { style: "fluent", steps: 20, guidance: 4, temperature: 0.7, seed: 1 };
/** One picture a prompt, without choosing among candidates, so that the dual encoder does not judge what it chose. */
export function paintPrompts(
  model: PictureModel,
  prompts: readonly string[],
  { style, steps, guidance, temperature, seed }: Asked,
): Float32Array {
  const out = new Float32Array(prompts.length * pixelValues);
  const random = seededRandom(seed);
  const place = model.config.styles.indexOf(style);
  const many = 16;
  for (let at = 0; at < prompts.length; at += many) {
    const wishes = prompts.slice(at, at + many).map((prompt) => ({ words: model.words.read(prompt).tokens, style: place }));
    let grids = new Float32Array();
    for (const step of sampleGrids(model, { wishes, away: [], steps, guidance, temperature, random }))
      grids = step.grids as Float32Array<ArrayBuffer>;
    out.set(decodeGrids(model, grids), at * pixelValues);
  }
  return out;
}

/** All figures of the card and of the benchmark. */
export function measure(model: PictureModel, set: TrainingSet): Measured {
  const { train, held } = split(set);
  const generated = paintPrompts(model, prompts, usual);
  const names = trainedNames(set);
  const real = ["noto", "twemoji", "fluent"].map((style) => heldPictures(set, held, style));
  return {
    r1: retrieval(model, generated, prompts),
    r1Trained: retrieval(model, paintPrompts(model, names, usual), names),
    r1Real: real.reduce((sum, r) => sum + retrieval(model, r.pictures, r.prompts) / real.length, 0),
    realCount: real[0]!.prompts.length,
    copying: copying(generated, train, held),
  };
}
/** English labels of 64 things trained on, spread over all. */
function trainedNames({ concepts }: TrainingSet): string[] {
  const known = concepts.filter((c) => !c.held);
  return Array.from({ length: 64 }, (_, i) => known[Math.floor((i * known.length) / 64)]!.names.en[0]!);
}
