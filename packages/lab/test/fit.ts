import type { Parameters } from "../src/models/parameters.ts";
import { gradient, scope, type Tensor } from "../src/tensor/index.ts";
import { Optimiser } from "../src/train/optimiser.ts";

/** AdamW over all parameters; the loss of every step. */
export function fit(
  parameters: Parameters,
  options: { steps: number; rate: number; loss: (step: number) => Tensor },
): number[] {
  const optimiser = new Optimiser(parameters, { beta1: 0.9, beta2: 0.99, weightDecay: 0 });
  const list = [...parameters.values()];
  return Array.from({ length: options.steps }, (_, i) =>
    scope(() => {
      const loss = options.loss(i + 1);
      optimiser.step(gradient(loss, list), options.rate);
      return loss.valuesSync()[0]!;
    }),
  );
}
export const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
