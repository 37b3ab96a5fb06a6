import * as t from "@inkseal/lab";
import { type Backend, Ids, initialWeights, type Parameters, parameter, type Random, Tensor, type Weights } from "@inkseal/lab";
import { bag } from "./bag.ts";

/**
 * Flow matching over a whole grid as one vector, by a residual perceptron: it sees everything at once and costs a sixteenth of a Transformer
 * of the same weights, so it could be shown every picture a hundred times. It says what the picture will be, from which the velocity follows
 * (Li & He 2025): a net narrower than the grid can say a picture, but not noise.
 */
export interface FlowSize {
  readonly words: number;
  readonly styles: number;
  readonly latent: number;
  readonly width: number;
  readonly layers: number;
  readonly hidden: number;
  readonly vector: number;
}
/** Words and style of one picture, the style by its place in the list. No words: anything. */
export interface Wish {
  readonly words: readonly number[];
  readonly style: number;
}
const waveCount = 64;
const dense = (name: string, out: number, input: number): [string, readonly number[]][] => [
  [`${name}.weight`, [out, input]],
  [`${name}.bias`, [out]],
];
export function flowShapes({ words, styles, latent, width, layers, hidden, vector }: FlowSize): Map<string, readonly number[]> {
  return new Map<string, readonly number[]>([
    ...dense("in", width, 64 * latent),
    ["words", [words, vector]],
    ...dense("text.up", width, vector),
    ...dense("text.down", width, width),
    ["styles", [styles, width]],
    ...dense("time", width, waveCount),
    ...Array.from({ length: layers }, (_, i) => [
      ...dense(`layers.${i}.modulation`, 2 * width, width),
      ...dense(`layers.${i}.up`, hidden, width),
      ...dense(`layers.${i}.down`, width, hidden),
    ]).flat(),
    ...dense("out", 64 * latent, width),
  ]);
}
export const initialFlow = (size: FlowSize, random: Random): Weights =>
  initialWeights(flowShapes(size), random, (name, shape) => {
    if (name === "styles") return 0.5;
    if (name === "words") return 1;
    if (name === "out.weight") return 0.1 / Math.sqrt(shape[1]!);
    if (name.endsWith("modulation.weight")) return 0.3 / Math.sqrt(shape[1]!);
    return (name.endsWith("down.weight") ? 0.5 : 1) / Math.sqrt(shape[1]!);
  });
export const apply = (x: Tensor, p: Parameters, name: string): Tensor =>
  t.linear(x, parameter(p, `${name}.weight`), parameter(p, `${name}.bias`));

/** What is wished as vectors [B, width]: its words and its style. */
export function wishVectors(p: Parameters, wishes: readonly Wish[], backend: Backend): Tensor {
  const words = wishes.map((w) => w.words);
  const styles = wishes.map((w) => w.style);
  const text = apply(t.silu(apply(bag(p, "words", words, backend), p, "text.up")), p, "text.down");
  return t.add(text, t.gather(parameter(p, "styles"), Ids.from(backend, styles, [wishes.length])));
}

/** Noisy grids [B, 8, 8, latent] at their times (0 noise, 1 picture) → what the pictures will be. */
export function foresee(
  size: FlowSize,
  p: Parameters,
  grids: Tensor,
  times: readonly number[],
  wishes: readonly Wish[],
): Tensor {
  const { backend } = grids;
  const { width } = size;
  const B = times.length;
  const waves = Float32Array.from({ length: B * waveCount }, (_, i) => {
    const k = i % waveCount;
    const angle = times[Math.floor(i / waveCount)]! * Math.PI * 2 ** ((k % 32) / 6);
    return k < 32 ? Math.cos(angle) : Math.sin(angle);
  });
  const condition = t.silu(
    t.add(wishVectors(p, wishes, backend), apply(Tensor.from(backend, waves, [B, waveCount]), p, "time")),
  );
  const ones = Tensor.full(backend, [width], 1);
  const zeros = Tensor.full(backend, [width], 0);
  let x = t.add(apply(t.reshape(grids, [B, 64 * size.latent]), p, "in"), condition);
  for (let i = 0; i < size.layers; i++) {
    const both = apply(condition, p, `layers.${i}.modulation`);
    const [shift, scale] = [t.slice(both, 1, 0, width), t.slice(both, 1, width, 2 * width)];
    const seen = t.add(t.mul(t.norm(x, ones, zeros, 1e-5), t.affine(scale, 1, 1)), shift);
    x = t.add(x, apply(t.gelu(apply(seen, p, `layers.${i}.up`)), p, `layers.${i}.down`));
  }
  return t.reshape(apply(t.norm(x, ones, zeros, 1e-5), p, "out"), grids.shape);
}
/** The end is not nearer than this when a velocity is told from what the picture will be. */
export const nearest = 0.2;

/** Mean squared error of the velocity on straight paths from noise to grids [B, 8, 8, latent]. */
export function flowLoss(size: FlowSize, p: Parameters, grids: Tensor, wishes: readonly Wish[], random: Random): Tensor {
  const { backend, shape } = grids;
  const B = shape[0]!;
  const noise = Tensor.from(backend, t.fillNormal(random, new Float32Array(grids.size)), shape);
  const each = (values: readonly number[]): Tensor => Tensor.from(backend, values, [B, 1, 1, 1]);
  const times = Array.from({ length: B }, () => 1 / (1 + Math.exp(0.3 - 1.2 * t.normal(random))));
  const noisy = t.add(t.mul(grids, each(times)), t.mul(noise, each(times.map((time) => 1 - time))));
  const off = t.sub(foresee(size, p, noisy, times, wishes), grids);
  return t.mean(t.square(t.mul(off, each(times.map((time) => 1 / Math.max(nearest, 1 - time))))));
}
