import { gramsCo2e, InksealError } from "@inkseal/core";
import { normal } from "../data/gaussian.ts";
import { type RandomState, seededRandom } from "../data/random.ts";
import { type Parameters, toWeights } from "../models/parameters.ts";
import type { Reduce } from "../scale/reduce.ts";
import * as t from "../tensor/index.ts";
import { type Tensor, WasmBackend } from "../tensor/index.ts";
import type { Weights } from "../weights.ts";
import type { TrainConfig, TrainEvent } from "./config.ts";
import type { EnergyMeter } from "./energy.ts";
import { globalNorm, Optimiser } from "./optimiser.ts";
import { epsilon } from "./privacy.ts";
import { learningRate } from "./schedule.ts";
import type { Found, Task } from "./task.ts";

/** How training is to go: the part of the configuration that this loop reads. */
export type TrainOptions = Pick<
  TrainConfig,
  | "steps"
  | "accumulate"
  | "learningRate"
  | "finalRate"
  | "warmup"
  | "schedule"
  | "weightDecay"
  | "beta1"
  | "beta2"
  | "clip"
  | "evaluateEvery"
  | "patience"
  | "checkpointEvery"
  | "seed"
  | "privacy"
>;
/** All that going on bit-exactly needs. */
export interface TrainState {
  readonly step: number;
  readonly weights: Weights;
  readonly optimiser: Weights;
  readonly state: Progress;
}
interface Progress {
  readonly task: unknown;
  readonly noise: RandomState;
  /** null while nothing was evaluated: JSON has no infinity. */
  readonly bestLoss: number | null;
  readonly sinceBest: number;
  readonly joules: number;
}
export interface TrainSeams {
  /** Milliseconds, for tokens per second. */
  readonly now: () => number;
  readonly energy: EnergyMeter;
  /** Keeps a checkpoint and answers where. Called on rank 0 alone. */
  readonly save?: (state: TrainState) => Promise<string>;
  /** Called whenever evaluation was better than ever before. */
  readonly best?: (weights: Weights) => void;
  readonly resume?: TrainState | undefined;
  /** Sums gradients over replicas; each has its share of the batch. When one is told to stop, all do after the same step. */
  readonly reduce?: Reduce;
  readonly signal?: Pick<AbortSignal, "aborted">;
  readonly memoryBytes?: number;
}

/**
 * Trains and tells. Deterministic: the same task, options and seed give the same bits, also after a stop and a resume.
 * Throws `cannot-do` when the loss is no longer a number, before such a step changes a parameter.
 */
export async function* train(task: Task, o: TrainOptions, seams: TrainSeams): AsyncGenerator<TrainEvent> {
  const { energy, reduce, resume } = seams;
  const parameters = [...task.parameters.values()];
  const optimiser = new Optimiser(task.parameters, o);
  const rival = task.rival && {
    ...task.rival,
    list: [...task.rival.parameters.values()],
    optimiser: new Optimiser(task.rival.parameters, o),
  };
  const everything: Parameters = rival === undefined ? task.parameters : new Map([...task.parameters, ...rival.parameters]);
  const noise = seededRandom(o.seed + 2);
  let step = 0;
  let best = Infinity;
  let sinceBest = 0;
  let joulesBefore = 0;
  if (resume !== undefined) {
    for (const [name, p] of everything) {
      const kept = resume.weights.get(name);
      if (kept?.data.length !== p.size)
        throw new InksealError("conflict", `the checkpoint has no ${name} of shape [${p.shape}]`);
      p.backend.write(p.block, kept.data);
    }
    step = resume.step;
    optimiser.restore(resume.optimiser, step);
    rival?.optimiser.restore(resume.optimiser, step * rival.rounds);
    task.restore(resume.state.task);
    noise.restore(resume.state.noise);
    best = resume.state.bestLoss ?? Infinity;
    ({ sinceBest, joules: joulesBefore } = resume.state);
  }
  const replicas = reduce?.size ?? 1;
  const first = (reduce?.rank ?? 0) === 0;
  const tokensPerStep = task.tokens * o.accumulate * replicas;
  const count = [...everything.values()].reduce((n, p) => n + p.size, 0);
  const joules = (): number => joulesBefore + energy.joules();
  let stop = false;
  /** The gradients become the sums of all replicas, the loss too. */
  const meet = async (gradients: readonly Tensor[], loss: number): Promise<number> => {
    if (reduce === undefined) return loss;
    const tail = Float32Array.of(loss, seams.signal?.aborted ? 1 : 0);
    await sumOver(reduce, gradients, tail);
    stop = tail[1]! > 0;
    return tail[0]!;
  };
  /** One step of an optimiser, and the length of the gradient. */
  const descend = async (
    found: Found,
    by: Optimiser,
    rate: number,
    length: NonNullable<Task["norm"]> = globalNorm,
  ): Promise<number> => {
    const { gradients, mean } = found;
    try {
      const norm = await length(gradients);
      if (!Number.isFinite(mean) || !Number.isFinite(norm))
        throw new InksealError(
          "cannot-do",
          `the loss of step ${step + 1} is ${mean} (gradient norm ${norm}): ${saved > 0 ? `step ${saved} is the last good checkpoint; ` : ""}lower the learning rate, or look for numbers in the data that are not finite`,
        );
      by.step(gradients, rate, o.privacy === undefined && o.clip > 0 && norm > o.clip ? o.clip / norm : 1);
      return norm;
    } finally {
      for (const g of gradients) g.free();
    }
  };
  const snapshot = async (): Promise<TrainState> => ({
    step,
    weights: await toWeights(everything),
    optimiser: new Map([...(await optimiser.state()), ...((await rival?.optimiser.state()) ?? [])]),
    state: {
      task: task.state(),
      noise: noise.state(),
      bestLoss: Number.isFinite(best) ? best : null,
      sinceBest,
      joules: joules(),
    },
  });

  yield {
    type: "start",
    step,
    steps: o.steps,
    parameters: count,
    memoryBytes: seams.memoryBytes ?? 0,
    tokensPerStep,
    joules: joulesBefore,
  };
  let reason: "finished" | "early-stop" | "cancelled" = "finished";
  let loss = Number.NaN;
  let saved = step;
  try {
    while (step < o.steps) {
      if (stop || (reduce === undefined && seams.signal?.aborted)) {
        reason = "cancelled";
        break;
      }
      const started = seams.now();
      const rate = learningRate(o, step + 1);
      for (let round = 0; rival !== undefined && round < rival.rounds; round++) {
        const before = round * o.accumulate;
        const side = { loss: (s: number, part: number) => rival.loss(s, before + part) };
        const found = await publicGradients(side, step + 1, {
          parameters: rival.list,
          accumulate: o.accumulate,
          replicas,
          meet,
        });
        await descend(found, rival.optimiser, rate);
      }
      const found =
        o.privacy === undefined
          ? await publicGradients(task, step + 1, { parameters, accumulate: o.accumulate, replicas, meet })
          : await privateGradients(task, o.privacy, { noise, parameters, share: reduce, meet });
      loss = found.mean;
      const norm = await descend(found, optimiser, rate, task.norm);
      t.scope(() => task.settle?.());
      step++;
      const seconds = (seams.now() - started) / 1000;
      yield {
        type: "step",
        step,
        loss,
        learningRate: rate,
        gradNorm: norm,
        tokensPerSecond: tokensPerStep / Math.max(seconds, 1e-9),
        joules: joules(),
      };

      const last = step === o.steps;
      if (step % o.evaluateEvery === 0 || last) {
        const held = await task.evaluate();
        const better = held < best;
        if (better) {
          best = held;
          sinceBest = 0;
          if (first) seams.best?.(await toWeights(everything));
        } else sinceBest++;
        const spent = o.privacy && {
          epsilon: epsilon({ noise: o.privacy.noise, rate: task.examples!.rate, steps: step, delta: o.privacy.delta }),
        };
        yield { type: "evaluation", step, loss: held, best: better, ...spent };
        if (o.patience > 0 && sinceBest >= o.patience) reason = "early-stop";
      }
      if (seams.save !== undefined && first && (step % o.checkpointEvery === 0 || last || reason === "early-stop")) {
        yield { type: "checkpoint", step, path: await seams.save(await snapshot()) };
        saved = step;
      }
      if (reason === "early-stop") break;
    }
    if (reason === "cancelled" && seams.save !== undefined && first && step > saved)
      yield { type: "checkpoint", step, path: await seams.save(await snapshot()) };
    const spent = joules();
    yield { type: "end", step, reason, loss, bestLoss: best, joules: spent, gramsCo2e: gramsCo2e(spent) };
  } finally {
    optimiser.free();
    rival?.optimiser.free();
  }
}

type Meet = (gradients: readonly Tensor[], loss: number) => Promise<number>;

interface PublicOptions {
  readonly parameters: readonly Tensor[];
  readonly accumulate: number;
  readonly replicas: number;
  readonly meet: Meet;
}
async function publicGradients(
  task: Pick<Task, "loss" | "gradients">,
  step: number,
  { parameters, accumulate, replicas, meet }: PublicOptions,
): Promise<Found> {
  const share = 1 / (accumulate * replicas); // in the loss, so that nothing is left to divide
  let total: Tensor[] | undefined;
  const losses: Promise<ArrayLike<number>>[] = [];
  for (let part = 0; part < accumulate; part++) {
    const gradients = t.scope(() => {
      if (task.gradients !== undefined) {
        const found = task.gradients(step, part);
        losses.push(Promise.resolve([found.mean * share]));
        return share === 1 ? found.gradients : t.untracked(() => found.gradients.map((g) => t.scale(g, share)));
      }
      const loss = t.scale(task.loss(step, part), share);
      const found = t.gradient(loss, parameters);
      losses.push(loss.values());
      return found;
    });
    total = joined(total, gradients);
  }
  try {
    let mean = 0;
    for (const values of await Promise.all(losses)) mean += values[0]!;
    return { gradients: total!, mean: await meet(total!, mean) };
  } catch (error) {
    for (const g of total!) g.free();
    throw error;
  }
}

interface PrivateOptions {
  /** The same numbers on all replicas. */
  readonly noise: ReturnType<typeof seededRandom>;
  readonly parameters: readonly Tensor[];
  readonly share: Reduce | undefined;
  readonly meet: Meet;
}
/** DP-SGD (Abadi et al. 2016): each example's gradient is clipped, the sum gets Gaussian noise, and is divided by the expected number of examples. */
async function privateGradients(
  task: Task,
  { noise, clip }: NonNullable<TrainOptions["privacy"]>,
  { noise: random, parameters, share, meet }: PrivateOptions,
): Promise<Found> {
  if (task.examples === undefined)
    throw new InksealError("bad-request", "this model cannot be trained privately here", { param: "privacy" });
  const losses = task.examples.draw();
  let total: Tensor[] = parameters.map((p) => t.Tensor.full(p.backend, p.shape, 0));
  let mean = 0;
  for (const [i, example] of losses.entries()) {
    if (share !== undefined && i % share.size !== share.rank) continue;
    const { gradients, values } = t.scope(() => {
      const loss = example();
      return { gradients: t.gradient(loss, parameters), values: loss.values() };
    });
    mean += (await values)[0]! / losses.length;
    const norm = await globalNorm(gradients);
    const clipped = t.scope(() => t.untracked(() => gradients.map((g) => t.scale(g, Math.min(1, clip / (norm + 1e-12))))));
    for (const g of gradients) g.free();
    total = joined(total, clipped);
  }
  mean = await meet(total, mean);
  const { expected } = task.examples;
  const noisy = t.scope(() =>
    t.untracked(() =>
      total.map((g) => {
        const drawn = Float32Array.from({ length: g.size }, () => noise * clip * normal(random));
        return t.scale(t.add(g, t.Tensor.from(g.backend, drawn, g.shape)), 1 / expected);
      }),
    ),
  );
  for (const g of total) g.free();
  return { gradients: noisy, mean };
}
/** `total` with `gradients` added in place; these are freed. */
export function joined(total: Tensor[] | undefined, gradients: Tensor[]): Tensor[] {
  if (total === undefined) return gradients;
  gradients.forEach((g, i) => {
    g.backend.accumulate(total[i]!.block, g.block);
    g.free();
  });
  return total;
}
/** Sums all replicas' gradients, and `tail`, in place: in the engine's own memory where it is at hand, through a flat copy elsewhere. */
async function sumOver(reduce: Reduce, gradients: readonly Tensor[], tail: Float32Array): Promise<void> {
  const views = gradients.flatMap(({ backend, block }) => (backend instanceof WasmBackend ? [backend.view(block)] : []));
  if (reduce.sumParts !== undefined && views.length === gradients.length) return reduce.sumParts([...views, tail]);
  const parts = [...(await Promise.all(gradients.map((g) => g.values()))), tail];
  const flat = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    flat.set(part, at);
    at += part.length;
  }
  await reduce.sum(flat);
  at = 0;
  for (const g of gradients) g.backend.write(g.block, flat.subarray(at, (at += g.size)));
  tail.set(flat.subarray(at));
}
