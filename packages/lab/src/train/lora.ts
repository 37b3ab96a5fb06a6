import { InksealError } from "@inkseal/core";
import { normal } from "../data/gaussian.ts";
import type { Project } from "../models/gpt.ts";
import { type Parameters, parameter } from "../models/parameters.ts";
import * as t from "../tensor/index.ts";
import type { Random, Weights } from "../weights.ts";

/** Low-rank adaptation (Hu et al. 2021): W stays, W + (α/r)·B·A is used. A is [r, in], normal; B is [out, r], zeros: at first nothing changes. */
export interface LoraOptions {
  readonly rank: number;
  readonly alpha: number;
  /** Ends of the names of the weights that are adapted, such as q_proj. */
  readonly targets: readonly string[];
}
const names = (name: string): readonly [a: string, b: string] => {
  const stem = `base_model.model.${name.replace(/\.weight$/, "")}`;
  return [`${stem}.lora_A.weight`, `${stem}.lora_B.weight`]; // PEFT's names
};
const isTarget = (name: string, { targets }: LoraOptions): boolean =>
  targets.some((target) => name.endsWith(`${target}.weight`));

/** The adapters of a model's weights. Throws `bad-request` when no weight ends in a target. */
export function initialLora(weights: Weights, options: LoraOptions, random: Random): Weights {
  const out = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const [name, { shape }] of weights) {
    if (!isTarget(name, options) || shape.length !== 2) continue;
    const [rows, columns] = shape as [number, number];
    const [a, b] = names(name);
    const deviation = 1 / Math.sqrt(columns);
    out.set(a, {
      shape: [options.rank, columns],
      data: Float32Array.from({ length: options.rank * columns }, () => deviation * normal(random)),
    });
    out.set(b, { shape: [rows, options.rank], data: new Float32Array(rows * options.rank) });
  }
  if (out.size === 0)
    throw new InksealError("bad-request", `no weight of this model ends in ${options.targets.join(", ")}`, {
      param: "lora.targets",
    });
  return out;
}

/** The projection with adapters: base weights as they are, adapters added where there are some. */
export function loraProject(base: Parameters, adapters: Parameters, { rank, alpha }: LoraOptions): Project {
  return (x, name) => {
    const y = t.linear(x, parameter(base, name));
    const [a, b] = names(name);
    if (!adapters.has(a)) return y;
    return t.add(y, t.scale(t.linear(t.linear(x, parameter(adapters, a)), parameter(adapters, b)), alpha / rank));
  };
}

/** Weights with the adapters added in: W + (α/r)·B·A. */
export function mergeLora(weights: Weights, adapters: Weights, { rank, alpha }: LoraOptions): Weights {
  return new Map(
    [...weights].map(([name, value]) => {
      const [a, b] = names(name).map((n) => adapters.get(n));
      if (a === undefined || b === undefined) return [name, value];
      const [rows, columns] = value.shape as [number, number];
      const data = value.data.slice();
      for (let i = 0; i < rows; i++)
        for (let r = 0; r < rank; r++) {
          const by = (alpha / rank) * b.data[i * rank + r]!;
          for (let j = 0; j < columns; j++) data[i * columns + j]! += by * a.data[r * columns + j]!;
        }
      return [name, { shape: value.shape, data }];
    }),
  );
}
