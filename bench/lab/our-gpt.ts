import {
  type Backend,
  crossEntropy,
  GptConfigSchema,
  gpt,
  gptRotation,
  gradient,
  Ids,
  scale,
  scope,
  toParameters,
} from "@inkseal/lab";
import { step, stepBatch, stepWeights } from "./peers/step.ts";

/** One training step of peers/step.ts on a backend: the loss. */
export function ourStep(backend: Backend): () => Promise<number> {
  const config = GptConfigSchema.parse({
    kind: "gpt",
    vocab: step.vocab,
    context: step.tokens,
    layers: step.layers,
    width: step.width,
    heads: step.heads,
    hidden: step.hidden,
    ropeTheta: step.ropeTheta,
    normEps: step.normEps,
  });
  const named = toParameters(backend, stepWeights());
  const parameters = [...named.values()];
  const rotation = gptRotation(backend, config);
  const { inputs, targets } = stepBatch();
  return async () => {
    const { values } = scope(() => {
      const { logits } = gpt(config, named, rotation, Ids.from(backend, inputs, [step.batch, step.tokens]));
      const loss = crossEntropy(logits, Ids.from(backend, targets, [step.batch * step.tokens]));
      gradient(loss, parameters).forEach((g, i) => {
        backend.accumulate(parameters[i]!.block, scale(g, -step.learningRate).block);
      });
      return { values: loss.values() };
    });
    return (await values)[0]!;
  };
}
