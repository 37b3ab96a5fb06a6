/** One replica of `trainReplicas`: its own engine of one thread and its share of each batch. */
import { parentPort, workerData } from "node:worker_threads";
import { InksealError } from "@inkseal/core";
import { layeredReduce } from "../scale/layered-reduce.ts";
import { LostRank, type Reduce } from "../scale/reduce.ts";
import { checkAgreed, shareTraining } from "../scale/share-training.ts";
import { type SharedGroup, sharedReduce } from "../scale/shared-reduce.ts";
import type { TrainEvent } from "../train/config.ts";
import { type TrainState, train } from "../train/train.ts";
import type { Weights } from "../weights.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import { energyMeter } from "./energy-meter.ts";
import { joinMachines, type Machines } from "./machines.ts";
import { cpuBackend } from "./threads.ts";
import { openTask, type TrainingPlan } from "./training-task.ts";

export interface ReplicaStart {
  readonly plan: TrainingPlan;
  readonly group: SharedGroup;
  readonly rank: number;
  readonly machines: Machines | undefined;
  /** One word, 1 when the training shall stop. */
  readonly stop: Int32Array;
  readonly folder: string;
  /** Bytes for this engine. */
  readonly memory: number;
  /** Bytes that all replicas are estimated to take. */
  readonly estimate: number;
}
export type ReplicaWord =
  | { readonly event: TrainEvent }
  | { readonly best: Weights }
  | { readonly done: true }
  | {
      readonly failure: {
        readonly code: InksealError["code"];
        readonly message: string;
        readonly param?: string;
        readonly rank?: number;
      };
    };

const say = (word: ReplicaWord): void => parentPort!.postMessage(word);

async function replica({ plan, group, rank, machines, stop, folder, memory, estimate }: ReplicaStart): Promise<void> {
  const { config, model } = plan;
  const inner = sharedReduce(group, rank, { timeout: 3_600_000, blocking: true }); // the parent ends who waits for the lost
  const outer = machines === undefined || rank !== 0 ? undefined : await joinMachines(machines);
  let reduce: Reduce | undefined = group.size === 1 ? outer : inner;
  if (machines !== undefined && group.size > 1)
    reduce = layeredReduce({ inner, ...(outer && { outer }), machine: machines.rank, machines: machines.size });
  const first = (reduce?.rank ?? 0) === 0;
  const backend = cpuBackend({ threads: 1, memory });
  const { task, close } = openTask(plan, backend, reduce);
  try {
    let resume: TrainState | undefined;
    if (first) {
      const found = await loadCheckpoint(folder, { config: model });
      resume = found && {
        step: found.step,
        weights: found.weights,
        optimiser: found.optimiser,
        state: found.state as TrainState["state"],
      };
    }
    if (reduce !== undefined) {
      const { out: _, data: __, machines: ___, from: ____, memory: _____, threads: ______, ...same } = config;
      await checkAgreed(reduce, "a configuration", JSON.stringify({ same, model, length: plan.length }));
      resume = await shareTraining(reduce, resume);
    }
    const events = train(task, config, {
      now: () => performance.now(),
      energy: energyMeter(),
      memoryBytes: estimate,
      ...(reduce && { reduce }),
      resume,
      signal: {
        get aborted() {
          return Atomics.load(stop, 0) === 1;
        },
      },
      save: ({ step, weights, optimiser, state }) => saveCheckpoint(folder, step, { weights, optimiser, state, config: model }),
      best: (best) => say({ best }),
    });
    for await (const event of events) if (rank === 0) say({ event });
    await outer?.close();
    say({ done: true });
  } finally {
    close();
    backend.close();
  }
}

try {
  await replica(workerData as ReplicaStart);
} catch (error) {
  if (!InksealError.is(error)) throw error;
  const { code, message, details } = error;
  const { param } = details;
  say({
    failure: { code, message, ...(param !== undefined && { param }), ...(error instanceof LostRank && { rank: error.rank }) },
  });
}
