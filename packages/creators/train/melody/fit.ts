import {
  type GptConfig,
  initialGpt,
  languageTask,
  type MixedLoader,
  type SeededRandom,
  seededRandom,
  toParameters,
  train,
  type Weights,
} from "@inkseal/lab";
import { cpuBackend, energyMeter } from "@inkseal/lab/node";

type Batch = ReturnType<MixedLoader["next"]>;
export interface FitOptions {
  readonly config: GptConfig;
  /** One row of training, `length` + 1 tokens: drawn anew each time. */
  readonly draw: (random: SeededRandom, length: number) => Int32Array;
  /** Rows of `length` + 1 that measure. */
  readonly held: readonly Int32Array[];
  readonly batch: number;
  readonly steps: number;
  readonly evaluateEvery: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly seed: number;
  /** Weights to go on from; new ones without. */
  readonly from?: Weights;
  /** Called with the best weights whenever they are better than before. */
  readonly best: (weights: Weights, step: number, loss: number) => Promise<void> | void;
}
export interface Point {
  readonly step: number;
  readonly train: number;
  readonly held: number;
}
export interface Fitted {
  readonly weights: Weights;
  readonly parameters: number;
  readonly curve: readonly Point[];
  readonly tokens: number;
  readonly seconds: number;
}

/** Trains a GPT on rows that are drawn as the music wants it: a window always begins with its piece's header. */
export async function fit(o: FitOptions): Promise<Fitted> {
  const backend = cpuBackend({ threads: 1 });
  const { config, seed } = o;
  const length = config.context;
  const random = seededRandom(seed);
  const rows = (all: readonly Int32Array[]): Batch => {
    const inputs = new Int32Array(all.length * length);
    const targets = new Int32Array(all.length * length);
    all.forEach((row, i) => {
      inputs.set(row.subarray(0, length), i * length);
      targets.set(row.subarray(1, length + 1), i * length);
    });
    return { inputs, targets };
  };
  const evaluation: Batch[] = [];
  for (let i = 0; i + o.batch <= o.held.length; i += o.batch) evaluation.push(rows(o.held.slice(i, i + o.batch)));
  const task = languageTask({
    ...{ backend, config, batch: o.batch, length, evaluation, seed },
    parameters: toParameters(backend, o.from ?? initialGpt(config, seededRandom(seed))),
    loader: {
      next: () => rows(Array.from({ length: o.batch }, () => o.draw(random, length))),
      state: () => ({ random: random.state(), lengths: [] }),
      restore: (state) => random.restore(state.random),
    },
  });
  const started = performance.now();
  const curve: Point[] = [];
  let weights: Weights | undefined;
  let parameters = 0;
  let mean = 0;
  for await (const event of train(
    task,
    {
      ...{ steps: o.steps, evaluateEvery: o.evaluateEvery, checkpointEvery: o.steps, learningRate: o.learningRate, seed },
      ...{ finalRate: 0.05, warmup: Math.min(60, o.steps >> 3), schedule: "cosine" as const, weightDecay: o.weightDecay },
      ...{ beta1: 0.9, beta2: 0.98, clip: 1, accumulate: 1, patience: 0 },
    },
    {
      now: () => performance.now(),
      energy: energyMeter(),
      best: (found) => {
        weights = found;
      },
    },
  )) {
    if (event.type === "start") parameters = event.parameters;
    if (event.type === "step") mean = mean === 0 ? event.loss : 0.98 * mean + 0.02 * event.loss;
    if (event.type !== "evaluation") continue;
    curve.push({ step: event.step, train: mean, held: event.loss });
    const minutes = (performance.now() - started) / 60e3;
    console.error(
      `step ${event.step}: train ${mean.toFixed(3)}, held out ${event.loss.toFixed(3)}, ${minutes.toFixed(1)} min${event.best ? " *" : ""}`,
    );
    if (event.best) await o.best(weights!, event.step, event.loss);
  }
  backend.close();
  const seconds = (performance.now() - started) / 1000;
  return { weights: weights!, parameters, curve, tokens: o.steps * o.batch * length, seconds };
}
