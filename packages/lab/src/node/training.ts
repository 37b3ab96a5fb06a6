import { appendFile, mkdir, readFile } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { InksealError } from "@inkseal/core";
import { seededRandom } from "../data/random.ts";
import { type GptConfig, gptShapes } from "../models/config.ts";
import { initialGpt } from "../models/gpt.ts";
import { toWeights } from "../models/parameters.ts";
import { checkCut } from "../scale/partition.ts";
import { type TrainConfig, TrainConfigSchema, type TrainEvent } from "../train/config.ts";
import { gptMemory } from "../train/estimate.ts";
import { initialLora, mergeLora } from "../train/lora.ts";
import { train } from "../train/train.ts";
import type { Weights } from "../weights.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import { energyMeter } from "./energy-meter.ts";
import { machinesOf } from "./machines.ts";
import { loadModel, saveModel } from "./model-folder.ts";
import { trainReplicas } from "./replicas.ts";
import { checkTeacher, loadTeacher, teacherMemory } from "./teacher.ts";
import { cpuBackend } from "./threads.ts";
import { prepareTokens } from "./training-data.ts";
import { openTask, type TrainingPlan } from "./training-task.ts";

export interface TrainingSeams {
  /** Milliseconds. */
  readonly now: () => number;
  readonly signal?: AbortSignal;
  /** What admits the machines of a training over several; needed only with `machines`. */
  readonly secret?: string;
}

/** Reads a training configuration. `model.vocab` may be missing: it is then the tokenizer's. Throws `bad-request` naming the field. */
export function readTrainConfig(json: unknown): TrainConfig {
  const model = (json as { model?: { vocab?: number } } | null)?.model;
  const filled =
    model !== undefined && model.vocab === undefined ? { ...(json as object), model: { ...model, vocab: 1 } } : json;
  const parsed = TrainConfigSchema.safeParse(filled);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new InksealError("bad-request", `training configuration: ${issue?.path.join(".") || "it"}: ${issue?.message}`, {
    param: issue?.path.join(".") ?? "",
  });
}
export async function loadTrainConfig(path: string): Promise<TrainConfig> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new InksealError("bad-request", `${path} is not a training configuration: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return readTrainConfig(json);
}

/**
 * Trains as the configuration says, and goes on from the newest sound checkpoint in `out` when there is one. In `out`: tokenizer.json,
 * the tokenised data, checkpoints/, log.jsonl (every event), and at the end model/ (the weights that evaluated best).
 * With `distil` another model teaches this one.
 * Throws `too-large` before any work when the estimate is above the memory, `conflict` when `out` has checkpoints of another model.
 */
export async function* runTraining(config: TrainConfig, { now, signal, secret }: TrainingSeams): AsyncGenerator<TrainEvent> {
  if (config.model.kind !== "gpt")
    throw new InksealError("cannot-do", `a ${config.model.kind} is not trained from text by this command`, {
      param: "model.kind",
    });
  await mkdir(config.out, { recursive: true });
  const start = config.from === undefined ? undefined : await loadModel(config.from);
  checkKept(config);
  const teacher = config.distil && (await loadTeacher(config.distil.teacher));
  const { tokenizer, files } = await prepareTokens(config, start?.tokenizer ?? teacher?.tokenizer);
  const model = modelFor(config, teacher?.config.vocab ?? tokenizer.vocab, start?.config);
  const length = config.length ?? model.context;
  if (length > model.context)
    throw new InksealError("bad-request", `length ${length} is above the model's context of ${model.context}`, {
      param: "length",
    });
  checkParallel(config, model);
  if (teacher !== undefined) checkTeacher(teacher.config, model, length);
  const { total, limit } = checkMemory(config, model, length, teacher?.config);
  const base = start?.weights ?? initialGpt(model, seededRandom(config.seed));
  const adapters = config.lora && initialLora(base, config.lora, seededRandom(config.seed + 3));

  const plan: TrainingPlan = { config, model, length, files, base, ...(adapters && { adapters }), ...(teacher && { teacher }) };
  let best: Weights | undefined;
  let kept: Weights | undefined;
  const keep = async (): Promise<void> => {
    if (best === undefined || best === kept) return;
    kept = best;
    const weights = config.lora === undefined ? best : mergeLora(base, best, config.lora);
    await saveModel(join(config.out, "model"), { weights, config: model, tokenizer });
  };
  const common = {
    folder: join(config.out, "checkpoints"),
    signal,
    best: (weights: Weights) => {
      best = weights;
    },
  };
  const machines = machinesOf(config, secret);
  const pieces = config.parallel.tensor * config.parallel.pipeline;
  const alone = config.replicas === 1 && pieces === 1 && machines === undefined;
  const events = alone
    ? trainHere(plan, { ...common, now, memory: limit, estimate: total })
    : trainReplicas(plan, {
        ...common,
        replicas: config.replicas,
        machines,
        memory: limit / (config.replicas * pieces),
        estimate: total,
      });
  for await (const event of events) {
    if (event.type === "evaluation") await keep();
    await appendFile(join(config.out, "log.jsonl"), `${JSON.stringify(event)}\n`);
    yield event;
  }
  await keep();
}

interface HereOptions {
  readonly folder: string;
  readonly now: () => number;
  readonly signal: AbortSignal | undefined;
  readonly memory: number;
  readonly estimate: number;
  readonly best: (weights: Weights) => void;
}
/** One engine with all threads, in this thread. */
async function* trainHere(
  plan: TrainingPlan,
  { folder, now, signal, memory, estimate, best }: HereOptions,
): AsyncGenerator<TrainEvent> {
  const { config, model } = plan;
  const backend = cpuBackend({ threads: config.threads ?? availableParallelism(), memory });
  try {
    const { task, trained, close } = openTask(plan, backend);
    const found = await loadCheckpoint(folder, { config: model });
    let any = found !== undefined;
    yield* train(task, config, {
      now,
      energy: energyMeter(),
      memoryBytes: estimate,
      ...(signal && { signal }),
      ...(found && {
        resume: { step: found.step, weights: found.weights, optimiser: found.optimiser, state: found.state as never },
      }),
      save: ({ step, weights, optimiser, state }) => saveCheckpoint(folder, step, { weights, optimiser, state, config: model }),
      best: (weights) => {
        any = true;
        best(weights);
      },
    });
    if (!any) best(await toWeights(trained)); // stopped before the first evaluation
    close();
  } finally {
    backend.close();
  }
}

/** Zeros are kept of a model that is there, and adapters leave its weights alone anyway. */
function checkKept({ keepZeros, from, lora }: TrainConfig): void {
  if (!keepZeros || (from !== undefined && lora === undefined)) return;
  throw new InksealError(
    "bad-request",
    `keepZeros needs ${lora === undefined ? "a pruned model in from" : "no lora beside it"}`,
    {
      param: "keepZeros",
    },
  );
}

/** What is not trained by workers that hold a model between them. */
function checkParallel({ parallel, lora, privacy, distil, machines }: TrainConfig, model: GptConfig): void {
  checkCut(model, parallel);
  const other = lora ? "lora" : privacy ? "privacy" : distil ? "distil" : machines ? "machines" : undefined;
  if (parallel.tensor * parallel.pipeline > 1 && other !== undefined)
    throw new InksealError("cannot-do", `${other} does not go with a model cut over workers; leave out parallel`, {
      param: "parallel",
    });
}

/** The configuration's model with the tokenizer's vocabulary, or that of the folder it starts from. */
function modelFor(config: TrainConfig, vocab: number, start: TrainConfig["model"] | undefined): GptConfig {
  if (start !== undefined) {
    if (start.kind !== "gpt")
      throw new InksealError("cannot-do", `${config.from} holds a ${start.kind}, not a gpt`, { param: "from" });
    return start;
  }
  const model = config.model as GptConfig;
  if (model.vocab !== 1 && model.vocab < vocab)
    throw new InksealError("bad-request", `the tokenizer has ${vocab} tokens, model.vocab only ${model.vocab}; leave it out`, {
      param: "model.vocab",
    });
  return { ...model, vocab: model.vocab === 1 ? vocab : model.vocab };
}

/** Before anything is made: a model that does not fit must not fill the memory first. */
function checkMemory(
  config: TrainConfig,
  model: GptConfig,
  length: number,
  teacher: GptConfig | undefined,
): { total: number; limit: number } {
  const { lora } = config;
  const adapted = [...gptShapes(model)].filter(([name]) => lora?.targets.some((target) => name.endsWith(`${target}.weight`)));
  const trained = lora && adapted.reduce((n, [, [rows, columns]]) => n + lora.rank * (rows! + columns!), 0);
  const share = config.batch / (config.replicas * (config.machines?.size ?? 1));
  const { parallel, accumulate } = config;
  const workers = config.replicas * parallel.tensor * parallel.pipeline;
  const each = gptMemory(model, { batch: share, length, parallel, accumulate, ...(trained !== undefined && { trained }) });
  const shown = teacher === undefined ? 0 : teacherMemory(teacher, share * length);
  const total = (each.total + shown) * workers;
  const limit = Math.min(config.memory ?? totalmem() * 0.8, 2 ** 32 - 65_536);
  if (total <= limit) return { total, limit };
  const gib = (n: number): string => `${(n / 2 ** 30).toFixed(1)} GiB`;
  throw new InksealError(
    "too-large",
    `this training needs about ${gib(total)} (${workers > 1 ? `for each of ${workers} workers ` : ""}${gib(each.state)} for ${(each.parameters / 1e6).toFixed(1)} M parameters, their gradients and moments, ${gib(each.activations)} for the batch${teacher ? `, ${gib(shown)} for the teacher` : ""}), and has ${gib(limit)}: make batch, length or the model smaller (accumulate makes up for a smaller batch)`,
    { param: "batch" },
  );
}
