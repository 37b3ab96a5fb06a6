import { InksealError } from "@inkseal/core";
import {
  type Backend,
  freeParameters,
  initialModel,
  lessonOf,
  lessonTask,
  type ModelConfig,
  ModelConfigSchema,
  type Parameters,
  seededRandom,
  type TrainOptions,
  toParameters,
  train,
  type Weights,
} from "@inkseal/lab";
import type { TableJob } from "./job.ts";
import type { Source } from "./source.ts";

export interface Learnt {
  readonly config: ModelConfig;
  /** With the weights that were best on the held-out rows; on the backend that was given. */
  readonly parameters: Parameters;
  readonly steps: number;
  readonly seconds: number;
  /** Held-out loss. */
  readonly loss: number;
  readonly epsilon?: number;
  readonly delta?: number;
}
/** How far it is: 0 to 1, by steps or by time, whichever ends first. */
export type Tell = { readonly fraction: number; readonly note: string };

/** Sizes as in Xu et al. 2019, smaller: minutes on one core. */
const models = {
  tvae: { kind: "vae", hidden: 128, depth: 2, latent: 64, beta: 0.5 },
  ctgan: { kind: "gan", hidden: 128, latent: 64, criticSteps: 1 },
} as const;

/** Learns the table, and tells how far it is. Ends at its steps, of which there are fewer where its seconds would not suffice; an abort throws `cancelled`. */
export async function* learn(
  job: TableJob,
  source: Source,
  backend: Backend,
  signal: AbortSignal,
): AsyncGenerator<Tell, Learnt> {
  const { columns, data, own, taught, share } = source;
  const batch = batchOf(taught.length, job);
  const pac = [10, 5, 2, 1].find((n) => batch % n === 0)!;
  const shape = job.model === "ctgan" ? { ...models.ctgan, pac } : models.tvae;
  const config = ModelConfigSchema.parse({ columns, ...shape });
  const delta = job.privacy?.delta ?? 1 / (10 * taught.length);
  const privacy = job.privacy && { noise: job.privacy.noise, clip: job.privacy.clip, delta };
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  const wanted = job.steps ?? Math.min(4000, Math.max(600, Math.ceil((30 * taught.length) / batch)));

  async function* run(steps: number, probe: boolean): AsyncGenerator<Tell, Learnt> {
    const parameters = toParameters(backend, initialModel(config, seededRandom(job.seed)));
    const { task } = lessonTask({
      lesson: lessonOf(config, data, backend),
      parameters,
      sources: [{ count: own.length, weight: 1 }],
      config: { batch, seed: job.seed, holdOut: share, evaluateBatches: 8, accumulate: 1, privacy },
    });
    let best: Weights | undefined;
    const found = { loss: Number.NaN, steps: 0, epsilon: undefined as number | undefined };
    let told = 0;
    const events = train(task, optionsOf(job, steps, privacy), {
      now: () => performance.now(),
      energy: { joules: () => 0, source: "the run's own meter" },
      signal,
      best: (weights) => {
        best = weights;
      },
    });
    for await (const event of events) {
      if (event.type === "step") {
        found.steps = event.step;
        if (seconds() - told > 0.2) {
          told = seconds();
          yield probe ? { fraction: 0, note: "" } : { fraction: event.step / steps, note: `${event.step}/${steps}` };
        }
      }
      if (event.type === "evaluation") {
        if (event.best) found.loss = event.loss;
        if (event.epsilon !== undefined) found.epsilon = event.epsilon;
      }
    }
    if (signal.aborted) throw new InksealError("cancelled", "the training was cancelled");
    if (best !== undefined && !probe) for (const [name, p] of parameters) p.backend.write(p.block, best.get(name)!.data);
    if (probe) freeParameters(parameters);
    const { epsilon, ...rest } = found;
    return { config, parameters, seconds: seconds(), ...rest, ...(epsilon !== undefined && { epsilon, delta }) };
  }

  // the pace of the first steps tells how many there is time for, so that the learning rate comes to its end
  const tries = Math.min(wanted, 8);
  yield* run(tries, true);
  const most = Math.max(10, Math.floor(((job.seconds - seconds()) * tries) / Math.max(seconds(), 1e-3)));
  return yield* run(Math.min(wanted, most), false);
}

/** Rows of a step: 250 as in the paper, fewer of small tables; of private training the noise is the smaller the more there are. */
const batchOf = (taught: number, { model }: TableJob): number =>
  Math.max(model === "ctgan" ? 10 : 8, Math.min(250, Math.floor(taught / 4 / 10) * 10));

function optionsOf({ model, seed, privacy: asked }: TableJob, steps: number, privacy: TrainOptions["privacy"]): TrainOptions {
  const gan = model === "ctgan";
  return {
    steps,
    seed,
    learningRate: gan ? 5e-4 : 1e-3,
    finalRate: 0.1,
    accumulate: 1,
    warmup: Math.min(100, steps >> 2),
    schedule: "cosine",
    clip: 0,
    patience: 0,
    evaluateEvery: Math.max(1, Math.ceil(steps / 10)),
    checkpointEvery: steps,
    weightDecay: 0,
    beta1: gan ? 0.5 : 0.9,
    beta2: gan ? 0.9 : 0.99,
    ...(asked && { privacy }),
  };
}
