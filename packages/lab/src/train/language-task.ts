import type { Batch, MixedLoader, MixState } from "../data/mix.ts";
import { type RandomState, type SeededRandom, seededRandom } from "../data/random.ts";
import type { TokenSource } from "../data/token-file.ts";
import type { GptConfig } from "../models/config.ts";
import { type GptOptions, gpt, gptRotation, type Project } from "../models/gpt.ts";
import type { Parameters } from "../models/parameters.ts";
import * as t from "../tensor/index.ts";
import { type Backend, Ids, type Tensor } from "../tensor/index.ts";
import type { Task } from "./task.ts";

/** What training makes small: logits [B, T, vocab] for tokens [B, T] and the tokens that follow [B·T] → a number. */
export type Objective = (logits: Tensor, inputs: Ids, targets: Ids) => Tensor;
const nextToken: Objective = (logits, _, targets) => t.crossEntropy(logits, targets);

export interface LanguageTaskOptions {
  readonly backend: Backend;
  readonly config: GptConfig;
  /** All that the model uses; `trained` of them (all by default) change. */
  readonly parameters: Parameters;
  readonly trained?: Parameters;
  readonly project?: Project;
  /** By default the mean nats of the next token, which is also what evaluation reports. */
  readonly objective?: Objective;
  /** As the task's: called after each optimiser step. */
  readonly settle?: () => void;
  readonly loader: MixedLoader;
  readonly batch: number;
  readonly length: number;
  readonly evaluation: readonly Batch[];
  readonly seed: number;
  /** Which rows of each batch are this replica's. */
  readonly share?: Share;
  /** Private training draws windows of this source, each with chance batch / windows. */
  readonly private?: TokenSource;
}

interface Share {
  readonly rank: number;
  readonly size: number;
}
/** The `tokens` tokens of a batch that are a replica's. */
export function shareOf({ inputs, targets }: Batch, { rank }: Share, tokens: number): Batch {
  const mine = (all: Int32Array): Int32Array => all.subarray(rank * tokens, (rank + 1) * tokens);
  return { inputs: mine(inputs), targets: mine(targets) };
}

/** Next-token prediction of a GPT over windows of tokens. */
export function languageTask(o: LanguageTaskOptions): Task {
  const { backend, config, length } = o;
  const { rank, size } = o.share ?? { rank: 0, size: 1 };
  const rows = o.batch / size;
  const rotation = gptRotation(backend, config);
  const sampled: SeededRandom = seededRandom(o.seed + 1);

  function lossOf(
    { inputs, targets }: Batch,
    count: number,
    options: GptOptions,
    objective: Objective = nextToken,
  ): { loss: Tensor; balance: Tensor | undefined } {
    const ids = Ids.from(backend, inputs, [count, length]);
    const { logits, balance } = gpt(config, o.parameters, rotation, ids, {
      ...options,
      ...(o.project && { project: o.project }),
    });
    return { loss: objective(logits, ids, Ids.from(backend, targets, [count * length])), balance };
  }
  const trainLoss = (batch: Batch, count: number, step: number): Tensor => {
    const { loss, balance } = lossOf(batch, count, { dropout: { seed: o.seed, step } }, o.objective);
    return balance === undefined ? loss : t.add(loss, balance);
  };
  const windows = o.private === undefined ? 0 : Math.floor((o.private.length - 1) / length);

  return {
    parameters: o.trained ?? o.parameters,
    tokens: rows * length,
    loss(step, part) {
      const mine = shareOf(o.loader.next(), { rank, size }, rows * length);
      return trainLoss(mine, rows, (step * 64 + part) * size + rank);
    },
    ...(o.settle && { settle: o.settle }),
    ...(o.private && {
      examples: {
        rate: o.batch / windows,
        expected: o.batch,
        draw() {
          const chosen: (() => Tensor)[] = [];
          for (let w = 0; w < windows; w++) {
            if (sampled() >= o.batch / windows) continue;
            chosen.push(() => {
              const ids = Int32Array.from(o.private!.slice(w * length, length + 1));
              return lossOf({ inputs: ids.subarray(0, length), targets: ids.subarray(1) }, 1, {}, o.objective).loss;
            });
          }
          return chosen;
        },
      },
    }),
    async evaluate() {
      let sum = 0;
      for (const batch of o.evaluation) {
        const count = batch.inputs.length / length;
        const { values } = t.scope(() => ({ values: t.untracked(() => lossOf(batch, count, {}).loss.values()) }));
        sum += (await values)[0]!;
      }
      return sum / o.evaluation.length;
    },
    state: () => ({ loader: o.loader.state(), sampled: sampled.state() }),
    restore(state) {
      const s = state as { loader: MixState; sampled: RandomState };
      o.loader.restore(s.loader);
      sampled.restore(s.sampled);
    },
  };
}
