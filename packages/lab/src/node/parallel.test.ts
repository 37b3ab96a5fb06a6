import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { afterAll, expect, it } from "vitest";
import { learnableTokens, trained } from "../../test/node/trained.ts";
import { seededRandom } from "../data/random.ts";
import { GptConfigSchema } from "../models/config.ts";
import { initialGpt } from "../models/gpt.ts";
import { TrainConfigSchema, type TrainEvent } from "../train/config.ts";
import type { loadCheckpoint } from "./checkpoint.ts";
import type { TrainingPlan } from "./training-task.ts";

const folder = mkdtempSync(join(tmpdir(), "lab-parallel-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tokens = learnableTokens(folder);
const small = { kind: "gpt", vocab: 32, context: 16, layers: 2, width: 32, heads: 2, dropout: 0.1 };

let runs = 0;
function planned(more: object = {}, shape: object = {}): TrainingPlan {
  const model = GptConfigSchema.parse({ ...small, ...shape });
  const config = TrainConfigSchema.parse({
    model,
    data: [{ path: tokens }],
    steps: 12,
    batch: 4,
    accumulate: 3,
    warmup: 2,
    learningRate: 5e-3,
    evaluateEvery: 6,
    evaluateBatches: 3,
    checkpointEvery: 5,
    out: join(folder, `run-${runs++}`),
    ...more,
  });
  return { config, model, length: 16, files: [tokens], base: initialGpt(model, seededRandom(2)) };
}
/** Losses, norms and evaluations: all that is not a measure of time or energy. */
const told = (events: readonly TrainEvent[]) =>
  events.flatMap((e) => (e.type === "step" ? [e.loss, e.gradNorm] : e.type === "evaluation" ? [e.loss] : []));

const alone = new Map<string, ReturnType<typeof trained>>();
/** What one worker makes of a plan, once for all tests. */
const oneWorker = (more: object, shape: object) => {
  const key = JSON.stringify([more, shape]);
  const run = alone.get(key) ?? trained(planned(more, shape));
  alone.set(key, run);
  return run;
};
/** Weights and moments are those of one worker: to the bit, or where columns were summed (which rounds otherwise) within 10⁻⁴. */
function expectSame(mine: Kept, whole: Kept, exact: boolean): void {
  for (const what of ["weights", "optimiser"] as const) {
    if (exact) expect([...mine[what]]).toEqual([...whole[what]]);
    expect([...mine[what].keys()]).toEqual([...whole[what].keys()]);
    for (const [name, { shape, data }] of mine[what]) {
      expect(shape).toEqual(whole[what].get(name)!.shape);
      expect(Math.max(...data.map((x, i) => Math.abs(x - whole[what].get(name)!.data[i]!)))).toBeLessThan(1e-4);
    }
  }
}
type Kept = NonNullable<Awaited<ReturnType<typeof loadCheckpoint>>>;

it.each([
  ["stages", {}, { pipeline: 2 }],
  ["stages with an output of its own", { tied: false, layers: 3 }, { pipeline: 3 }],
  ["columns", { kvHeads: 2, heads: 4 }, { tensor: 2 }],
  ["columns of stages", {}, { tensor: 2, pipeline: 2 }],
])("workers that hold the %s of a model train it as one worker does", async (_, shape, parallel) => {
  const exact = !("tensor" in parallel);
  const [one, cut] = [await oneWorker({}, shape), await trained(planned({ parallel }, shape))];
  const { parameters, tokensPerStep } = one.events[0] as TrainEvent & { type: "start" };
  expect(cut.events[0]).toMatchObject({ parameters, tokensPerStep });
  expect(cut.events.map((e) => [e.type, e.step])).toEqual(one.events.map((e) => [e.type, e.step]));
  if (exact) expect(told(cut.events)).toEqual(told(one.events));
  for (const [i, x] of told(cut.events).entries()) expect(Math.abs(x / told(one.events)[i]! - 1)).toBeLessThan(1e-5);
  expectSame(cut.last, one.last, exact);
  expect(cut.best).toEqual(cut.last.weights);
});

it.each([{ pipeline: 2 }, { tensor: 2 }])(
  "%j goes on from one worker's checkpoint, and one worker from its",
  async (parallel) => {
    const plan = planned({ steps: 40 });
    const upTo = (step: number, parallel: object) => {
      const stop = new AbortController();
      const config = TrainConfigSchema.parse({ ...plan.config, parallel });
      return trained({ ...plan, config }, { signal: stop.signal }, (e) => {
        if (e.type === "step" && e.step === step) stop.abort();
      });
    };
    await upTo(3, parallel);
    const { events, last: middle } = await upTo(12, {});
    expect(events[0]!.step).toBeGreaterThanOrEqual(3);
    const { events: rest, last } = await upTo(99, parallel);
    expect(rest[0]!.step).toBe(middle.step);
    expectSame(last, (await oneWorker({ steps: 40 }, {})).last, !("tensor" in parallel));
  },
);

it.each([{ pipeline: 2 }, { tensor: 2 }])("ends with the same bits after a worker of %j was killed", async (parallel) => {
  const plan = { steps: 30, accumulate: 2, checkpointEvery: 6, parallel };
  const whole = await trained(planned(plan));
  const starts: (readonly Worker[])[] = [];
  const hurt = await trained(planned(plan), { onStart: (workers) => starts.push(workers) }, (e) => {
    if (e.type === "step" && e.step === 9 && starts.length === 1) void starts[0]![1]!.terminate();
  });
  expect(starts.length).toBe(2);
  expect(hurt.events.filter((e) => e.type === "start")[1]!.step % 6).toBe(0);
  for (const what of ["weights", "optimiser"] as const) expect([...hurt.last[what]]).toEqual([...whole.last[what]]);
});

it("cuts the model of each replica", async () => {
  const shape = { dropout: 0 };
  const [one, four] = [
    await oneWorker({}, shape),
    await trained(planned({ parallel: { pipeline: 2 } }, shape), { replicas: 2 }),
  ];
  for (const [i, x] of told(four.events).entries()) expect(Math.abs(x / told(one.events)[i]! - 1)).toBeLessThan(1e-4);
});

it.each([{ pipeline: 2 }, { tensor: 2 }])(
  "%j: numbers that are none stop all workers, and who is told to stop stops with the others",
  async (parallel) => {
    const sick = planned({ parallel });
    const norm = sick.base.get("model.layers.1.input_layernorm.weight")!;
    const base = new Map(sick.base).set("model.layers.1.input_layernorm.weight", {
      ...norm,
      data: norm.data.map(() => Number.NaN),
    });
    await expect(trained({ ...sick, base })).rejects.toMatchObject({
      code: "cannot-do",
      message: expect.stringContaining("step 1 is NaN"),
    });

    const stop = new AbortController();
    const { events, last } = await trained(planned({ steps: 10_000, parallel }), { signal: stop.signal }, (e) => {
      if (e.type === "step" && e.step === 3) stop.abort();
    });
    expect(events.at(-1)).toMatchObject({ type: "end", reason: "cancelled", step: last.step });
  },
);
