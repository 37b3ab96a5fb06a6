import { InksealError } from "@inkseal/core";
import { seededRandom } from "../data/random.ts";
import type { ModelConfig } from "../models/config.ts";
import { initialModel } from "../models/shapes.ts";
import type { TrainConfig } from "../train/config.ts";
import { lessonMemory } from "../train/lesson-memory.ts";
import { memoryLimit } from "./device.ts";
import { readExamples } from "./lesson-data.ts";
import type { ModelFolder } from "./model-folder.ts";
import type { Planned } from "./training.ts";
import type { LessonPlan } from "./training-task.ts";

/** A training of any kind of model but gpt. Throws as `runTraining`. */
export async function planLesson(config: TrainConfig, start: ModelFolder | undefined): Promise<Planned> {
  const { kind } = config.model;
  for (const param of ["lora", "distil", "keepZeros"] as const)
    if (config[param] !== undefined && config[param] !== false)
      throw new InksealError("cannot-do", `${param} is for a gpt; this is a ${kind}`, { param });
  if (config.parallel.tensor * config.parallel.pipeline > 1)
    throw new InksealError("cannot-do", `only a gpt is cut over workers; this is a ${kind}`, { param: "parallel" });
  if (start !== undefined && start.config.kind !== kind)
    throw new InksealError("cannot-do", `${config.from} holds a ${start.config.kind}, not a ${kind}`, { param: "from" });
  let memory = { total: 0, limit: 0 };
  const { model, data, sources, length, tokenizer } = await readExamples(
    config,
    startModel(config.model, start?.config),
    start?.tokenizer,
    (model, length, bytes) => {
      memory = checkMemory(config, model, length, bytes);
    },
  );
  const base = new Map(
    [...initialModel(model, seededRandom(config.seed))].map(([name, first]) => [name, start?.weights.get(name) ?? first]),
  );
  const plan: LessonPlan = { config, model: model as LessonPlan["model"], length, base, data, sources };
  return { plan, ...(tokenizer && { tokenizer }), ...memory };
}

/** The model of the folder that a training starts from; a bert that knows masked tokens may learn classes there. */
function startModel(asked: ModelConfig, found: ModelConfig | undefined): ModelConfig {
  if (found?.kind === "bert" && asked.kind === "bert" && found.classes === undefined && asked.classes !== undefined)
    return { ...found, classes: asked.classes };
  return found ?? asked;
}

/** Before the weights are made and pictures are read: a training that does not fit must not fill the memory first. */
function checkMemory(config: TrainConfig, model: ModelConfig, length: number, bytes: number): { total: number; limit: number } {
  const share = config.batch / (config.replicas * (config.machines?.size ?? 1));
  if (model.kind === "gan" && share % model.pac !== 0)
    throw new InksealError("bad-request", `a batch of ${share} is no multiple of pac, ${model.pac}`, { param: "batch" });
  if (config.privacy !== undefined && (model.kind === "gan" || (model.kind === "vae" && model.codes !== undefined)))
    throw new InksealError("cannot-do", "this model's loss is not one of single examples, as private training needs", {
      param: "privacy",
    });
  const each = lessonMemory(model, { batch: Math.max(1, Math.floor(share)), length });
  const total = each.total * config.replicas + bytes;
  const limit = memoryLimit(config);
  if (total <= limit) return { total, limit };
  const gib = (n: number): string => `${(n / 2 ** 30).toFixed(1)} GiB`;
  throw new InksealError(
    "too-large",
    `this training needs about ${gib(total)} (${config.replicas > 1 ? `for each of ${config.replicas} replicas ` : ""}${gib(each.state)} for ${(each.parameters / 1e6).toFixed(1)} M parameters, their gradients and moments, ${gib(each.activations)} for the batch, ${gib(bytes)} for the pictures), and has ${gib(limit)}: make batch or the model smaller (accumulate makes up for a smaller batch)`,
    { param: "batch" },
  );
}
