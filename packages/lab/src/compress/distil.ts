import type { GptConfig } from "../models/config.ts";
import { gpt, gptRotation } from "../models/gpt.ts";
import type { Parameters } from "../models/parameters.ts";
import type { Backend, Tensor } from "../tensor/index.ts";
import * as t from "../tensor/index.ts";
import type { Objective } from "../train/language-task.ts";

/** A finished model that another one learns from; its vocabulary is the other's, its context no shorter. */
export interface Teacher {
  readonly config: GptConfig;
  readonly parameters: Parameters;
  /** Above 1 the less likely tokens count for more. */
  readonly temperature: number;
  /** Share of the teacher in the loss, 0 to 1; the rest is the text's own tokens. */
  readonly weight: number;
}

/**
 * What a student makes small (Hinton et al. 2015): weight · T² · KL(teacher ‖ student), both at temperature T, plus (1 − weight) · −ln p(next token).
 * T² makes up for gradients that shrink by 1/T². The teacher reads each batch once more, so a step costs the teacher's forward pass on top.
 */
export function distillation(backend: Backend, { config, parameters, temperature, weight }: Teacher): Objective {
  const rotation = gptRotation(backend, config);
  return (logits, inputs, targets) => {
    const shown = t.scope(() => t.untracked(() => gpt(config, parameters, rotation, inputs).logits));
    return t.add(
      t.scale(divergence(shown, logits, temperature), weight * temperature ** 2),
      t.scale(t.crossEntropy(logits, targets), 1 - weight),
    );
  };
}

/** Mean over the rows of KL(softmax(shown/T) ‖ softmax(logits/T)), nats; no gradient flows to `shown`. Both [.., classes]. */
export function divergence(shown: Tensor, logits: Tensor, temperature = 1): Tensor {
  const rows = logits.size / logits.shape.at(-1)!;
  const q = t.scale(logits, 1 / temperature);
  const [p, gap] = t.untracked(() => {
    const scaled = t.scale(shown, 1 / temperature);
    const p = t.softmax(scaled);
    return [p, t.sub(t.sum(t.mul(p, scaled)), t.sum(t.logSumExp(scaled)))];
  });
  // Σ p·(ln p − ln q), with ln q = logits/T − ln Σ e^(logits/T) and Σ p = 1 for each row
  return t.scale(t.add(t.sub(t.sum(t.logSumExp(q)), t.sum(t.mul(p, q))), gap), 1 / rows);
}
