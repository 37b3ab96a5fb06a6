import type { Tensor } from "../tensor/index.ts";
import * as t from "../tensor/index.ts";
import type { Random } from "../weights.ts";
import type { DiffusionConfig } from "./config.ts";
import { denoise, signalLevels } from "./diffusion.ts";
import { type Parameters, parameter } from "./parameters.ts";
import { noise } from "./perceptron.ts";

export interface DiffusionSampling {
  readonly count: number;
  /** Steps from noise to picture; 50. Heun's method asks the model twice in each. */
  readonly steps?: number;
  /** Of flow matching; DDPM always walks by DDIM. */
  readonly method?: "euler" | "heun";
  /** One class a picture, below 0: none. */
  readonly labels?: readonly number[];
  /** Classifier-free guidance (Ho & Salimans 2022): 1 is the conditional model itself, 0 the unconditional one, more exaggerates. 1. */
  readonly guidance?: number;
  readonly random: Random;
  /** Told the noisy pictures after each step. */
  readonly seen?: (step: number, pictures: Tensor) => void;
}

/** New pictures [count, H, W, C], clamped to −1 … 1. */
export function sampleDiffusion(c: DiffusionConfig, p: Parameters, options: DiffusionSampling): Tensor {
  const { count, steps = 50, method = "heun", labels, guidance = 1, random, seen } = options;
  const { backend } = parameter(p, "positions");
  const shape = [count, c.picture.height, c.picture.width, c.picture.channels];
  const model = (x: Tensor, time: number): Tensor => {
    const times = new Array<number>(count).fill(time);
    if (labels === undefined || guidance === 1) return denoise(c, p, x, times, labels);
    const without = denoise(c, p, x, times);
    if (guidance === 0) return without;
    return t.add(without, t.scale(t.sub(denoise(c, p, x, times, labels), without), guidance));
  };
  const walk = c.objective === "flow" ? flowStep(model, steps, method) : ddimStep(c, model, steps);
  let x = noise(backend, shape, random);
  for (let step = 0; step < steps; step++) {
    const next = t.scope(() => t.untracked(() => walk(x, step)));
    x.free();
    x = next;
    seen?.(step + 1, x);
  }
  return t.scope(() => t.untracked(() => t.clamp(x, -1, 1)));
}

type Model = (x: Tensor, time: number) => Tensor;
type Walk = (x: Tensor, step: number) => Tensor;

/** dx/dt = v from time 0 to 1, in equal steps of Euler's method or Heun's (the mean of the slopes at both ends). */
function flowStep(model: Model, steps: number, method: "euler" | "heun"): Walk {
  const h = 1 / steps;
  return (x, step) => {
    const slope = model(x, step * h);
    const there = t.add(x, t.scale(slope, h));
    if (method === "euler") return there;
    const end = model(there, (step + 1) * h);
    return t.add(x, t.scale(t.add(slope, end), h / 2));
  };
}

/** DDIM with η = 0 (Song et al. 2021): from level to level, the picture that the noise implies, clamped, and the same noise again. */
function ddimStep(c: DiffusionConfig, model: Model, steps: number): Walk {
  const signal = signalLevels(c.levels);
  // evenly from the last level down to 0, the clean picture
  const level = (step: number): number => Math.round((c.levels * (steps - step)) / steps);
  return (x, step) => {
    const [from, to] = [level(step), level(step + 1)];
    if (from === to) return t.affine(x, 1);
    const now = signal[from - 1]!;
    const next = to === 0 ? 1 : signal[to - 1]!;
    const e = model(x, from / c.levels);
    const picture = t.clamp(t.scale(t.sub(x, t.scale(e, Math.sqrt(1 - now))), 1 / Math.sqrt(now)), -1, 1);
    // the noise that fits the clamped picture
    const rest = t.scale(t.sub(x, t.scale(picture, Math.sqrt(now))), 1 / Math.sqrt(1 - now));
    return t.add(t.scale(picture, Math.sqrt(next)), t.scale(rest, Math.sqrt(1 - next)));
  };
}
