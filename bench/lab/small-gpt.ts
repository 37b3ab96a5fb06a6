/** A GPT of characters, trained on tiny Shakespeare and judged on the whole of its validation part. */
import {
  distillation,
  evaluationWindows,
  freeParameters,
  type GptConfig,
  initialGpt,
  languageTask,
  memoryTokens,
  mixedLoader,
  seededRandom,
  toParameters,
  toWeights,
  train,
  type Weights,
} from "@inkseal/lab";
import { cpuBackend, energyMeter } from "@inkseal/lab/node";
import type { Characters } from "./data.ts";

export interface SmallGpt {
  readonly config: GptConfig;
  readonly weights: Weights;
  /** Mean loss over the validation part in windows of the model's context, nats a character. */
  readonly nats: number;
  readonly minutes: number;
}

export interface SmallGptOptions {
  readonly steps?: number;
  readonly batch?: number;
  readonly learningRate?: number;
  readonly seed?: number;
  readonly log?: (line: string) => void;
  /** Half of the loss is what this model says at temperature 2. */
  readonly teacher?: Pick<SmallGpt, "config" | "weights">;
}

/** Batches of 12, as nanoGPT's `train_shakespeare_char.py` for CPUs. The same seed draws the same windows for every model. */
export async function trainSmallGpt(
  data: Pick<Characters, "train" | "validation">,
  config: GptConfig,
  { steps = 2000, batch = 12, learningRate = 1e-3, seed = 1, log = () => {}, teacher }: SmallGptOptions = {},
): Promise<SmallGpt> {
  const backend = cpuBackend();
  try {
    const length = config.context;
    const parameters = toParameters(backend, initialGpt(config, seededRandom(seed)));
    const held = memoryTokens(data.validation);
    const shown = teacher && toParameters(backend, teacher.weights);
    const task = languageTask({
      backend,
      config,
      parameters,
      loader: mixedLoader({ sources: [{ source: memoryTokens(data.train), weight: 1 }], batch, length, seed }),
      batch,
      length,
      evaluation: evaluationWindows(held, { batch: 16, length, batches: Math.floor(held.length / length / 16) }),
      seed,
      ...(teacher && {
        objective: distillation(backend, { config: teacher.config, parameters: shown!, temperature: 2, weight: 0.5 }),
      }),
    });
    const started = performance.now();
    let nats = Number.NaN;
    const options = {
      ...{ steps, seed, learningRate, finalRate: 0.1, accumulate: 1, warmup: 100, schedule: "cosine" as const },
      ...{ weightDecay: 0.1, beta1: 0.9, beta2: 0.99, clip: 1, patience: 0, evaluateEvery: steps, checkpointEvery: steps },
    };
    for await (const event of train(task, options, { now: () => performance.now(), energy: energyMeter() })) {
      if (event.type === "evaluation") nats = event.loss;
      if (event.type === "step" && event.step % 500 === 0)
        log(
          `  step ${event.step}: ${event.loss.toFixed(3)} nats in training, ${Math.round((performance.now() - started) / 1000)} s`,
        );
    }
    const weights = await toWeights(parameters);
    freeParameters(parameters);
    return { config, weights, nats, minutes: (performance.now() - started) / 60_000 };
  } finally {
    backend.close();
  }
}
