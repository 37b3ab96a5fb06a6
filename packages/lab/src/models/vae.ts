import type { Tensor } from "../tensor/index.ts";
import * as t from "../tensor/index.ts";
import type { Random, Weights } from "../weights.ts";
import type { VaeConfig } from "./config.ts";
import { byInputs } from "./layers.ts";
import { likelihoodOf, startingDeviation } from "./likelihood.ts";
import { initialWeights, type Parameters } from "./parameters.ts";
import { noise, perceptron, perceptronShapes } from "./perceptron.ts";

/**
 * Variational auto-encoder (Kingma & Welling 2014) of examples [B, width]: flat pictures (pixels 0 to 1) or encoded table rows, which are
 * those of TVAE (Xu et al. 2019). Encoder and decoder are perceptrons. One with `codes` is in vq.ts.
 */
export function vaeShapes(c: VaeConfig): Map<string, readonly number[]> {
  const { hidden, depth, latent } = c;
  const { width, deviations } = likelihoodOf(c);
  return new Map<string, readonly number[]>([
    ...perceptronShapes("encoder", { input: width, hidden, depth, output: 2 * latent }),
    ...perceptronShapes("decoder", { input: latent, hidden, depth, output: width }),
    ...(deviations === 0 ? [] : ([["deviation", [deviations]]] as const)),
  ]);
}
export function initialVae(c: VaeConfig, random: Random): Weights {
  const weights = initialWeights(vaeShapes(c), random, (name, shape) =>
    byInputs(name.endsWith("out.weight") ? 1 : Math.SQRT2)(name, shape),
  );
  weights.get("deviation")?.data.fill(startingDeviation);
  return weights;
}

/** q(z | x), normal: mean and the logarithm of the variance, each [B, latent]. */
export function encodeVae(c: VaeConfig, p: Parameters, x: Tensor): { readonly mean: Tensor; readonly logVariance: Tensor } {
  const both = perceptron(x, p, "encoder", c.depth);
  return { mean: t.slice(both, 1, 0, c.latent), logVariance: t.slice(both, 1, c.latent, 2 * c.latent) };
}
/** The examples' means for z [B, latent]; of a choice its most probable. */
export const decodeVae = (c: VaeConfig, p: Parameters, z: Tensor): Float32Array =>
  likelihoodOf(c).mean(perceptron(z, p, "decoder", c.depth));

/** New examples [count, width]: drawn, or with `mean` their means, which are the sharper pictures. */
export function sampleVae(
  c: VaeConfig,
  p: Parameters,
  { count, random, mean = false }: { readonly count: number; readonly random: Random; readonly mean?: boolean },
): Float32Array {
  const { backend } = [...p.values()][0]!;
  return t.scope(() =>
    t.untracked(() => {
      const out = perceptron(noise(backend, [count, c.latent], random), p, "decoder", c.depth);
      const likelihood = likelihoodOf(c);
      return mean ? likelihood.mean(out) : likelihood.draw(p, out, random);
    }),
  );
}

/** One draw of z and what it says of x, each [B, 1], nats. */
function terms(c: VaeConfig, p: Parameters, x: Tensor, random: Random) {
  const { mean, logVariance } = encodeVae(c, p, x);
  const e = noise(x.backend, mean.shape, random);
  const z = t.add(mean, t.mul(e, t.exp(t.scale(logVariance, 0.5))));
  const log = likelihoodOf(c).log(p, perceptron(z, p, "decoder", c.depth), x);
  return { mean, logVariance, e, z, log };
}
/** KL(q(z | x) ‖ N(0, 1)), [B, 1]. */
function divergence(mean: Tensor, logVariance: Tensor): Tensor {
  const each = t.sub(t.affine(t.add(t.square(mean), t.exp(logVariance)), 1, -1), logVariance);
  return t.scale(t.sum(each, [1], true), 0.5);
}

/** The loss of training: mean of −ln p(x | z) + β·KL, nats per example. */
export function vaeLoss(c: VaeConfig, p: Parameters, x: Tensor, random: Random): Tensor {
  const { mean, logVariance, log } = terms(c, p, x, random);
  return t.mean(t.sub(t.scale(divergence(mean, logVariance), c.beta), log));
}
/** Evidence lower bound of each example, nats, by one draw: never above ln p(x) on average. Of rows, −ELBO is a score of anomaly. */
export function elbo(c: VaeConfig, p: Parameters, x: Tensor, random: Random): Float32Array {
  return t.scope(() =>
    t.untracked(() => {
      const { mean, logVariance, log } = terms(c, p, x, random);
      return t.sub(log, divergence(mean, logVariance)).valuesSync();
    }),
  );
}
/** ln p(x) of each example by importance weights (Burda et al. 2016): a lower bound that rises with `samples` to the truth. */
export function logLikelihood(c: VaeConfig, p: Parameters, x: Tensor, random: Random, samples: number): Float64Array {
  const draws = Array.from({ length: samples }, () =>
    t.scope(() =>
      t.untracked(() => {
        const { logVariance, e, z, log } = terms(c, p, x, random);
        // ln p(z) − ln q(z | x)
        const weight = t.sum(t.add(t.sub(t.square(e), t.square(z)), logVariance), [1], true);
        return t.add(log, t.scale(weight, 0.5)).valuesSync();
      }),
    ),
  );
  return Float64Array.from({ length: x.shape[0]! }, (_, b) => {
    const top = Math.max(...draws.map((draw) => draw[b]!));
    return top + Math.log(draws.reduce((sum, draw) => sum + Math.exp(draw[b]! - top), 0) / samples);
  });
}
