import type { Parameters } from "../models/parameters.ts";
import { Tensor, untracked } from "../tensor/index.ts";
import type { Weights } from "../weights.ts";

export interface AdamOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon?: number;
  /** On matrices only, as nanoGPT. */
  readonly weightDecay: number;
}

/** AdamW (Loshchilov & Hutter 2019) over named parameters, in place. */
export class Optimiser {
  readonly #parameters: Parameters;
  readonly #options: AdamOptions;
  readonly #moments: ReadonlyMap<string, readonly [m: Tensor, v: Tensor]>;
  /** Steps taken. */
  steps = 0;

  constructor(parameters: Parameters, options: AdamOptions) {
    this.#parameters = parameters;
    this.#options = options;
    const zeros = (like: Tensor): Tensor => Tensor.full(like.backend, like.shape, 0).keep();
    this.#moments = untracked(() => new Map([...parameters].map(([name, p]) => [name, [zeros(p), zeros(p)] as const])));
  }
  /** One step along `gradients` (in the order of the parameters), each multiplied by `scale`. */
  step(gradients: readonly Tensor[], rate: number, scale = 1): void {
    this.steps++;
    const { beta1, beta2, epsilon = 1e-8, weightDecay } = this.#options;
    let i = 0;
    for (const [name, p] of this.#parameters) {
      const [m, v] = this.#moments.get(name)!;
      const decay = p.rank > 1 ? weightDecay : 0;
      p.backend.adamw(p.block, gradients[i++]!.block, m.block, v.block, {
        rate,
        beta1,
        beta2,
        epsilon,
        decay,
        step: this.steps,
        scale,
      });
    }
  }
  async state(): Promise<Weights> {
    const out = new Map<string, { shape: readonly number[]; data: Float32Array }>();
    for (const [name, [m, v]] of this.#moments) {
      out.set(`${name}.m`, { shape: m.shape, data: await m.values() });
      out.set(`${name}.v`, { shape: v.shape, data: await v.values() });
    }
    return out;
  }
  restore(state: Weights, steps: number): void {
    for (const [name, [m, v]] of this.#moments)
      for (const [part, tensor] of [
        ["m", m],
        ["v", v],
      ] as const) {
        const values = state.get(`${name}.${part}`);
        if (values?.data.length !== tensor.size) throw new Error(`the optimiser's state lacks ${name}.${part}`);
        tensor.backend.write(tensor.block, values.data);
      }
    this.steps = steps;
  }
  free(): void {
    for (const [m, v] of this.#moments.values()) {
      m.free();
      v.free();
    }
  }
}

/** The L2 norm of all gradients together. */
export async function globalNorm(gradients: readonly Tensor[]): Promise<number> {
  let sum = 0;
  for (const squares of await Promise.all(gradients.map((g) => g.backend.squares(g.block)))) sum += squares;
  return Math.sqrt(sum);
}
