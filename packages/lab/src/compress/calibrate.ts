import type { Batch } from "../data/mix.ts";
import type { GptConfig } from "../models/config.ts";
import { gpt, gptRotation } from "../models/gpt.ts";
import { freeParameters, parameter, toParameters } from "../models/parameters.ts";
import * as t from "../tensor/index.ts";
import { type Backend, Ids, Tensor } from "../tensor/index.ts";
import type { Weights } from "../weights.ts";

/** By a linear weight's name: E[x·xᵀ] of its inputs, [k, k] row-major. */
export type Moments = ReadonlyMap<string, Float32Array>;

/**
 * How a GPT's projections are used: the second moments of their inputs over some text of the training data (a few thousand tokens are enough).
 * Experts, embedding and output have none: they are quantised by themselves.
 */
export async function activationMoments(
  backend: Backend,
  config: GptConfig,
  weights: Weights,
  batches: readonly Pick<Batch, "inputs">[],
  length: number,
): Promise<Moments> {
  const parameters = toParameters(backend, weights);
  const rotation = gptRotation(backend, config);
  const sums = new Map<string, Tensor>();
  let tokens = 0;
  for (const { inputs } of batches) {
    tokens += inputs.length;
    t.scope(() =>
      t.untracked(() => {
        gpt(config, parameters, rotation, Ids.from(backend, inputs, [inputs.length / length, length]), {
          project(x, name) {
            const k = x.shape.at(-1)!;
            const rows = t.reshape(x, [-1, k]);
            const product = t.matmul(rows, rows, { transA: true });
            const sum = sums.get(name) ?? Tensor.full(backend, [k, k], 0).keep();
            sums.set(name, sum);
            backend.accumulate(sum.block, product.block);
            return t.linear(x, parameter(parameters, name));
          },
        });
      }),
    );
  }
  const moments = new Map<string, Float32Array>();
  for (const [name, sum] of sums) {
    moments.set(
      name,
      (await sum.values()).map((x) => x / tokens),
    );
    sum.free();
  }
  freeParameters(parameters);
  return moments;
}
