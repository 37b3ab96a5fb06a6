import type { Random, Weights } from "../weights.ts";
import { bertShapes, initialBert } from "./bert.ts";
import { gptShapes, type ModelConfig } from "./config.ts";
import { diffusionShapes, initialDiffusion } from "./diffusion.ts";
import { ganShapes, initialGan } from "./gan.ts";
import { initialGpt } from "./gpt.ts";
import { initialVae, vaeShapes } from "./vae.ts";
import { initialVit, vitShapes } from "./vit.ts";
import { initialVq, vqShapes } from "./vq.ts";

/** Names and shapes of any model's parameters. */
export function modelShapes(c: ModelConfig): ReadonlyMap<string, readonly number[]> {
  switch (c.kind) {
    case "gpt":
      return gptShapes(c);
    case "bert":
      return bertShapes(c);
    case "vae":
      return c.codes === undefined ? vaeShapes(c) : vqShapes(c);
    case "gan":
      return ganShapes(c);
    case "diffusion":
      return diffusionShapes(c);
    case "vit":
      return vitShapes(c);
  }
}
/** First values of any model's parameters. */
export function initialModel(c: ModelConfig, random: Random): Weights {
  switch (c.kind) {
    case "gpt":
      return initialGpt(c, random);
    case "bert":
      return initialBert(c, random);
    case "vae":
      return c.codes === undefined ? initialVae(c, random) : initialVq(c, random);
    case "gan":
      return initialGan(c, random);
    case "diffusion":
      return initialDiffusion(c, random);
    case "vit":
      return initialVit(c, random);
  }
}
