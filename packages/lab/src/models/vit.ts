import type { Tensor } from "../tensor/index.ts";
import * as t from "../tensor/index.ts";
import type { Random, Weights } from "../weights.ts";
import { clipShapes, startingTemperature } from "./clip.ts";
import type { VitConfig } from "./config.ts";
import { dense, denseShapes, encoder, encoderShapes, residualDeviation } from "./layers.ts";
import { initialWeights, type Parameters, parameter } from "./parameters.ts";
import { patchSizes, toPatches } from "./patches.ts";

/** Vision Transformer (Dosovitskiy et al. 2021): a picture is a sentence of patches. */
export function vitShapes(c: VitConfig): Map<string, readonly number[]> {
  const { count, values } = patchSizes(c);
  return new Map([
    ...denseShapes("patch", c.width, values),
    ["positions", [count, c.width]],
    ...(c.pool === "token" ? ([["token", [1, c.width]]] as const) : []),
    ...encoderShapes("encoder", c),
    ...(c.classes === undefined ? [] : denseShapes("classify", c.classes, c.width)),
    ...clipShapes(c),
  ]);
}
export function initialVit(c: VitConfig, random: Random): Weights {
  const small = residualDeviation(c.layers);
  // positions as large as the patches beside them: a picture whose content is one place would else be learned late
  const weights = initialWeights(vitShapes(c), random, (name, shape) =>
    name === "positions" ? 0.5 : name === "patch.weight" ? 1 / Math.sqrt(shape[1]!) : small(name, shape),
  );
  return c.text === undefined ? weights : startingTemperature(weights);
}

/** Pictures [B, H, W, C], values about −1 to 1 → features [B, width]. */
export function vit(c: VitConfig, p: Parameters, pictures: Tensor): Tensor {
  const B = pictures.shape[0]!;
  const patches = t.add(dense(toPatches(c, pictures), p, "patch"), parameter(p, "positions"));
  if (c.pool === "mean") return t.mean(encoder(patches, p, "encoder", c), [1]);
  const token = t.broadcastTo(parameter(p, "token"), [B, 1, c.width]);
  const y = encoder(t.concat([token, patches], 1), p, "encoder", c);
  return t.reshape(t.slice(y, 1, 0, 1), [B, c.width]);
}
/** Class logits [B, classes]. */
export const vitClasses = (c: VitConfig, p: Parameters, pictures: Tensor): Tensor => dense(vit(c, p, pictures), p, "classify");
/** Mean −ln p(label), nats. */
export function vitLoss(c: VitConfig, p: Parameters, pictures: Tensor, labels: Int32Array): Tensor {
  return t.crossEntropy(vitClasses(c, p, pictures), t.Ids.from(pictures.backend, labels, [labels.length]));
}
