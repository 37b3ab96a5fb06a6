import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { afterAll, expect, it } from "vitest";
import { seededRandom } from "../data/random.ts";
import { writeTokenFile } from "../data/token-file.ts";
import { GptConfigSchema } from "../models/config.ts";
import { initialGpt } from "../models/gpt.ts";
import { TrainConfigSchema, type TrainEvent } from "../train/config.ts";
import type { Weights } from "../weights.ts";
import { loadCheckpoint } from "./checkpoint.ts";
import { type ReplicaOptions, trainReplicas } from "./replicas.ts";
import type { TrainingPlan } from "./training-task.ts";

const folder = mkdtempSync(join(tmpdir(), "lab-parallel-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const random = seededRandom(5);
const tokens = join(folder, "text.tokens");
writeFileSync(
  tokens,
  writeTokenFile(
    Array.from({ length: 4000 }, (_, i) => (i % 5 === 0 ? random.below(8) : (i * 7) % 29)),
    32,
  ),
);
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
async function trained(plan: TrainingPlan, options: Partial<ReplicaOptions> = {}, seen: (e: TrainEvent) => void = () => {}) {
  const events: TrainEvent[] = [];
  let best: Weights | undefined;
  const all: ReplicaOptions = {
    replicas: 1,
    folder: plan.config.out,
    memory: 64 << 20,
    best: (weights) => {
      best = weights;
    },
    ...options,
  };
  for await (const e of trainReplicas(plan, all)) {
    events.push(e);
    seen(e);
  }
  return { events, best, last: (await loadCheckpoint(plan.config.out))! };
}
/** Losses, norms and evaluations: all that is not a measure of time or energy. */
const told = (events: readonly TrainEvent[]) =>
  events.flatMap((e) => (e.type === "step" ? [e.loss, e.gradNorm] : e.type === "evaluation" ? [e.loss] : []));

it("a pipeline gives the very bits of one worker", async () => {
  const one = await trained(planned());
  const two = await trained(planned({ parallel: { pipeline: 2 } }));
  expect(told(two.events)).toEqual(told(one.events));
  expect([...two.last.weights]).toEqual([...one.last.weights]);
  expect([...two.last.optimiser]).toEqual([...one.last.optimiser]);
  expect([...two.best!]).toEqual([...one.best!]);
});

it("columns give one worker's losses", async () => {
  const one = await trained(planned());
  const two = await trained(planned({ parallel: { tensor: 2 } }));
  told(two.events).forEach((x, i) => expect(Math.abs(x / told(one.events)[i]! - 1)).toBeLessThan(1e-4));
});
