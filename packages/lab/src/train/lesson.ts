import { InksealError } from "@inkseal/core";
import { type RandomState, seededRandom } from "../data/random.ts";
import type { Parameters } from "../models/parameters.ts";
import type { Tensor } from "../tensor/index.ts";
import * as t from "../tensor/index.ts";
import type { Random } from "../weights.ts";
import type { TrainConfig } from "./config.ts";
import type { Task } from "./task.ts";

/** What differs from call to call: draws, and a number that no other call of a training has. */
export interface Occasion {
  readonly random: Random;
  readonly number: number;
}
/** How a kind of model learns from examples, which are known by their numbers. */
export interface Lesson {
  /** Mean loss over the examples; called inside a scope. */
  loss(p: Parameters, examples: Int32Array, on: Occasion): Tensor;
  /** The mean loss that tells how good the model is; by default `loss` without gradients. */
  judge?(p: Parameters, examples: Int32Array, random: Random): number;
  /** Examples that `judge` needs at once; by default a batch. */
  readonly together?: number;
  /** The critic's part: names of its parameters begin so. It learns `rounds` times before each step. */
  readonly rival?: { readonly prefix: string; readonly rounds: number; loss: Lesson["loss"] };
  /** Called before each step with its whole batch, alike on all replicas. */
  before?(p: Parameters, examples: Int32Array, step: number, random: Random): void;
  /** Whether the loss is a mean of losses of single examples, as private training needs. */
  readonly separate: boolean;
  /** Tokens of an example; 1 for pictures and rows. */
  readonly tokens: number;
}

/** Examples of one source after the other, by their counts. */
export interface ExampleSource {
  readonly count: number;
  /** Share of the batches. */
  readonly weight: number;
}
export interface LessonTaskOptions {
  readonly lesson: Lesson;
  readonly parameters: Parameters;
  readonly sources: readonly ExampleSource[];
  readonly config: Pick<TrainConfig, "batch" | "seed" | "holdOut" | "evaluateBatches" | "privacy" | "accumulate">;
  readonly share?: { readonly rank: number; readonly size: number };
}
export interface LessonTask {
  readonly task: Task;
  /** Groups of examples that this replica evaluates on. */
  readonly groups: number;
}

/**
 * A source's examples in two: a random share `holdOut` of them, by the seed, is for evaluation. In the order of the source, so that what is
 * fitted to the examples of one part does not depend on their order.
 */
export function splitExamples(
  first: number,
  count: number,
  share: number,
  seed: number,
): { train: Int32Array; held: Int32Array } {
  const order = Int32Array.from({ length: count }, (_, i) => first + i);
  const random = seededRandom(seed + 5);
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const cut = count - Math.floor(count * share);
  return { train: order.slice(0, cut).sort(), held: order.slice(cut).sort() };
}
export const splitAll = (sources: readonly ExampleSource[], share: number, seed: number) => {
  let first = 0;
  return sources.map(({ count, weight }) => {
    first += count;
    return { ...splitExamples(first - count, count, share, seed), weight };
  });
};

/** Learns from batches of examples drawn evenly, with replacement. Throws `bad-request` for sources without examples. */
export function lessonTask(o: LessonTaskOptions): LessonTask {
  const { lesson, config, parameters } = o;
  const { batch, seed } = config;
  const { rank, size } = o.share ?? { rank: 0, size: 1 };
  const rows = batch / size;
  const parts = splitAll(o.sources, config.holdOut, seed);
  for (const [i, part] of parts.entries())
    if (part.train.length === 0)
      throw new InksealError("bad-request", `source ${i + 1} of the data has no example`, { param: "data" });
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  const loader = seededRandom(seed);
  const sampled = seededRandom(seed + 1);
  const everything = Int32Array.from(parts.flatMap(({ train }) => [...train]));
  const mine = evaluationGroups(parts, lesson.together ?? batch, config.evaluateBatches * batch).filter(
    (_, i) => i % size === rank,
  );

  function draw(): Int32Array {
    return Int32Array.from({ length: batch }, () => {
      let left = loader() * total;
      const part = parts.find(({ weight }) => (left -= weight) < 0) ?? parts.at(-1)!;
      return part.train[loader.below(part.train.length)]!;
    });
  }
  const own = (whole: Int32Array): Int32Array => whole.subarray(rank * rows, (rank + 1) * rows);
  const occasion = (number: number): Occasion => ({ number, random: seededRandom((seed % 2 ** 16) * 2 ** 36 + 2 + number) });
  const passes = config.accumulate * (1 + (lesson.rival?.rounds ?? 0));
  const pick = (prefix: string, wanted: boolean): Parameters =>
    new Map([...parameters].filter(([name]) => name.startsWith(prefix) === wanted));

  let expected = -1;
  /** The next batch; before the first of a step the lesson may look at it. */
  const next = (step: number): Int32Array => {
    const whole = draw();
    if (step !== expected) lesson.before?.(parameters, whole, step, occasion(step * passes * size * 2).random);
    expected = step;
    return own(whole);
  };
  const numbered = (step: number, pass: number): Occasion => occasion(((step * passes + pass) * size + rank) * 2 + 1);
  const task: Task = {
    parameters: lesson.rival === undefined ? parameters : pick(lesson.rival.prefix, false),
    tokens: rows * lesson.tokens,
    loss: (step, part) => lesson.loss(parameters, next(step), numbered(step, passes - config.accumulate + part)),
    ...(lesson.rival && {
      rival: {
        parameters: pick(lesson.rival.prefix, true),
        rounds: lesson.rival.rounds,
        loss: (step, part) => lesson.rival!.loss(parameters, next(step), numbered(step, part)),
      },
    }),
    ...(lesson.separate && {
      examples: {
        rate: Math.min(1, batch / everything.length),
        expected: batch,
        draw() {
          const chosen = everything.filter(() => sampled() < batch / everything.length);
          return Array.from(chosen, (example) => {
            const on = { number: sampled.bits(), random: seededRandom(sampled.bits()) };
            return () => lesson.loss(parameters, Int32Array.of(example), on);
          });
        },
      },
    }),
    async evaluate() {
      const random = seededRandom(seed + 7);
      let sum = 0;
      for (const group of mine) {
        const { values } = t.scope(() => ({
          values: t.untracked(() =>
            lesson.judge === undefined
              ? lesson.loss(parameters, group, { random, number: 0 }).values()
              : [lesson.judge(parameters, group, random)],
          ),
        }));
        sum += (await values)[0]!;
      }
      return sum / mine.length;
    },
    state: () => ({ loader: loader.state(), sampled: sampled.state(), counts: o.sources.map(({ count }) => count) }),
    restore(state) {
      const s = state as { loader: RandomState; sampled: RandomState; counts: number[] };
      const counts = o.sources.map(({ count }) => count);
      if (`${s.counts}` !== `${counts}`)
        throw new InksealError("conflict", `the training's data had ${s.counts} examples and has now ${counts}`);
      loader.restore(s.loader);
      sampled.restore(s.sampled);
    },
  };
  return { task, groups: mine.length };
}

/** Held-out examples, spread evenly over each source, in groups of one size; of the training's own where none are held out. */
function evaluationGroups(
  parts: readonly { readonly train: Int32Array; readonly held: Int32Array }[],
  together: number,
  most: number,
): Int32Array[] {
  const held = parts.flatMap(({ held, train }) => {
    const from = held.length > 0 ? held : train;
    const count = Math.min(from.length, Math.ceil(Math.max(most, together) / parts.length));
    return Array.from({ length: count }, (_, i) => from[Math.floor((i * from.length) / count)]!);
  });
  const size = Math.min(together, held.length);
  // neighbours of a source go to different groups, so that each has some of every class
  const groups = Math.floor(held.length / size);
  return Array.from({ length: groups }, (_, g) => Int32Array.from({ length: size }, (_, i) => held[i * groups + g]!));
}
