import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Parameters,
  type Random,
  type RandomState,
  seededRandom,
  type Task,
  type Tensor,
  train,
  type Weights,
  writeSafetensors,
} from "@inkseal/lab";
import { energyMeter } from "@inkseal/lab/node";

/** What one of the networks learns from. */
export interface Lesson {
  readonly parameters: Parameters;
  readonly batch: number;
  /** The mean loss of a batch drawn by `random`; called inside a scope. `stage` counts from 0. */
  loss(random: Random, stage: number): Tensor;
  evaluate(): number;
}
/** One warm-up and one cosine. */
export interface Stage {
  readonly steps: number;
  readonly rate: number;
}
export interface Course {
  /** `NAME.safetensors` and `NAME.jsonl` are written there after each evaluation. */
  readonly out: string;
  readonly name: string;
  /** One after another. */
  readonly stages: readonly Stage[];
  /** Evaluations of a stage. */
  readonly evaluations: number;
  readonly weightDecay?: number;
  readonly beta2?: number;
  readonly seed: number;
}
/** Trains by the Lab's loop, AdamW and cosines. */
export async function teach(lesson: Lesson, course: Course): Promise<void> {
  await mkdir(course.out, { recursive: true });
  await writeFile(join(course.out, `${course.name}.jsonl`), "");
  let before = 0;
  for (const [i, stage] of course.stages.entries()) {
    await teachStage(lesson, course, stage, { number: i, before });
    before += stage.steps;
  }
}
async function teachStage(
  lesson: Lesson,
  { out, name, evaluations, weightDecay = 0, beta2 = 0.99, seed: first }: Course,
  { steps, rate }: Stage,
  { number, before }: { readonly number: number; readonly before: number },
): Promise<void> {
  const seed = first + number;
  const random = seededRandom(seed);
  const task: Task = {
    parameters: lesson.parameters,
    tokens: lesson.batch,
    loss: () => lesson.loss(random, number),
    evaluate: () => lesson.evaluate(),
    state: () => random.state(),
    restore: (state) => random.restore(state as RandomState),
  };
  const options = {
    ...{ steps, learningRate: rate, weightDecay, seed, beta1: 0.9, beta2 },
    evaluateEvery: Math.max(1, Math.floor(steps / evaluations)),
    ...{ accumulate: 1, finalRate: 0, warmup: Math.min(200, Math.ceil(steps / 20)), schedule: "cosine" as const },
    ...{ clip: 1, patience: 0, checkpointEvery: steps },
  };
  const log = join(out, `${name}.jsonl`);
  const started = performance.now();
  let [sum, count] = [0, 0];
  for await (const event of train(task, options, { now: () => performance.now(), energy: energyMeter() })) {
    if (event.type === "step") {
      sum += event.loss;
      count++;
    }
    if (event.type !== "evaluation") continue;
    const seconds = Math.round((performance.now() - started) / 1000);
    const cpu = Math.round(process.cpuUsage().user / 1e6);
    const line = JSON.stringify({
      step: before + event.step,
      train: round(sum / count),
      held: round(event.loss),
      seconds,
      cpu,
    });
    [sum, count] = [0, 0];
    console.log(name, line);
    await appendFile(log, `${line}\n`);
    await saveParameters(join(out, `${name}.safetensors`), lesson.parameters);
  }
}
export async function saveParameters(path: string, parameters: Parameters): Promise<void> {
  const weights: Weights = new Map(
    await Promise.all([...parameters].map(async ([key, p]) => [key, { shape: p.shape, data: await p.values() }] as const)),
  );
  await writeFile(path, writeSafetensors(weights));
}
const round = (x: number): number => Math.round(x * 1e5) / 1e5;
