import { type Parameters, parameter } from "../models/parameters.ts";
import { mul, Tensor, untracked } from "../tensor/index.ts";
import type { Values, Weights } from "../weights.ts";
import type { Moments } from "./calibrate.ts";

/** By a matrix's name, for each of its weights: 1 where it stays, 0 where it is pruned. */
export type Masks = ReadonlyMap<string, Uint8Array>;

export interface PruneOptions {
  /** Share of the weights that go, 0 to 1; or two of each four neighbours along a row, as sparse tensor cores read them. */
  readonly share: number | "2:4";
  /**
   * Among what the share is counted: the whole model's matrices, one matrix (the default), or one row, which Wanda found best for large models and which costs
   * ours more (bench/lab/compressed.ts). Without meaning for 2:4.
   */
  readonly over?: "model" | "matrix" | "row";
  /** From `activationMoments`: a weight counts |w|·√E[x²] of its input (Wanda, Sun et al. 2023), not |w| alone. */
  readonly moments?: Moments;
}

/**
 * The weights of least magnitude of a GPT's linear layers (Han et al. 2015). Vectors, embedding, output and a mixture's router stay whole.
 * Throws RangeError for a share outside [0, 1].
 */
export function pruningMasks(weights: Weights, { share, over = "matrix", moments }: PruneOptions): Masks {
  if (share !== "2:4" && !(share >= 0 && share <= 1)) throw new RangeError(`a share of ${share} cannot be pruned`);
  const scored = [...weights]
    .filter(([name, { shape }]) => shape.length === 2 && !whole.test(name))
    .map(([name, value]) => ({ name, columns: value.shape[1]!, scores: importance(value, moments?.get(name)) }));
  if (share === "2:4") return new Map(scored.map(({ name, columns, scores }) => [name, twoOfFour(scores, columns)]));
  if (over === "model") {
    const all = new Float32Array(scored.reduce((n, { scores }) => n + scores.length, 0));
    let at = 0;
    for (const { scores } of scored) {
      all.set(scores, at);
      at += scores.length;
    }
    const mask = largest(all, share);
    at = 0;
    return new Map(scored.map(({ name, scores }) => [name, mask.slice(at, (at += scores.length))]));
  }
  return new Map(
    scored.map(({ name, columns, scores }) => {
      if (over === "matrix") return [name, largest(scores, share)];
      const mask = new Uint8Array(scores.length);
      for (let from = 0; from < scores.length; from += columns)
        mask.set(largest(scores.subarray(from, from + columns), share), from);
      return [name, mask];
    }),
  );
}
const whole = /(embed_tokens|lm_head|block_sparse_moe\.gate)\.weight$/;

/** The weights with what the masks take away at 0. */
export function prune(weights: Weights, masks: Masks): Weights {
  return new Map(
    [...weights].map(([name, value]): [string, Values] => {
      const mask = masks.get(name);
      return [name, mask === undefined ? value : { shape: value.shape, data: value.data.map((x, i) => (mask[i] ? x : 0)) }];
    }),
  );
}

/** The masks of a model that was pruned: of its matrices those that hold a 0. */
export function zeroMasks(weights: Weights): Masks {
  const masks = new Map<string, Uint8Array>();
  for (const [name, { shape, data }] of weights)
    if (shape.length === 2 && data.includes(0))
      masks.set(
        name,
        Uint8Array.from(data, (x) => (x === 0 ? 0 : 1)),
      );
  return masks;
}

/** Sets parameters to 0 in place where the masks say so: what a task's `settle` does while a pruned model is trained. */
export function zeroKeeper(parameters: Parameters, masks: Masks): { settle(): void; free(): void } {
  const pruned = [...masks].map(([name, mask]) => {
    const p = parameter(parameters, name);
    const minus = Float32Array.from(mask, (kept) => kept - 1);
    return [p, Tensor.from(p.backend, minus, p.shape).keep()] as const;
  });
  return {
    settle() {
      // p + p·(mask − 1) is exactly p or 0
      untracked(() => {
        for (const [p, minus] of pruned) p.backend.accumulate(p.block, mul(p, minus).block);
      });
    },
    free() {
      for (const [, minus] of pruned) minus.free();
    },
  };
}

/** Share of the weights that are 0. */
export function sparsity(weights: Weights): number {
  let zeros = 0;
  let all = 0;
  for (const { data } of weights.values()) {
    all += data.length;
    for (const x of data) if (x === 0) zeros++;
  }
  return zeros / all;
}

function importance({ shape, data }: Values, moments: Float32Array | undefined): Float32Array {
  if (moments === undefined) return data.map(Math.abs);
  const columns = shape[1]!;
  const inputs = Float32Array.from({ length: columns }, (_, j) => Math.sqrt(moments[j * columns + j]!));
  return data.map((x, i) => Math.abs(x) * inputs[i % columns]!);
}

/** All but the `share` of least scores; among equal ones the first go. */
function largest(scores: Float32Array, share: number): Uint8Array {
  const go = Math.floor(scores.length * share);
  const mask = new Uint8Array(scores.length).fill(1);
  if (go === 0) return mask;
  const bound = scores.slice().sort()[go - 1]!;
  let equal = go;
  for (const score of scores) if (score < bound) equal--;
  scores.forEach((score, i) => {
    if (score < bound || (score === bound && equal-- > 0)) mask[i] = 0;
  });
  return mask;
}

/** Of each four along a row the two largest; of a rest of fewer than four, two at most. */
function twoOfFour(scores: Float32Array, columns: number): Uint8Array {
  const mask = new Uint8Array(scores.length);
  for (let row = 0; row < scores.length; row += columns)
    for (let from = row; from < row + columns; from += 4) {
      const four = Array.from({ length: Math.min(4, row + columns - from) }, (_, i) => from + i);
      for (const i of four.sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, 2)) mask[i] = 1;
    }
  return mask;
}
