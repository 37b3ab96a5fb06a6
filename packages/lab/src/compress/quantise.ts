import { isQuantised } from "../infer/matrices.ts";
import { type GptConfig, gptSizes } from "../models/config.ts";
import type { MixedWeights, QuantisedMatrix, Values, Weights } from "../weights.ts";
import type { Moments } from "./calibrate.ts";
import { gptq } from "./gptq.ts";
import { absmaxScale, dequantise, emptyQuantised, groupSize, nearest, putGroup, searchedScale } from "./group.ts";

export interface QuantiseOptions {
  readonly bits: 8 | 4;
  /** Ends of names that stay as they are. A mixture's router always does: it is small, and decides. */
  readonly keep?: readonly string[];
  /** Ends of names that get 8 bits in a model of 4: by default embedding and output, to which every token's fate is tied. */
  readonly finer?: readonly string[];
  /** From {@link activationMoments}: these matrices are rounded as their inputs need it (GPTQ). */
  readonly moments?: Moments;
}

/**
 * Matrices [n, k] in groups of 32 along k; vectors, and matrices whose k is no multiple of 32, stay as they are ({@link alignGpt} avoids the latter).
 * 8 bits take 1.125 bytes a value, 4 bits 0.625.
 */
export function quantise(weights: Weights, { bits, keep = [], finer, moments }: QuantiseOptions): MixedWeights {
  const kept = [...keep, "block_sparse_moe.gate.weight"];
  const fine = bits === 8 ? [] : (finer ?? ["embed_tokens.weight", "lm_head.weight"]);
  const ends = (name: string, list: readonly string[]): boolean => list.some((end) => name.endsWith(end));
  return new Map(
    [...weights].map(([name, value]): [string, Values | QuantisedMatrix] => {
      if (!isDivisible(value) || ends(name, kept)) return [name, value];
      const width = ends(name, fine) ? 8 : bits;
      const inputs = moments?.get(name);
      return [name, inputs === undefined ? quantiseMatrix(value, width) : gptq(value, width, inputs)];
    }),
  );
}
const isDivisible = ({ shape }: Values): boolean => shape.length === 2 && shape[1]! % groupSize === 0;

/** One matrix, each value to its nearest. `shape` is [n, k], k a multiple of 32. */
export function quantiseMatrix({ shape, data }: Values, bits: 8 | 4): QuantisedMatrix {
  const [n, k] = shape as [number, number];
  if (k % groupSize !== 0) throw new RangeError(`rows of ${k} cannot be cut into groups of ${groupSize}`);
  const out = emptyQuantised(n, k, bits);
  const integers = new Int8Array(groupSize);
  for (let g = 0; g < out.scales.length; g++) {
    const group = data.subarray(g * groupSize, (g + 1) * groupSize);
    const scale = bits === 8 ? absmaxScale(group) : searchedScale(group);
    for (let i = 0; i < groupSize; i++) integers[i] = nearest(group[i]!, scale, bits);
    putGroup(out, g, scale, integers);
  }
  return out;
}

/** All as float32 again. */
export function dequantiseAll(weights: MixedWeights): Weights {
  return new Map([...weights].map(([name, value]) => [name, isQuantised(value) ? dequantise(value) : value]));
}
/** What quantisation makes of the weights, for a plain model: there and back. */
export function simulate(weights: Weights, bits: 8 | 4, options: Omit<QuantiseOptions, "bits"> = {}): Weights {
  return dequantiseAll(quantise(weights, { ...options, bits }));
}

/**
 * The same GPT with its feed-forward blocks widened by zeros to a multiple of 32, so that all its matrices can be quantised: the new units answer 0 and
 * nothing reads them. A default `hidden` (8/3 of the width) often needs it.
 */
export function alignGpt(config: GptConfig, weights: Weights): { config: GptConfig; weights: Weights } {
  const { hidden } = gptSizes(config);
  const wide = Math.ceil(hidden / groupSize) * groupSize;
  if (wide === hidden) return { config, weights };
  const widened = new Map(
    [...weights].map(([name, value]): [string, Values] => {
      const [n, k] = value.shape as [number, number];
      if (/(gate_proj|up_proj|w1|w3)\.weight$/.test(name)) {
        const data = new Float32Array(wide * k);
        data.set(value.data);
        return [name, { shape: [wide, k], data }];
      }
      if (!/(down_proj|w2)\.weight$/.test(name)) return [name, value];
      const data = new Float32Array(n * wide);
      for (let r = 0; r < n; r++) data.set(value.data.subarray(r * hidden, (r + 1) * hidden), r * wide);
      return [name, { shape: [n, wide], data }];
    }),
  );
  return { config: { ...config, hidden: wide }, weights: widened };
}
