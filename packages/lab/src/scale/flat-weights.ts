import { InksealError } from "@inkseal/core";
import type { Values, Weights } from "../weights.ts";

/** All values in one row, in the order of `like`. Throws `bad-request` unless names and shapes are those of `like`. */
export function flatten(weights: Weights, like: Weights = weights): Float32Array {
  if (weights.size !== like.size)
    throw new InksealError("bad-request", `${weights.size} tensors came where ${like.size} were due`);
  const flat = new Float32Array([...like.values()].reduce((sum, v) => sum + v.data.length, 0));
  let at = 0;
  for (const [name, model] of like) {
    const values = weights.get(name);
    if (values === undefined || values.shape.join() !== model.shape.join() || values.data.length !== model.data.length)
      throw new InksealError("bad-request", `the tensor ${JSON.stringify(name)} is missing or has another shape`);
    flat.set(values.data, at);
    at += values.data.length;
  }
  return flat;
}

/** The weights `like` with their values moved by `update`, as long as all of them. */
export function moved(like: Weights, update: Float64Array): Weights {
  let at = 0;
  return new Map(
    [...like].map(([name, { shape, data }]): [string, Values] => {
      const part = update.subarray(at, (at += data.length));
      return [name, { shape, data: data.map((x, i) => x + part[i]!) }];
    }),
  );
}
