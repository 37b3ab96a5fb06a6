import type { Parameters } from "../models/parameters.ts";
import type { Tensor } from "../tensor/index.ts";

/** The gradients, in the order of the parameters, and the mean loss of the same batch. */
export interface Found {
  readonly gradients: Tensor[];
  readonly mean: number;
}

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
  /** Instead of `loss`, where loss and gradient are made together: a worker that holds some layers of the model (a pipeline), whose one part is the whole step. */
  gradients?(step: number, part: number): Found;
  /** The length of the whole gradient, where this worker holds only a part of the model. */
  norm?(gradients: readonly Tensor[]): number | Promise<number>;
  /** Called after each optimiser step, inside a scope: puts right what a step must not change, such as weights that are pruned. */
  settle?(): void;
  /**
   * A network that learns against this one, as the critic of a GAN: before each step it takes `rounds` steps by an optimiser of its own.
   * Names of its parameters are others than those of `parameters`; both are kept and go on together.
   */
  readonly rival?: {
    readonly parameters: Parameters;
    readonly rounds: number;
    /** As the task's own `loss`; `part` counts the passes of all rounds of a step. */
    loss(step: number, part: number): Tensor;
  };
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
