import type { Worker } from "node:worker_threads";
import { InksealError } from "@inkseal/core";
import type { GptConfig } from "../models/config.ts";
import { modelShapes } from "../models/shapes.ts";
import { sharedModel } from "../scale/cut-model.ts";
import { placeOf, shapesAt } from "../scale/partition.ts";
import { LostRank } from "../scale/reduce.ts";
import { sharedGroup } from "../scale/shared-reduce.ts";
import { size } from "../tensor/index.ts";
import type { TrainEvent } from "../train/config.ts";
import type { Weights } from "../weights.ts";
import type { Machines } from "./machines.ts";
import type { ReplicaStart, ReplicaWord } from "./replica-worker.ts";
import { spawnWorker } from "./spawn-worker.ts";
import type { TrainingPlan } from "./training-task.ts";

export interface ReplicaOptions {
  /** Copies of the model on this machine; each is one worker thread, or as many as the configuration's `parallel` cuts it over. */
  readonly replicas: number;
  /** Of checkpoints; training goes on from the newest sound one. */
  readonly folder: string;
  /** Bytes for each worker's engine. */
  readonly memory: number;
  /** Bytes that all replicas are estimated to take, for the report. */
  readonly estimate?: number;
  readonly machines?: Machines | undefined;
  /** How often to start again from the last checkpoint after a replica or a machine was lost; as the plan's configuration says. */
  readonly recover?: number;
  readonly signal?: AbortSignal | undefined;
  /** Called whenever evaluation was better than ever before; on machine 0 alone. */
  readonly best?: (weights: Weights) => void;
  /** The worker threads of each start, by rank. */
  readonly onStart?: (workers: readonly Worker[]) => void;
}

/**
 * Training over worker threads, each with its own engine of one thread. Each replica has its share of each batch; gradients are summed over
 * all, so that parameters stay equal bit for bit. A replica is one worker, or those over which `parallel` cuts its model, whose checkpoints are
 * the whole model's. The same plan on as many workers gives the same bits. Events are those of `train` on the first
 * replica of this machine; when a replica was lost, training starts again from the last checkpoint and says so by another `start`.
 * Throws `LostRank` when more were lost than `recover` allows, and what `train` throws.
 */
export async function* trainReplicas(plan: TrainingPlan, options: ReplicaOptions): AsyncGenerator<TrainEvent> {
  for (let left = options.recover ?? plan.config.recover; ; left--) {
    try {
      return yield* crew(plan, options);
    } catch (error) {
      if (!(error instanceof LostRank) || left <= 0 || options.signal?.aborted) throw error;
    }
  }
}

/** All replicas, from the last checkpoint to the end or to the first that is lost. */
async function* crew(plan: TrainingPlan, options: ReplicaOptions): AsyncGenerator<TrainEvent> {
  const { replicas, folder, memory, machines, signal, estimate = replicas * memory } = options;
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const abort = () => void Atomics.store(stop, 0, 1);
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();

  const { config, model, length } = plan;
  const { tensor, pipeline } = config.parallel;
  const pieces = tensor * pipeline;
  const shapes = (rank: number) =>
    model.kind === "gpt" ? shapesAt(model, placeOf(rank, config.parallel)) : modelShapes(model);
  const floats = (rank: number) => [...shapes(rank).values()].reduce((sum, shape) => sum + size(shape), 2);
  // one piece for all, if it is not above 16 MiB
  const groups = Array.from({ length: pieces }, (_, piece) => sharedGroup(replicas, Math.min(floats(piece), 1 << 22)));
  const tokens = (config.batch / (replicas * (machines?.size ?? 1))) * length;
  const models = Array.from({ length: pieces === 1 || model.kind !== "gpt" ? 0 : replicas }, () =>
    sharedModel(model as GptConfig, config.parallel, tokens),
  );
  const inbox: (() => TrainEvent | undefined)[] = [];
  let wake = () => {};
  const put = (word: () => TrainEvent | undefined) => {
    inbox.push(word);
    wake();
  };
  let running = replicas * pieces;
  const workers = Array.from({ length: running }, (_, index) => {
    const [rank, piece] = [Math.floor(index / pieces), index % pieces];
    const cut = models[rank] && { shared: models[rank], rank: piece };
    const start: ReplicaStart = { plan, group: groups[piece]!, rank, cut, machines, stop, folder, memory, estimate };
    const worker = spawnWorker(new URL("./replica-worker.ts", import.meta.url), start);
    let last = false;
    const lost = (how: string, cause?: unknown) => {
      if (last) return;
      last = true;
      put(() => {
        throw new LostRank((machines?.rank ?? 0) * replicas * pieces + index, how, cause);
      });
    };
    worker.on("message", (word: ReplicaWord) => {
      if ("event" in word) return put(() => word.event);
      if ("best" in word) return put(() => void options.best?.(word.best));
      last = true;
      if ("done" in word) return put(() => void running--);
      const { code, message, param, rank: gone } = word.failure;
      put(() => {
        if (gone !== undefined) throw new LostRank(gone, message.replace(/^rank \d+ /, ""));
        throw new InksealError(code, message, param === undefined ? {} : { param });
      });
    });
    worker.on("error", (error: Error & { code?: string }) => {
      if (error.code === "ERR_WORKER_OUT_OF_MEMORY") return lost("ran out of memory", error);
      last = true;
      put(() => {
        throw error;
      });
    });
    worker.on("exit", (code) => lost(`ended with code ${code}`));
    return worker;
  });
  try {
    options.onStart?.(workers);
    while (running > 0) {
      while (inbox.length === 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      const event = inbox.shift()!();
      if (event !== undefined) yield event;
    }
  } finally {
    signal?.removeEventListener("abort", abort);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
