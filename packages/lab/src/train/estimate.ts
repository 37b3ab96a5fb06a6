import { type GptConfig, gptShapes, gptSizes } from "../models/config.ts";
import { size } from "../tensor/index.ts";

/** Bytes that a training takes at most. */
export interface MemoryEstimate {
  readonly parameters: number;
  /** Parameters, their gradients and two moments. */
  readonly state: number;
  /** Values kept for the gradient. */
  readonly activations: number;
  readonly total: number;
}

/**
 * What training a GPT on `batch` sequences of `length` tokens will take: all that the forward pass keeps (per token and layer 9 vectors of the model's width,
 * 4 of the keys' and 3 of the feed-forward block's), the logits and their gradient, plus an eighth for the heap's size classes.
 */
export function gptMemory(
  config: GptConfig,
  {
    batch,
    length,
    trained,
  }: {
    readonly batch: number;
    readonly length: number /** Parameters that are trained; all by default. */;
    readonly trained?: number;
  },
): MemoryEstimate {
  let count = 0;
  for (const shape of gptShapes(config).values()) count += size(shape);
  const { kvWidth, hidden } = gptSizes(config);
  const active = config.experts?.top ?? 1;
  const perLayer =
    9 * config.width +
    4 * kvWidth +
    3 * hidden * active +
    (config.dropout > 0 ? 6 * config.width : 0) +
    (config.experts ? 2 * config.width * active : 0);
  const floats = batch * length * (config.layers * perLayer + 3 * config.width + 2 * config.vocab);
  const state = 4 * (count + 3 * (trained ?? count));
  const activations = 4 * floats;
  return { parameters: count, state, activations, total: Math.ceil((state + activations) * 1.125) + (16 << 20) };
}
