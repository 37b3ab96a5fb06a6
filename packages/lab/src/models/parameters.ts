import { normal } from "../data/gaussian.ts";
import { type Backend, size, Tensor } from "../tensor/index.ts";
import type { Random, Weights } from "../weights.ts";

/** A model's parameters on a backend, by the names of its weights, in their order. */
export type Parameters = ReadonlyMap<string, Tensor>;

export function toParameters(backend: Backend, weights: Weights): Parameters {
  return new Map([...weights].map(([name, { data, shape }]) => [name, Tensor.parameter(backend, data, shape)]));
}
/** The values as they are now. */
export async function toWeights(parameters: Parameters): Promise<Weights> {
  const out = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const [name, tensor] of parameters) out.set(name, { shape: tensor.shape, data: await tensor.values() });
  return out;
}
export function freeParameters(parameters: Parameters): void {
  for (const tensor of parameters.values()) tensor.free();
}
/** The parameter of a name that the model's shapes promise. */
export function parameter(parameters: Parameters, name: string): Tensor {
  const found = parameters.get(name);
  if (found === undefined) throw new Error(`the parameters lack ${name}`);
  return found;
}

/** First values: matrices normal with deviation `deviation(name, shape)`, vectors named …norm… ones, other vectors zeros. */
export function initialWeights(
  shapes: ReadonlyMap<string, readonly number[]>,
  random: Random,
  deviation: (name: string, shape: readonly number[]) => number,
): Weights {
  return new Map(
    [...shapes].map(([name, shape]) => {
      const data = new Float32Array(size(shape));
      if (shape.length > 1) {
        const by = deviation(name, shape);
        for (let i = 0; i < data.length; i++) data[i] = by * normal(random);
      } else if (/norm.*weight$/.test(name)) data.fill(1);
      return [name, { shape, data }];
    }),
  );
}
