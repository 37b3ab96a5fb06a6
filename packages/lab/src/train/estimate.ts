import { type GptConfig, gptSizes } from "../models/config.ts";
import { type Parallel, placeOf, shapesAt } from "../scale/partition.ts";
import { heldAt } from "../scale/pipeline.ts";
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

export interface MemoryOptions {
  /** Sequences of one forward pass. */
  readonly batch: number;
  readonly length: number;
  /** Parameters that are trained; all by default. */
  readonly trained?: number;
  /** Workers over which the model is cut: the estimate is that of the one that takes most. */
  readonly parallel?: Parallel;
  /** Forward passes of a step, of which a pipeline has several under way. */
  readonly accumulate?: number;
}

/**
 * What training a GPT on `batch` sequences of `length` tokens will take: all that the forward pass keeps (per token and layer 9 vectors of the model's width,
 * 4 of the keys' and 3 of the feed-forward block's; in a cut layer 6 of the width stay whole), the logits and their gradient, plus an eighth for
 * the heap's size classes.
 */
export function gptMemory(config: GptConfig, options: MemoryOptions): MemoryEstimate {
  const { parallel = { tensor: 1, pipeline: 1 }, accumulate = 1 } = options;
  const { tensor, pipeline } = parallel;
  const { kvWidth, hidden } = gptSizes(config);
  const active = config.experts?.top ?? 1;
  const perLayer =
    (6 + 3 / tensor) * config.width +
    (4 * kvWidth + 3 * hidden * active) / tensor +
    (config.dropout > 0 ? 6 * config.width : 0) +
    (config.experts ? 2 * config.width * active : 0);
  const at = (stage: number): MemoryEstimate => {
    let count = 0;
    for (const shape of shapesAt(config, placeOf(stage * tensor, parallel)).values()) count += size(shape);
    const passes = heldAt(stage, pipeline, accumulate);
    const ends = 3 * config.width + (stage === pipeline - 1 ? 2 * config.vocab : 0);
    const floats = options.batch * options.length * ((config.layers / pipeline) * perLayer * passes + ends);
    const state = 4 * (count + 3 * (options.trained ?? count));
    const activations = 4 * floats;
    return { parameters: count, state, activations, total: Math.ceil((state + activations) * 1.125) + (16 << 20) };
  };
  return Array.from({ length: pipeline }, (_, stage) => at(stage)).reduce((a, b) => (b.total > a.total ? b : a));
}
