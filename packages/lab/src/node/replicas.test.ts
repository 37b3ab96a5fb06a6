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
import type { TrainingPlan } from "./training-task.ts";

const folder = mkdtempSync(join(tmpdir(), "lab-replicas-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tokens = learnableTokens(folder);
const model = GptConfigSchema.parse({ kind: "gpt", vocab: 32, context: 16, layers: 2, width: 32, heads: 2 });

let runs = 0;
function planned(more: object = {}): TrainingPlan {
  const config = TrainConfigSchema.parse({
    model,
    data: [{ path: tokens }],
    steps: 20,
    batch: 8,
    warmup: 2,
    learningRate: 5e-3,
    evaluateEvery: 10,
    evaluateBatches: 3,
    checkpointEvery: 6,
    out: join(folder, `run-${runs++}`),
    ...more,
  });
  return { config, model, length: 16, files: [tokens], base: initialGpt(model, seededRandom(2)) };
}
const losses = (events: readonly TrainEvent[]) => events.flatMap((e) => (e.type === "step" ? [e.loss] : []));
const evaluations = (events: readonly TrainEvent[]) => events.flatMap((e) => (e.type === "evaluation" ? [e.loss] : []));

it("trains on two workers as on one, and ends with the same bits after one was killed", async () => {
  const [one, two] = [await trained(planned()), await trained(planned(), { replicas: 2 })];
  expect(two.events.at(-1)).toMatchObject({ type: "end", reason: "finished", step: 20 });
  const close = (a: number[], b: number[]) => {
    expect(a.length).toBe(b.length);
    a.forEach((x, i) => {
      expect(Math.abs(x / b[i]! - 1)).toBeLessThan(1e-4);
    });
  };
  close(losses(two.events), losses(one.events));
  close(evaluations(two.events), evaluations(one.events));
  expect(losses(two.events).at(-1)!).toBeLessThan(losses(two.events)[0]! - 0.5);
  expect(two.best).toEqual(two.last.weights);

  const starts: (readonly Worker[])[] = [];
  const hurt = await trained(planned(), { replicas: 2, onStart: (workers) => starts.push(workers) }, (e) => {
    if (e.type === "step" && e.step === 9 && starts.length === 1) void starts[0]![1]!.terminate();
  });
  expect(starts.length).toBe(2);
  const [, again] = hurt.events.filter((e) => e.type === "start");
  expect([6, 12, 18]).toContain(again!.step);
  expect([...hurt.last.weights]).toEqual([...two.last.weights]);
  expect([...hurt.last.optimiser]).toEqual([...two.last.optimiser]);
});

it("says who was lost when it may not recover, and why a replica gave up", async () => {
  const workers: Worker[] = [];
  const fatal = trained(
    planned({ steps: 10_000 }),
    { replicas: 2, recover: 0, onStart: (all) => workers.push(...all) },
    (e) => {
      if (e.type === "step" && e.step === 3) void workers[1]!.terminate();
    },
  );
  await expect(fatal).rejects.toMatchObject({ code: "unreachable", rank: 1 });
  await expect(trained(planned({ batch: 9 }), { replicas: 2 })).rejects.toMatchObject({
    code: "bad-request",
    details: { param: "batch" },
  });
});

it("stops all replicas after the same step, and keeps it", async () => {
  const stop = new AbortController();
  const { events, last } = await trained(planned({ steps: 10_000 }), { replicas: 2, signal: stop.signal }, (e) => {
    if (e.type === "step" && e.step === 3) stop.abort();
  });
  const end = events.at(-1)!;
  expect(end).toMatchObject({ type: "end", reason: "cancelled" });
  expect(last.step).toBe(end.step);
});
