/** One worker of `trainReplicas`: its own engine of one thread, its replica's share of each batch, and the model or its piece of it. */
import { parentPort, workerData } from "node:worker_threads";
import { InksealError } from "@inkseal/core";
import type { GptConfig } from "../models/config.ts";
import { modelShapes } from "../models/shapes.ts";
import { gatherState, joinModel, type SharedModel, shareNumbers } from "../scale/cut-model.ts";
import { layeredReduce } from "../scale/layered-reduce.ts";
import { cutWeights, gatherWeights } from "../scale/partition.ts";
import { LostRank, type Reduce } from "../scale/reduce.ts";
import { checkAgreed, shareTraining } from "../scale/share-training.ts";
import { type SharedGroup, sharedReduce } from "../scale/shared-reduce.ts";
import { size } from "../tensor/index.ts";
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
  /** The replicas, of a cut model those workers that hold the same piece. */
  readonly group: SharedGroup;
  readonly rank: number;
  /** When the model is cut: the workers of this replica, and which this is. */
  readonly cut: { readonly shared: SharedModel; readonly rank: number } | undefined;
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

const timeout = 3_600_000; // the parent ends who waits for the lost

async function replica({
  plan,
  group,
  rank,
  cut: piece,
  machines,
  stop,
  folder,
  memory,
  estimate,
}: ReplicaStart): Promise<void> {
  const { config, model } = plan;
  const whole = model as GptConfig; // only a gpt is cut
  const inner = sharedReduce(group, rank, { timeout, blocking: true });
  const cut = piece && joinModel(piece.shared, whole, piece.rank, timeout);
  const outer = machines === undefined || rank !== 0 ? undefined : await joinMachines(machines);
  let reduce: Reduce | undefined = group.size === 1 ? outer : inner;
  if (machines !== undefined && group.size > 1)
    reduce = layeredReduce({ inner, ...(outer && { outer }), machine: machines.rank, machines: machines.size });
  const first = (reduce?.rank ?? 0) === 0;
  const talks = rank === 0 && (cut?.all.rank ?? 0) === 0;
  const backend = cpuBackend({ threads: 1, memory });
  const { task, close } = openTask(plan, backend, { reduce, cut });
  try {
    let resume: TrainState | undefined;
    if (first) {
      const found = await loadCheckpoint(folder, { config: model });
      resume = found && {
        step: found.step,
        weights: cut === undefined ? found.weights : cutWeights(whole, found.weights, cut.place),
        optimiser: cut === undefined ? found.optimiser : cutWeights(whole, found.optimiser, cut.place),
        state: found.state as TrainState["state"],
      };
    }
    if (reduce !== undefined) {
      const { out: _, data: __, machines: ___, from: ____, memory: _____, threads: ______, ...same } = config;
      await checkAgreed(reduce, "a configuration", JSON.stringify({ same, model, length: plan.length }));
      resume = await shareTraining(reduce, resume);
    }
    const events = train(
      task,
      { ...config, accumulate: task.gradients === undefined ? config.accumulate : 1 },
      {
        now: () => performance.now(),
        energy: energyMeter(),
        memoryBytes: estimate,
        ...(reduce && { reduce }),
        resume,
        signal: {
          get aborted() {
            const flag = Float64Array.of(Atomics.load(stop, 0));
            if (cut !== undefined) shareNumbers(cut.all, flag, 0); // all workers of a model stop after the same step
            return flag[0] === 1;
          },
        },
        save: async (state) => {
          const { step, weights, optimiser, state: rest } = cut === undefined ? state : gatherState(cut, state);
          return talks ? saveCheckpoint(folder, step, { weights, optimiser, state: rest, config: model }) : "";
        },
        best: (mine) => {
          const best = cut === undefined ? mine : gatherWeights(whole, mine, cut.parallel, cut.all);
          if (talks) say({ best });
        },
      },
    );
    const parameters = [...modelShapes(model).values()].reduce((sum, shape) => sum + size(shape), 0);
    for await (const event of events)
      if (talks) say({ event: event.type === "start" && cut !== undefined ? { ...event, parameters } : event });
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
