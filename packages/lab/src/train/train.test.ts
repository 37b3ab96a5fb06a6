import { afterAll, describe, expect, it } from "vitest";
import { evaluationWindows, mixedLoader } from "../data/mix.ts";
import { seededRandom } from "../data/random.ts";
import { memoryTokens } from "../data/token-file.ts";
import { GptConfigSchema } from "../models/config.ts";
import { initialGpt } from "../models/gpt.ts";
import { freeParameters, type Parameters, toParameters, toWeights } from "../models/parameters.ts";
import { cpuBackend } from "../node/threads.ts";
import type { Weights } from "../weights.ts";
import type { TrainEvent } from "./config.ts";
import { modelledMeter } from "./energy.ts";
import { gptMemory } from "./estimate.ts";
import { languageTask } from "./language-task.ts";
import { initialLora, loraProject, mergeLora } from "./lora.ts";
import { learningRate } from "./schedule.ts";
import { type TrainOptions, type TrainState, train } from "./train.ts";

const backend = cpuBackend({ threads: 2, memory: 512 << 20 });
afterAll(() => backend.close());

const config = GptConfigSchema.parse({ kind: "gpt", vocab: 32, context: 16, layers: 2, width: 32, heads: 2, dropout: 0.1 });
const random = seededRandom(5);
const text = Uint16Array.from({ length: 4000 }, (_, i) => (i % 5 === 0 ? random.below(8) : (i * 7) % 29));
const source = memoryTokens(text);
const options: TrainOptions = {
  steps: 30,
  accumulate: 1,
  learningRate: 5e-3,
  finalRate: 0.1,
  warmup: 5,
  schedule: "cosine",
  weightDecay: 0.1,
  beta1: 0.9,
  beta2: 0.99,
  clip: 1,
  evaluateEvery: 10,
  patience: 0,
  checkpointEvery: 10,
  seed: 3,
};
const seams = { now: () => 0, energy: modelledMeter(() => 0) };

function task(parameters: Parameters, more: object = {}) {
  const loader = mixedLoader({ sources: [{ source, weight: 1 }], batch: 8, length: 16, seed: 1 });
  const evaluation = evaluationWindows(source, { batch: 4, length: 16, batches: 2 });
  return languageTask({ backend, config, parameters, loader, batch: 8, length: 16, evaluation, seed: 3, ...more });
}
async function run(o: Partial<TrainOptions> = {}, more: object = {}, start: Weights = initialGpt(config, seededRandom(2))) {
  const parameters = toParameters(backend, start);
  const events: TrainEvent[] = [];
  const states: TrainState[] = [];
  const save = async (s: TrainState): Promise<string> => {
    states.push(JSON.parse(JSON.stringify(s.state)) && { ...s });
    return `step-${s.step}`;
  };
  for await (const e of train(task(parameters), { ...options, ...o }, { ...seams, save, ...more })) events.push(e);
  const weights = await toWeights(parameters);
  freeParameters(parameters);
  return { events, states, weights };
}
const losses = (events: readonly TrainEvent[]): number[] => events.flatMap((e) => (e.type === "step" ? [e.loss] : []));

describe("training", () => {
  it("lowers the loss, checkpoints, and ends with what it spent", async () => {
    const { events } = await run();
    const all = losses(events);
    expect(all.at(-1)!).toBeLessThan(all[0]! - 0.7);
    expect(events.filter((e) => e.type === "checkpoint").map((e) => e.step)).toEqual([10, 20, 30]);
    expect(events.at(-1)).toMatchObject({ type: "end", reason: "finished", step: 30 });
  });

  it("resumes bit-exactly from each checkpoint, in another process as it were", async () => {
    const whole = await run();
    for (const state of whole.states.slice(0, 2)) {
      const rest = await run({}, { resume: structuredClone(state) });
      expect(losses(rest.events)).toEqual(losses(whole.events).slice(state.step));
      expect([...rest.weights]).toEqual([...whole.weights]);
    }
  });

  it("sums accumulated batches as one large batch", async () => {
    const still = { ...config, dropout: 0 };
    const losing = async (batch: number, accumulate: number): Promise<number[]> => {
      const parameters = toParameters(backend, initialGpt(still, seededRandom(2)));
      const loader = mixedLoader({ sources: [{ source, weight: 1 }], batch, length: 16, seed: 1 });
      const found: TrainEvent[] = [];
      for await (const e of train(
        task(parameters, { config: still, loader, batch }),
        { ...options, steps: 8, accumulate },
        seams,
      ))
        found.push(e);
      freeParameters(parameters);
      return losses(found);
    };
    const large = await losing(8, 1);
    (await losing(4, 2)).forEach((loss, i) => {
      expect(loss).toBeCloseTo(large[i]!, 3);
    });
  });

  it("stops early when evaluation no longer improves, and when it is told to", async () => {
    const early = await run({ patience: 2, learningRate: 1e-9, evaluateEvery: 2, weightDecay: 0 });
    expect(early.events.at(-1)).toMatchObject({ type: "end", reason: "early-stop" });
    const stop = new AbortController();
    stop.abort();
    expect((await run({}, { signal: stop.signal })).events.at(-1)).toMatchObject({ reason: "cancelled", step: 0 });
  });

  it("says at which step the loss is no longer a number, and changes nothing by it", async () => {
    const bad = new Map([...initialGpt(config, seededRandom(2))]);
    bad.set("model.norm.weight", { shape: [32], data: new Float32Array(32).fill(Number.NaN) });
    await expect(run({}, {}, bad)).rejects.toMatchObject({
      code: "cannot-do",
      message: expect.stringContaining("step 1 is NaN"),
    });
  });

  it("holds as much memory after many steps as after few", async () => {
    await run({ steps: 2, evaluateEvery: 1 });
    const used = backend.memory.used;
    await run({ steps: 8, evaluateEvery: 2 });
    expect(backend.memory.used - used).toBeLessThan(64 << 10); // the rotation's tables of each task
  });

  it("needs about the memory that the estimate says", async () => {
    const large = GptConfigSchema.parse({ kind: "gpt", vocab: 64, context: 64, layers: 4, width: 96, heads: 4 });
    const alone = cpuBackend({ threads: 1, memory: 512 << 20 });
    const parameters = toParameters(alone, initialGpt(large, seededRandom(1)));
    const loader = mixedLoader({ sources: [{ source, weight: 1 }], batch: 8, length: 64, seed: 1 });
    const only = languageTask({
      backend: alone,
      config: large,
      parameters,
      loader,
      batch: 8,
      length: 64,
      evaluation: evaluationWindows(source, { batch: 1, length: 64, batches: 1 }),
      seed: 1,
    });
    for await (const _ of train(only, { ...options, steps: 2 }, seams));
    const { total } = gptMemory(large, { batch: 8, length: 64 });
    expect(alone.memory.peak).toBeLessThan(total);
    expect(alone.memory.peak).toBeGreaterThan(total * 0.4);
    alone.close();
  });
});

describe("private training", () => {
  it("clips each example, adds noise, and tells ε", async () => {
    const parameters = toParameters(backend, initialGpt(config, seededRandom(2)));
    const events: TrainEvent[] = [];
    const o = { ...options, steps: 6, evaluateEvery: 3, privacy: { noise: 1, clip: 1, delta: 1e-5 } };
    for await (const e of train(task(parameters, { private: source }), o, seams)) events.push(e);
    const spent = events.flatMap((e) => (e.type === "evaluation" ? [e.epsilon!] : []));
    expect(spent[0]).toBeGreaterThan(0.1);
    expect(spent[1]).toBeGreaterThan(spent[0]!);
    freeParameters(parameters);
  });
});

describe("LoRA", () => {
  it("trains the adapters alone; merged weights say the same", async () => {
    const base = initialGpt(config, seededRandom(2));
    const lora = { rank: 4, alpha: 8, targets: ["q_proj", "v_proj"] };
    const adapters = initialLora(base, lora, seededRandom(9));
    const frozen = toParameters(backend, base);
    const trained = toParameters(backend, adapters);
    const adapted = task(frozen, { trained, project: loraProject(frozen, trained, lora) });
    const before = await adapted.evaluate();
    for await (const _ of train(adapted, { ...options, steps: 20 }, seams));
    const after = await adapted.evaluate();
    expect(after).toBeLessThan(before);
    expect([...(await toWeights(frozen))]).toEqual([...base]);
    const merged = toParameters(backend, mergeLora(base, await toWeights(trained), lora));
    expect(await task(merged).evaluate()).toBeCloseTo(after, 4);
    for (const p of [frozen, trained, merged]) freeParameters(p);
  });
  it("says when no weight fits the targets", () => {
    expect(() =>
      initialLora(initialGpt(config, seededRandom(2)), { rank: 2, alpha: 1, targets: ["nothing"] }, seededRandom(1)),
    ).toThrow(/nothing/);
  });
});

describe("learningRate", () => {
  const base = { learningRate: 1, finalRate: 0.1, warmup: 10, steps: 100 };
  for (const schedule of ["cosine", "linear", "warmup-stable-decay"] as const)
    it(`${schedule}: up to the top, down to the final rate`, () => {
      const rates = Array.from({ length: 100 }, (_, i) => learningRate({ ...base, schedule }, i + 1));
      expect(rates[0]).toBeLessThan(0.1);
      expect(Math.max(...rates)).toBeGreaterThan(0.98);
      expect(rates[99]).toBeCloseTo(0.1, 6);
      expect(rates.slice(11).every((r, i) => i === 0 || r <= rates[i + 10]! + 1e-12)).toBe(true);
    });
});
