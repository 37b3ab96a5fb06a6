import { afterAll, describe, expect, it } from "vitest";
import { normal } from "../data/gaussian.ts";
import { evaluationWindows, mixedLoader } from "../data/mix.ts";
import { seededRandom } from "../data/random.ts";
import { memoryTokens } from "../data/token-file.ts";
import { GptConfigSchema } from "../models/config.ts";
import { initialGpt } from "../models/gpt.ts";
import { freeParameters, toParameters } from "../models/parameters.ts";
import { cpuBackend } from "../node/threads.ts";
import * as t from "../tensor/index.ts";
import { modelledMeter } from "../train/energy.ts";
import { languageTask } from "../train/language-task.ts";
import { train } from "../train/train.ts";
import { distillation, divergence } from "./distil.ts";

const backend = cpuBackend({ threads: 1, memory: 256 << 20 });
afterAll(() => backend.close());
const random = seededRandom(4);

describe("divergence", () => {
  const rows = 3;
  const classes = 5;
  const draw = (): Float32Array => Float32Array.from({ length: rows * classes }, () => 2 * normal(random));
  const [shown, logits] = [draw(), draw()];
  const softmax = (x: Float32Array, row: number, T: number): number[] => {
    const e = [...x.subarray(row * classes, (row + 1) * classes)].map((v) => Math.exp(v / T));
    const sum = e.reduce((a, b) => a + b, 0);
    return e.map((v) => v / sum);
  };
  const expected = (y: Float32Array, T: number): number => {
    let sum = 0;
    for (let r = 0; r < rows; r++) {
      const q = softmax(y, r, T);
      for (const [i, p] of softmax(shown, r, T).entries()) sum += p * Math.log(p / q[i]!);
    }
    return sum / rows;
  };
  it("is the mean Kullback-Leibler divergence at its temperature, 0 for equal logits", () => {
    for (const T of [1, 2.5])
      t.scope(() => {
        const of = (x: Float32Array) => t.Tensor.from(backend, x, [rows, classes]);
        expect(divergence(of(shown), of(logits), T).valuesSync()[0]).toBeCloseTo(expected(logits, T), 5);
        expect(divergence(of(shown), of(shown), T).valuesSync()[0]).toBeCloseTo(0, 5);
      });
  });
  it("has the gradient of finite differences, and none by what is shown", () => {
    const p = t.Tensor.parameter(backend, logits, [rows, classes]);
    const teacher = t.Tensor.parameter(backend, shown, [rows, classes]);
    const [g, none] = t.scope(() => t.gradient(divergence(teacher, p, 2), [p, teacher]));
    const found = g!.valuesSync();
    for (let i = 0; i < found.length; i++) {
      const at = (by: number): number =>
        expected(
          logits.map((v, j) => (j === i ? v + by : v)),
          2,
        );
      expect(found[i]).toBeCloseTo((at(1e-3) - at(-1e-3)) / 2e-3, 4);
    }
    expect(none!.valuesSync().every((x) => x === 0)).toBe(true);
    for (const x of [g!, none!, p, teacher]) x.free();
  });
});

describe("distillation", () => {
  const common = { kind: "gpt", vocab: 24, context: 16, heads: 2 } as const;
  const teacher = GptConfigSchema.parse({ ...common, layers: 2, width: 32 });
  const student = GptConfigSchema.parse({ ...common, layers: 1, width: 16, dropout: 0.1 });
  const source = memoryTokens(Uint16Array.from({ length: 2000 }, (_, i) => (i % 3 === 0 ? random.below(6) : (i * 5) % 23)));
  const options = {
    ...{ steps: 40, accumulate: 1, learningRate: 0.01, finalRate: 0.1, warmup: 4, schedule: "cosine" as const, seed: 2 },
    ...{ weightDecay: 0.1, beta1: 0.9, beta2: 0.99, clip: 1, evaluateEvery: 40, patience: 0, checkpointEvery: 40 },
  };

  it("teaches a student of another shape what the teacher says, memory given back", async () => {
    const used = backend.memory.used;
    const parameters = toParameters(backend, initialGpt(student, seededRandom(1)));
    // a teacher with opinions: untrained, but with weights four times as large
    const loud = new Map(
      [...initialGpt(teacher, seededRandom(7))].map(([n, v]) => [n, { ...v, data: v.data.map((x) => 4 * x) }]),
    );
    const shown = toParameters(backend, loud);
    const objective = distillation(backend, { config: teacher, parameters: shown, temperature: 2, weight: 1 });
    const length = 16;
    const task = languageTask({
      ...{ backend, config: student, parameters, objective, batch: 8, length, seed: 3 },
      loader: mixedLoader({ sources: [{ source, weight: 1 }], batch: 8, length, seed: 1 }),
      evaluation: evaluationWindows(source, { batch: 4, length, batches: 2 }),
    });
    const losses: number[] = [];
    for await (const e of train(task, options, { now: () => 0, energy: modelledMeter(() => 0) }))
      if (e.type === "step") losses.push(e.loss);
    const mean = (part: number[]): number => part.reduce((a, b) => a + b, 0) / part.length;
    expect(mean(losses.slice(-5))).toBeLessThan(0.85 * mean(losses.slice(0, 5)));
    for (const p of [parameters, shown]) freeParameters(p);
    expect(backend.memory.used).toBeLessThanOrEqual(used + (16 << 10)); // rotation tables stay
  });
});
