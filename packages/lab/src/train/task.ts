import type { Parameters } from "../models/parameters.ts";
import type { Tensor } from "../tensor/index.ts";

/**
 * What a training trains: parameters, a source of batches and a loss. `train` knows nothing else about models.
 */
export interface Task {
  /** Those that the optimiser changes. */
  readonly parameters: Parameters;
  /** Tokens (or examples) that one `loss` sees. */
  readonly tokens: number;
  /** The mean loss of the next batch; called inside a scope. `step` counts from 1, `part` counts the passes of a step. */
  loss(step: number, part: number): Tensor;
  /** For private training: the losses of one example each, for a Poisson sample of the examples; called inside a scope each. */
  readonly examples?: {
    /** Chance of each example. */ readonly rate: number /** Mean number of a draw. */;
    readonly expected: number;
    draw(): readonly (() => Tensor)[];
  };
  /** Mean loss over the held-out data. */
  evaluate(): number | Promise<number>;
  /** JSON-able, all that going on bit-exactly needs. */
  state(): unknown;
  restore(state: unknown): void;
}
