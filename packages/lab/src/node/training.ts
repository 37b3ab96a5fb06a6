import { appendFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { InksealError } from "@inkseal/core";
import { seededRandom } from "../data/random.ts";
import { type GptConfig, gptShapes } from "../models/config.ts";
import { initialGpt } from "../models/gpt.ts";
import { toWeights } from "../models/parameters.ts";
import { checkCut } from "../scale/partition.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { type TrainConfig, TrainConfigSchema, type TrainEvent } from "../train/config.ts";
import { gptMemory } from "../train/estimate.ts";
import { initialLora, mergeLora } from "../train/lora.ts";
import { train } from "../train/train.ts";
import type { Weights } from "../weights.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import { checkDevice, memoryLimit, trainingBackend } from "./device.ts";
import { diskError } from "./durable-file.ts";
import { energyMeter } from "./energy-meter.ts";
import { planLesson } from "./lesson-plan.ts";
import { machinesOf } from "./machines.ts";
import { loadModel, type ModelFolder, saveModel } from "./model-folder.ts";
import { trainReplicas } from "./replicas.ts";
import { checkTeacher, loadTeacher, teacherMemory } from "./teacher.ts";
import { prepareTokens } from "./training-data.ts";
import { openTask, type TrainingPlan } from "./training-task.ts";

export interface TrainingSeams {
  /** Milliseconds. */
  readonly now: () => number;
  readonly signal?: AbortSignal;
  /** What admits the machines of a training over several; needed only with `machines`. */
  readonly secret?: string;
}

/**
 * Reads a training configuration. What the data will say may be missing: `vocab` of a model of text, `columns` of a table and `count` of a
 * category. A gan has defaults of its own, by which it learns (Gulrajani et al. 2017). Throws `bad-request` naming the field.
 */
export function readTrainConfig(json: unknown): TrainConfig {
  const parsed = TrainConfigSchema.safeParse(filledIn(json));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new InksealError("bad-request", `training configuration: ${issue?.path.join(".") || "it"}: ${issue?.message}`, {
    param: issue?.path.join(".") ?? "",
  });
}
function filledIn(json: unknown): unknown {
  const model = (json as { model?: unknown } | null)?.model;
  if (typeof model !== "object" || model === null) return json;
  const { kind, picture, columns, text } = model as Record<string, unknown>;
  const fill: Record<string, unknown> = {};
  if (kind === "gpt" || kind === "bert") fill.vocab = 1;
  if ((kind === "vae" || kind === "gan") && picture === undefined) fill.columns = [];
  const own: Record<string, unknown> = { ...fill, ...model };
  if (Array.isArray(columns))
    own.columns = columns.map((c) => (c?.type === "category" ? { count: c.values?.length ?? 1, ...c } : c));
  if (kind === "vit" && typeof text === "object") own.text = { vocab: 1, ...text };
  const adam = kind === "gan" ? { beta1: 0.5, beta2: 0.9, weightDecay: 0 } : {};
  return { ...adam, ...(json as object), model: own };
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
 * Trains as the configuration says, and goes on from the newest sound checkpoint in `out` when there is one. In `out`: checkpoints/,
 * log.jsonl (every event), at the end model/ (the weights that evaluated best), and of models of text tokenizer.json and the tokenised data.
 * With `distil` another model teaches this one.
 * Throws `too-large` before any work when the estimate is above the memory, `conflict` when `out` has checkpoints of another model, and
 * `bad-file` naming the place for data that cannot be read.
 */
export async function* runTraining(config: TrainConfig, { now, signal, secret }: TrainingSeams): AsyncGenerator<TrainEvent> {
  checkDevice(config);
  await mkdir(config.out, { recursive: true });
  const start = config.from === undefined ? undefined : await loadModel(config.from);
  const { plan, tokenizer, total, limit } =
    config.model.kind === "gpt" ? await planText(config, start) : await planLesson(config, start);
  let best: Weights | undefined;
  let kept: Weights | undefined;
  const keep = async (): Promise<void> => {
    if (best === undefined || best === kept) return;
    kept = best;
    const weights = config.lora === undefined ? best : mergeLora(plan.base, best, config.lora);
    await saveModel(join(config.out, "model"), { weights, config: plan.model, ...(tokenizer && { tokenizer }) });
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
    try {
      await appendFile(join(config.out, "log.jsonl"), `${JSON.stringify(event)}\n`);
    } catch (error) {
      throw diskError(error, "the log; the checkpoints are whole");
    }
    yield event;
  }
  await keep();
}

/** A training that is ready to begin, and bytes: what it needs in all, and what it may take. */
export interface Planned {
  readonly plan: TrainingPlan;
  readonly tokenizer?: Tokenizer;
  readonly total: number;
  readonly limit: number;
}
async function planText(config: TrainConfig, start: ModelFolder | undefined): Promise<Planned> {
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
  const plan = { config, model, length, files, base, ...(adapters && { adapters }), ...(teacher && { teacher }) };
  return { plan, tokenizer, total, limit };
}

interface HereOptions {
  readonly folder: string;
  readonly now: () => number;
  readonly signal: AbortSignal | undefined;
  readonly memory: number;
  readonly estimate: number;
  readonly best: (weights: Weights) => void;
}
/** One engine in this thread: all cores, or the GPU. */
async function* trainHere(
  plan: TrainingPlan,
  { folder, now, signal, memory, estimate, best }: HereOptions,
): AsyncGenerator<TrainEvent> {
  const { config, model } = plan;
  const backend = await trainingBackend(config, memory);
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
  const limit = memoryLimit(config);
  if (total <= limit) return { total, limit };
  const gib = (n: number): string => `${(n / 2 ** 30).toFixed(1)} GiB`;
  throw new InksealError(
    "too-large",
    `this training needs about ${gib(total)} (${workers > 1 ? `for each of ${workers} workers ` : ""}${gib(each.state)} for ${(each.parameters / 1e6).toFixed(1)} M parameters, their gradients and moments, ${gib(each.activations)} for the batch${teacher ? `, ${gib(shown)} for the teacher` : ""}), and has ${gib(limit)}: make batch, length or the model smaller (accumulate makes up for a smaller batch)`,
    { param: "batch" },
  );
}
