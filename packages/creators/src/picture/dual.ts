import * as t from "@inkseal/lab";
import { Ids, initialWeights, type Parameters, parameter, type Random, type Tensor, type Weights } from "@inkseal/lab";
import { bag } from "./bag.ts";

/**
 * A dual encoder as CLIP (Radford et al. 2021), small: a convolutional tower for pictures, a bag of words for texts, unit vectors that lie
 * near one another for a picture and its text. It chooses among candidates, and it measures.
 */
export interface DualSize {
  readonly words: number;
  readonly width: number;
  readonly embedding: number;
}
export function dualShapes({ words, width, embedding }: DualSize): Map<string, readonly number[]> {
  const dense = (name: string, out: number, input: number): [string, readonly number[]][] => [
    [`${name}.weight`, [out, input]],
    [`${name}.bias`, [out]],
  ];
  return new Map<string, readonly number[]>([
    ...dense("picture.patch", width, 64),
    ...dense("picture.half", 2 * width, 9 * width),
    ...dense("picture.quarter", 3 * width, 18 * width),
    ...dense("picture.mix", 3 * width, 27 * width),
    ...dense("picture.project", embedding, 3 * width),
    ["text.words", [words, embedding]],
    ...dense("text.up", 2 * embedding, embedding),
    ...dense("text.down", embedding, 2 * embedding),
    ["temperature", [1]],
  ]);
}
export function initialDual(size: DualSize, random: Random): Weights {
  const weights = initialWeights(dualShapes(size), random, (name, shape) =>
    name === "text.words" ? 0.3 : (name.startsWith("picture") ? 1.4 : 1) / Math.sqrt(shape[1]!),
  );
  weights.get("temperature")!.data.fill(Math.log(1 / 0.07));
  return weights;
}
const dense = (x: Tensor, p: Parameters, name: string): Tensor =>
  t.linear(x, parameter(p, `${name}.weight`), parameter(p, `${name}.bias`));
const unit = (x: Tensor): Tensor => t.div(x, t.sqrt(t.affine(t.sum(t.square(x), [-1], true), 1, 1e-12)));

/** [B, 64, 64, 4] → [B, embedding]. */
export function embedPictures(p: Parameters, pictures: Tensor): Tensor {
  const patches = t.relu(dense(t.unfold(pictures, 4, 4, 4), p, "picture.patch"));
  const half = t.relu(dense(t.unfold(patches, 3, 3, 2, 1), p, "picture.half"));
  const quarter = t.relu(dense(t.unfold(half, 3, 3, 2, 1), p, "picture.quarter"));
  const mixed = t.add(quarter, t.relu(dense(t.unfold(quarter, 3, 3, 1, 1), p, "picture.mix")));
  return unit(dense(t.mean(mixed, [1, 2]), p, "picture.project"));
}
/** Bags of words → [B, embedding]. */
export function embedWords(p: Parameters, rows: readonly (readonly number[])[]): Tensor {
  const words = bag(p, "text.words", rows, parameter(p, "text.words").backend);
  return unit(t.add(words, dense(t.gelu(dense(words, p, "text.up")), p, "text.down")));
}
/** Mean of −ln p of the right partner, both ways. */
export function dualLoss(p: Parameters, pictures: Tensor, rows: readonly (readonly number[])[]): Tensor {
  const cosines = t.matmul(embedPictures(p, pictures), embedWords(p, rows), { transB: true });
  const logits = t.mul(cosines, t.exp(t.clamp(parameter(p, "temperature"), 0, Math.log(100))));
  const own = Ids.from(
    pictures.backend,
    Int32Array.from(rows, (_, i) => i),
    [rows.length],
  );
  return t.scale(t.add(t.crossEntropy(logits, own), t.crossEntropy(t.transpose(logits), own)), 0.5);
}
