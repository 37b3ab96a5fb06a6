import { noise } from "../models/perceptron.ts";
import type { Tensor } from "../tensor/index.ts";
import * as t from "../tensor/index.ts";
import type { Random } from "../weights.ts";

/**
 * How far two sets of as many examples [count, width] are apart: the Wasserstein distance along random directions, their mean (Rabin et al.
 * 2011). 0 for equal sets; it needs no trained judge, so a GAN's progress can be told by it.
 */
export function slicedDistance(a: Tensor, b: Tensor, random: Random, directions = 64): number {
  const [count, width] = a.shape as [number, number];
  const raw = noise(a.backend, [directions, width], random);
  const lines = t.div(raw, t.sqrt(t.sum(t.square(raw), [1], true)));
  const [x, y] = [a, b].map((set) => t.matmul(lines, set, { transB: true }).valuesSync()) as [Float32Array, Float32Array];
  let sum = 0;
  for (let line = 0; line < directions; line++) {
    const [p, q] = [x, y].map((all) => all.subarray(line * count, (line + 1) * count).sort()) as [Float32Array, Float32Array];
    for (let i = 0; i < count; i++) sum += Math.abs(p[i]! - q[i]!);
  }
  return sum / (directions * count);
}
