import { fillNormal } from "../data/gaussian.ts";
import * as t from "../tensor/index.ts";
import { type Backend, Tensor } from "../tensor/index.ts";
import type { Random } from "../weights.ts";
import { dense, denseShapes } from "./layers.ts";
import type { Parameters } from "./parameters.ts";

export interface PerceptronSize {
  readonly input: number;
  readonly hidden: number;
  /** Hidden layers. */
  readonly depth: number;
  readonly output: number;
}
/** `name`.0 … `name`.(depth − 1) and `name`.out. */
export const perceptronShapes = (
  name: string,
  { input, hidden, depth, output }: PerceptronSize,
): [string, readonly number[]][] => [
  ...Array.from({ length: depth }, (_, i) => denseShapes(`${name}.${i}`, hidden, i === 0 ? input : hidden)).flat(),
  ...denseShapes(`${name}.out`, output, depth === 0 ? input : hidden),
];
/** x [B, input] → [B, output], the activation after each hidden layer. */
export function perceptron(x: Tensor, p: Parameters, name: string, depth: number, activation = t.relu): Tensor {
  let y = x;
  for (let i = 0; i < depth; i++) y = activation(dense(y, p, `${name}.${i}`));
  return dense(y, p, `${name}.out`);
}

/** Draws of the standard normal distribution. */
export const noise = (backend: Backend, shape: readonly number[], random: Random): Tensor =>
  Tensor.from(backend, fillNormal(random, new Float32Array(t.size(shape))), shape);
