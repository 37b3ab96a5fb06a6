/** A model of any kind but gpt, trained on examples in memory until its steps or its minutes are over; the weights that evaluated best. */
import {
  initialModel,
  type LessonData,
  lessonOf,
  lessonTask,
  type ModelConfig,
  seededRandom,
  toParameters,
  train,
  type Weights,
} from "@inkseal/lab";
import { cpuBackend, energyMeter } from "@inkseal/lab/node";

export interface KindOptions {
  readonly steps: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly minutes?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly weightDecay?: number;
  readonly evaluateEvery?: number;
  readonly evaluateBatches?: number;
  readonly log?: (line: string) => void;
}
export interface TrainedKind {
  readonly config: ModelConfig;
  readonly weights: Weights;
  /** Of the held-out examples, at its best. */
  readonly loss: number;
  readonly seconds: number;
  readonly steps: number;
}

/** `holdOut`: share of the `count` examples. */
export async function trainKind(
  config: ModelConfig,
  data: LessonData,
  { count, holdOut }: { readonly count: number; readonly holdOut: number },
  o: KindOptions,
): Promise<TrainedKind> {
  const { log = () => {}, minutes = 60, evaluateEvery = Math.ceil(o.steps / 10), evaluateBatches = 20 } = o;
  const backend = cpuBackend();
  try {
    const { task } = lessonTask({
      lesson: lessonOf(config, data, backend),
      parameters: toParameters(backend, initialModel(config, seededRandom(1))),
      sources: [{ count, weight: 1 }],
      config: { batch: o.batch, seed: 1, holdOut, evaluateBatches, accumulate: 1 },
    });
    const started = performance.now();
    const seconds = (): number => (performance.now() - started) / 1000;
    let best: Weights | undefined;
    let loss = Number.NaN;
    let steps = 0;
    const options = {
      ...{ steps: o.steps, seed: 1, learningRate: o.learningRate, finalRate: 0.1, accumulate: 1, warmup: 100 },
      ...{ schedule: "cosine" as const, clip: 0, patience: 0, evaluateEvery, checkpointEvery: o.steps },
      ...{ weightDecay: o.weightDecay ?? 0, beta1: o.beta1 ?? 0.9, beta2: o.beta2 ?? 0.99 },
    };
    const stop = {
      get aborted() {
        return seconds() > 60 * minutes;
      },
    };
    const seams = { now: () => performance.now(), energy: energyMeter(), signal: stop, best: (w: Weights) => void (best = w) };
    for await (const event of train(task, options, seams)) {
      if (event.type === "step") ({ step: steps } = event);
      if (event.type !== "evaluation") continue;
      if (event.best) ({ loss } = event);
      log(`  step ${event.step}: ${event.loss.toFixed(4)}, ${Math.round(seconds())} s`);
    }
    if (best === undefined) throw new Error(`no evaluation in ${Math.round(seconds())} s`);
    return { config, weights: best, loss, seconds: seconds(), steps };
  } finally {
    backend.close();
  }
}
