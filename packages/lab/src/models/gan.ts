import * as t from "../tensor/index.ts";
import { type Backend, Tensor } from "../tensor/index.ts";
import type { Random, Weights } from "../weights.ts";
import type { GanConfig } from "./config.ts";
import { conditionWidth, drawSpans, tableLoss } from "./gan-table.ts";
import { byInputs, dense, denseShapes, layerNorm, normShapes } from "./layers.ts";
import { initialWeights, type Parameters } from "./parameters.ts";
import { noise, perceptron, perceptronShapes } from "./perceptron.ts";
import { tableLayout } from "./table-transform.ts";

/**
 * Wasserstein GAN with gradient penalty (Gulrajani et al. 2017) of examples [B, width]: flat pictures (pixels −1 to 1), or encoded rows, as
 * CTGAN (Xu et al. 2019). A condition [B, conditions] goes to both networks: a picture's class one-hot, or of a row one category of one
 * column. Generator and critic have two hidden layers; layer norms stand in the generator for CTGAN's batch norms, so that a row is
 * made of its own noise alone.
 */
export function ganShapes(c: GanConfig): Map<string, readonly number[]> {
  const { width, conditions } = ganSizes(c);
  const { hidden, latent, pac } = c;
  return new Map([
    ...denseShapes("generator.0", hidden, latent + conditions),
    ...normShapes("generator.norm0", hidden),
    ...denseShapes("generator.1", hidden, hidden),
    ...normShapes("generator.norm1", hidden),
    ...denseShapes("generator.out", width, hidden),
    ...perceptronShapes("critic", { input: pac * (width + conditions), hidden, depth: 2, output: 1 }),
  ]);
}
export const initialGan = (c: GanConfig, random: Random): Weights =>
  initialWeights(ganShapes(c), random, (name, shape) => byInputs(name.endsWith("out.weight") ? 1 : Math.SQRT2)(name, shape));

/** Numbers of an example and of a condition. */
export function ganSizes(c: GanConfig): { readonly width: number; readonly conditions: number } {
  if (c.columns !== undefined) return { width: tableLayout(c.columns).width, conditions: conditionWidth(c.columns) };
  const { height, width, channels } = c.picture!;
  return { width: height * width * channels, conditions: c.classes ?? 0 };
}
/** The parameters of one of the networks. */
export const ganPart = (p: Parameters, part: "generator" | "critic"): Parameters =>
  new Map([...p].filter(([name]) => name.startsWith(part)));

/** Classes as conditions [B, classes]. */
export function classConditions(backend: Backend, labels: ArrayLike<number>, classes: number): Tensor {
  const values = new Float32Array(labels.length * classes);
  for (let i = 0; i < labels.length; i++) values[i * classes + labels[i]!] = 1;
  return Tensor.from(backend, values, [labels.length, classes]);
}

/** Examples of noise, [count, width]: choices of rows are soft, by the Gumbel softmax. `said`: what the last layer says. */
function generated(c: GanConfig, p: Parameters, count: number, condition: Tensor | undefined, random: Random) {
  const { backend } = [...p.values()][0]!;
  const z = noise(backend, [count, c.latent], random);
  let y = condition === undefined ? z : t.concat([z, condition], 1);
  for (const i of [0, 1]) y = t.relu(layerNorm(dense(y, p, `generator.${i}`), p, `generator.norm${i}`));
  const said = dense(y, p, "generator.out");
  return { said, made: c.columns === undefined ? t.tanh(said) : drawSpans(c.columns, said, c.temperature, random) };
}
/** New examples [count, width]. */
export const sampleGan = (
  c: GanConfig,
  p: Parameters,
  count: number,
  condition: Tensor | undefined,
  random: Random,
): Float32Array => t.scope(() => t.untracked(() => generated(c, p, count, condition, random).made.valuesSync()));

/** The critic's judgement of each `pac` examples together, [B/pac, 1]. */
function judge(c: GanConfig, p: Parameters, examples: Tensor, condition: Tensor | undefined): Tensor {
  const all = condition === undefined ? examples : t.concat([examples, condition], 1);
  return perceptron(t.reshape(all, [all.shape[0]! / c.pac, -1]), p, "critic", 2, t.leakyRelu);
}

/**
 * The critic's loss on real examples [B, width] and as many made for the same conditions: E[D(made)] − E[D(real)] and the penalty, by which
 * D's slope between the two is one. Throws RangeError when B is no multiple of `pac`.
 */
export function criticLoss(c: GanConfig, p: Parameters, real: Tensor, condition: Tensor | undefined, random: Random): Tensor {
  const [B, width] = real.shape as [number, number];
  if (B % c.pac !== 0) throw new RangeError(`a batch of ${B} is no multiple of pac, ${c.pac}`);
  const made = t.untracked(() => generated(c, p, B, condition, random).made);
  const distance = t.sub(t.mean(judge(c, p, made, condition)), t.mean(judge(c, p, real, condition)));
  if (c.penalty === 0) return distance;
  const [a, b] = [real.valuesSync(), made.valuesSync()];
  for (let row = 0; row < B; row += c.pac) {
    const share = random();
    for (let i = row * width; i < (row + c.pac) * width; i++) a[i] = share * a[i]! + (1 - share) * b[i]!;
  }
  const between = Tensor.leaf(real.backend, a, real.shape);
  const [slope] = t.gradient(t.sum(judge(c, p, between, condition)), [between], { again: true });
  const steepness = t.sqrt(t.affine(t.sum(t.square(t.reshape(slope!, [B / c.pac, -1])), [1]), 1, 1e-12));
  return t.add(distance, t.scale(t.mean(t.square(t.affine(steepness, 1, -1))), c.penalty));
}
/** The generator's loss: −E[D(made)], and for rows −ln of the chance with which they keep their condition. */
export function generatorLoss(
  c: GanConfig,
  p: Parameters,
  count: number,
  condition: Tensor | undefined,
  random: Random,
): Tensor {
  const { said, made } = generated(c, p, count, condition, random);
  const loss = t.neg(t.mean(judge(c, p, made, condition)));
  return c.columns === undefined || condition === undefined ? loss : t.add(loss, tableLoss(c.columns, said, condition));
}
