import { fillNormal } from "../data/gaussian.ts";
import * as t from "../tensor/index.ts";
import { type Backend, Ids, Tensor } from "../tensor/index.ts";
import type { Random, Weights } from "../weights.ts";
import type { DiffusionConfig } from "./config.ts";
import {
  attentionShapes,
  dense,
  denseShapes,
  feedForward,
  feedForwardShapes,
  residualDeviation,
  selfAttention,
} from "./layers.ts";
import { initialWeights, type Parameters, parameter } from "./parameters.ts";
import { fromPatches, patchSizes, toPatches } from "./patches.ts";

/**
 * A diffusion Transformer (DiT, Peebles & Xie 2023): patches as tokens; time and class shift, scale and gate every layer, and all gates
 * begin closed (adaLN-Zero). It learns a velocity (flow matching) or the noise (DDPM) of pictures with values from −1 to 1.
 */
export function diffusionShapes(c: DiffusionConfig): Map<string, readonly number[]> {
  const { count, values } = patchSizes(c);
  const { width } = c;
  return new Map([
    ...denseShapes("patch", width, values),
    ["positions", [count, width]],
    ...denseShapes("time.up", width, width),
    ...denseShapes("time.down", width, width),
    // the last row is "no class", for guidance
    ...(c.classes === undefined ? [] : ([["classes", [c.classes + 1, width]]] as const)),
    ...Array.from({ length: c.layers }, (_, i) => [
      ...denseShapes(`layers.${i}.modulation`, 6 * width, width),
      ...attentionShapes(`layers.${i}.attention`, width),
      ...feedForwardShapes(`layers.${i}.feed`, width, 4 * width),
    ]).flat(),
    ...denseShapes("modulation", 2 * width, width),
    ...denseShapes("final", values, width),
  ]);
}
export function initialDiffusion(c: DiffusionConfig, random: Random): Weights {
  const small = residualDeviation(c.layers);
  return initialWeights(diffusionShapes(c), random, (name, shape) => {
    if (/(modulation|final)\.weight$/.test(name)) return 0;
    if (name === "positions" || name === "classes") return 0.5;
    return name === "patch.weight" || name.startsWith("time") ? 1 / Math.sqrt(shape[1]!) : small(name, shape);
  });
}

/** Noisy pictures [B, H, W, C] at their times (0 to 1, one a picture) → velocity or noise of the same shape. A class below 0: none. */
export function denoise(
  c: DiffusionConfig,
  p: Parameters,
  pictures: Tensor,
  times: readonly number[],
  labels?: readonly number[],
): Tensor {
  const { backend } = pictures;
  const B = times.length;
  let condition = t.silu(dense(waves(backend, times, c.width), p, "time.up"));
  condition = dense(condition, p, "time.down");
  if (c.classes !== undefined) {
    const none = c.classes;
    const ids = Array.from({ length: B }, (_, b) => ((labels?.[b] ?? -1) < 0 ? none : labels![b]!));
    condition = t.add(condition, t.gather(parameter(p, "classes"), Ids.from(backend, ids, [B])));
  }
  condition = t.silu(condition); // [B, width]
  const parts = (name: string, count: number): Tensor[] => {
    const all = dense(condition, p, name);
    return Array.from({ length: count }, (_, i) => t.reshape(t.slice(all, 1, i * c.width, (i + 1) * c.width), [B, 1, c.width]));
  };
  const ones = Tensor.full(backend, [c.width], 1);
  const zeros = Tensor.full(backend, [c.width], 0);
  const modulated = (x: Tensor, shift: Tensor, scale: Tensor): Tensor =>
    t.add(t.mul(t.norm(x, ones, zeros, 1e-6), t.affine(scale, 1, 1)), shift);

  let x = t.add(dense(toPatches(c, pictures), p, "patch"), parameter(p, "positions")); // [B, T, width]
  for (let i = 0; i < c.layers; i++) {
    const layer = `layers.${i}.`;
    const [shift1, scale1, gate1, shift2, scale2, gate2] = parts(`${layer}modulation`, 6) as Six;
    const y = selfAttention(modulated(x, shift1, scale1), p, `${layer}attention`, c.heads);
    x = t.add(x, t.mul(y, gate1));
    x = t.add(x, t.mul(feedForward(modulated(x, shift2, scale2), p, `${layer}feed`), gate2));
  }
  const [shift, scale] = parts("modulation", 2) as [Tensor, Tensor];
  return fromPatches(c, dense(modulated(x, shift, scale), p, "final"));
}
type Six = [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];

/** Cosines and sines of 1000·time at geometric frequencies, [B, width] (Vaswani et al. 2017). */
function waves(backend: Backend, times: readonly number[], width: number): Tensor {
  const half = Math.ceil(width / 2);
  const values = new Float32Array(times.length * width);
  times.forEach((time, b) => {
    for (let i = 0; i < width; i++) {
      const angle = 1000 * time * 10_000 ** (-(i % half) / half);
      values[b * width + i] = i < half ? Math.cos(angle) : Math.sin(angle);
    }
  });
  return Tensor.from(backend, values, [times.length, width]);
}

/**
 * Share of the signal, ᾱ, at DDPM's levels 1 … `levels` (Ho et al. 2020): β from 10⁻⁴ to 0.02 in 1,000 levels, and as much in all when
 * there are fewer.
 */
export function signalLevels(levels: number): Float64Array {
  const out = new Float64Array(levels);
  let signal = 1;
  for (let i = 0; i < levels; i++) {
    const beta = (1000 / levels) * (1e-4 + ((0.02 - 1e-4) * i) / Math.max(1, levels - 1));
    signal *= 1 - Math.min(0.999, beta);
    out[i] = signal;
  }
  return out;
}

/**
 * Mean squared error of a batch [B, H, W, C] (−1 to 1): of the velocity on straight paths from noise (time 0) to the picture (time 1;
 * Lipman et al. 2023), or of the noise at a random level. Each label is dropped with chance `drop`.
 */
export function diffusionLoss(
  c: DiffusionConfig,
  p: Parameters,
  pictures: Tensor,
  labels: readonly number[] | undefined,
  random: Random,
): Tensor {
  const { backend, shape } = pictures;
  const B = shape[0]!;
  const noise = Tensor.from(backend, fillNormal(random, new Float32Array(pictures.size)), shape);
  const each = (values: readonly number[]): Tensor => Tensor.from(backend, values, [B, 1, 1, 1]);
  const known = labels?.map((label) => (random() < c.drop ? -1 : label));
  if (c.objective === "flow") {
    const times = Array.from({ length: B }, () => random());
    const noisy = t.add(t.mul(pictures, each(times)), t.mul(noise, each(times.map((time) => 1 - time))));
    return t.mean(t.square(t.sub(denoise(c, p, noisy, times, known), t.sub(pictures, noise))));
  }
  const signal = signalLevels(c.levels);
  const levels = Array.from({ length: B }, () => Math.floor(random() * c.levels));
  const noisy = t.add(
    t.mul(pictures, each(levels.map((l) => Math.sqrt(signal[l]!)))),
    t.mul(noise, each(levels.map((l) => Math.sqrt(1 - signal[l]!)))),
  );
  const times = levels.map((l) => (l + 1) / c.levels);
  return t.mean(t.square(t.sub(denoise(c, p, noisy, times, known), noise)));
}
