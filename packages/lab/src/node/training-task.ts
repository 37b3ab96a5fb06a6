import { InksealError } from "@inkseal/core";
import { distillation } from "../compress/distil.ts";
import { zeroKeeper, zeroMasks } from "../compress/prune.ts";
import { evaluationWindows, holdOut, mixedLoader } from "../data/mix.ts";
import type { GptConfig, ModelConfig } from "../models/config.ts";
import { freeParameters, type Parameters, toParameters } from "../models/parameters.ts";
import type { CutModel } from "../scale/cut-model.ts";
import { cutWeights } from "../scale/partition.ts";
import type { Reduce } from "../scale/reduce.ts";
import type { Backend } from "../tensor/index.ts";
import type { TrainConfig } from "../train/config.ts";
import { cutTask } from "../train/cut-task.ts";
import { type LanguageTaskOptions, languageTask } from "../train/language-task.ts";
import { type ExampleSource, lessonTask } from "../train/lesson.ts";
import { type LessonData, lessonOf } from "../train/lessons.ts";
import { loraProject } from "../train/lora.ts";
import type { Task } from "../train/task.ts";
import type { Weights } from "../weights.ts";
import { openTokenFile, type TokenFile } from "./token-file.ts";

/** All that a training starts from, ready for each worker: it survives a structured clone. */
export type TrainingPlan = TextPlan | LessonPlan;
interface CommonPlan {
  readonly config: TrainConfig;
  /** Tokens of a sequence; 1 where there are none. */
  readonly length: number;
  readonly base: Weights;
}
/** Of every kind of model but gpt. */
export interface LessonPlan extends CommonPlan {
  readonly model: Exclude<ModelConfig, GptConfig>;
  readonly data: LessonData;
  readonly sources: readonly ExampleSource[];
}
export interface TextPlan extends CommonPlan {
  readonly model: GptConfig;
  /** A token file for each entry of `config.data`. */
  readonly files: readonly string[];
  /** The first low-rank adapters, when those are trained. */
  readonly adapters?: Weights;
  /** The model that a student learns from. */
  readonly teacher?: { readonly config: GptConfig; readonly weights: Weights };
}
export interface OpenTask {
  readonly task: Task;
  /** Those that are trained. */
  readonly trained: Parameters;
  close(): void;
}

export interface Workers {
  /** The replicas. */
  readonly reduce?: Reduce | undefined;
  /** Those that hold one model between them. */
  readonly cut?: CutModel | undefined;
}

/** The plan on a backend: with `cut` this worker's piece of the model, with `reduce` this rank's share of each batch and of the evaluation. Throws `bad-request` when it cannot be shared. */
export function openTask(plan: TrainingPlan, backend: Backend, { reduce, cut }: Workers = {}): OpenTask {
  const share = reduce === undefined ? { rank: 0, size: 1 } : { rank: reduce.rank, size: reduce.size };
  const { batch } = plan.config;
  if (batch % share.size !== 0)
    throw new InksealError("bad-request", `a batch of ${batch} cannot be shared by ${share.size} replicas`, {
      param: "batch",
    });
  return "files" in plan ? openText(plan, backend, share, { reduce, cut }) : openLesson(plan, backend, share, reduce);
}
type Share = { readonly rank: number; readonly size: number };

function openLesson(
  { config, model, base, data, sources }: LessonPlan,
  backend: Backend,
  share: Share,
  reduce?: Reduce,
): OpenTask {
  const parameters = toParameters(backend, base);
  const { task, groups } = lessonTask({
    lesson: lessonOf(model, data, backend),
    parameters,
    sources,
    config,
    share,
  });
  return {
    task: reduce === undefined ? task : { ...task, evaluate: () => evaluateTogether(task, groups, reduce) },
    trained: parameters,
    close: () => freeParameters(parameters),
  };
}

function openText(
  { config, model, length, files, base, adapters, teacher }: TextPlan,
  backend: Backend,
  share: Share,
  { reduce, cut }: Workers,
): OpenTask {
  const sources: TokenFile[] = [];
  try {
    for (const path of files) sources.push(openTokenFile(path));
    const parts = sources.map((source, i) => ({ ...holdOut(source, config.holdOut), weight: config.data[i]!.weight }));
    const held = parts.map((p) => (p.held.length > length ? p.held : p.train));
    const evaluation = held.flatMap((source) =>
      evaluationWindows(source, {
        batch: Math.min(config.batch, 16),
        length,
        batches: Math.max(1, Math.round(config.evaluateBatches / held.length)),
      }),
    );
    const mine = evaluation.filter((_, i) => i % share.size === share.rank);
    const loader = mixedLoader({
      sources: parts.map(({ train: source, weight }) => ({ source, weight })),
      batch: config.batch,
      length,
      seed: config.seed,
    });
    const start = cut === undefined ? base : cutWeights(model, base, cut.place);
    const parameters = toParameters(backend, start);
    const trained = adapters === undefined ? parameters : toParameters(backend, adapters);
    const taught = teacher && toParameters(backend, teacher.weights);
    const zeros = config.keepZeros ? zeroKeeper(trained, zeroMasks(start)) : undefined;
    const options: LanguageTaskOptions = {
      backend,
      config: model,
      parameters,
      trained,
      ...(config.lora && { project: loraProject(parameters, trained, config.lora) }),
      ...(teacher && {
        objective: distillation(backend, { config: teacher.config, parameters: taught!, ...config.distil! }),
      }),
      ...(zeros && { settle: zeros.settle }),
      loader,
      batch: config.batch,
      length,
      evaluation: mine,
      seed: config.seed,
      share,
      ...(config.privacy && { private: parts[0]!.train }),
    };
    const task = cut === undefined ? languageTask(options) : cutTask(options, cut, config.accumulate);
    return {
      task: reduce === undefined ? task : { ...task, evaluate: () => evaluateTogether(task, mine.length, reduce) },
      trained,
      close() {
        for (const source of sources) source.close();
        for (const p of new Set([parameters, trained, ...(taught ? [taught] : [])])) freeParameters(p);
        zeros?.free();
      },
    };
  } catch (error) {
    for (const source of sources) source.close();
    throw error;
  }
}

/** The mean over everybody's batches, which are of one size. */
async function evaluateTogether(task: Task, batches: number, reduce: Reduce): Promise<number> {
  const sums = Float32Array.of(batches === 0 ? 0 : (await task.evaluate()) * batches, batches);
  await reduce.sum(sums);
  return sums[0]! / sums[1]!;
}
