import { spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { findGpu } from "../../test/gpu.ts";
import { prune, pruningMasks, zeroMasks } from "../compress/prune.ts";
import type { TrainEvent } from "../train/config.ts";
import { memoryLimit } from "./device.ts";
import { energyMeter } from "./energy-meter.ts";
import { loadModel, saveCompressed } from "./model-folder.ts";
import { loadTrainConfig, readTrainConfig, runTraining } from "./training.ts";

const folder = mkdtempSync(join(tmpdir(), "lab-training-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = join(folder, "text.txt");
writeFileSync(text, "the quick brown fox jumps over the lazy dog, and again: ".repeat(200));
let runs = 0;
function configured(more: object = {}): object {
  return {
    model: { kind: "gpt", context: 32, layers: 1, width: 32, heads: 2 },
    data: [{ path: text }],
    steps: 24,
    batch: 4,
    warmup: 2,
    learningRate: 0.01,
    evaluateEvery: 8,
    evaluateBatches: 2,
    checkpointEvery: 4,
    threads: 1,
    out: join(folder, `run-${runs++}`),
    ...more,
  };
}
async function all(config: object): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const e of runTraining(readTrainConfig(config), { now: () => performance.now() })) events.push(e);
  return events;
}

const gpu = await findGpu();
if ("missing" in gpu) console.warn(`training on a GPU skipped: ${gpu.missing}`);
it.skipIf("missing" in gpu)(
  "trains on the GPU as on the CPU, which goes on from its checkpoint",
  async () => {
    const short = { steps: 6, evaluateEvery: 3, checkpointEvery: 3 };
    const [there, here] = [configured({ device: "gpu", ...short }), configured(short)];
    const [onGpu, onCpu] = [await all(there), await all(here)];
    const losses = (events: TrainEvent[]) =>
      events.flatMap((e) => (e.type === "step" || e.type === "evaluation" ? [e.loss] : []));
    expect(losses(onGpu).length).toBe(losses(onCpu).length);
    losses(onGpu).forEach((loss, i) => {
      expect(loss).toBeCloseTo(losses(onCpu)[i]!, 3);
    });
    const further = await all({ ...there, device: "cpu", steps: 8 });
    expect(further.flatMap((e) => (e.type === "step" ? [e.step] : []))).toEqual([7, 8]);
  },
  120_000,
);
it.each([
  [{ replicas: 2 }, /one worker/],
  [{ model: { kind: "gpt", context: 32, layers: 1, width: 32, heads: 2, experts: { count: 4, top: 2 } } }, /experts/],
])("says before any work what a GPU cannot do: %j", async (more, why) => {
  await expect(all(configured({ device: "gpu", ...more }))).rejects.toThrow(why);
});

it("trains a model from a text file, which then opens, and writes its log", async () => {
  const config = configured() as { out: string };
  const events = await all(config);
  expect(events.at(-1)).toMatchObject({ type: "end", reason: "finished", step: 24 });
  const { config: model, tokenizer, weights } = await loadModel(join(config.out, "model"));
  expect(model).toMatchObject({ kind: "gpt", vocab: tokenizer!.vocab });
  expect(tokenizer!.decode(tokenizer!.encode("the fox"))).toBe("the fox");
  expect(weights.size).toBeGreaterThan(5);
  const log = readFileSync(join(config.out, "log.jsonl"), "utf8").trim().split("\n");
  expect(log.map((line) => JSON.parse(line).type)).toEqual(events.map((e) => e.type));
});

it.each([{}, { replicas: 2 }, { parallel: { pipeline: 2 }, accumulate: 2 }, { parallel: { tensor: 2 } }])(
  "goes on after SIGKILL and ends with the very bits of an undisturbed training: %j",
  async (mode) => {
    const more = { model: { kind: "gpt", context: 32, layers: 2, width: 32, heads: 2 }, ...mode };
    const undisturbed = configured(more) as { out: string };
    await all(undisturbed);
    const killed = configured(more) as { out: string };
    const script = `import { readTrainConfig, runTraining } from "@inkseal/lab/node";
    for await (const e of runTraining(readTrainConfig(${JSON.stringify(killed)}), { now: () => 0 })) if (e.type === "step" && e.step === 11) process.kill(process.pid, "SIGKILL");`;
    const signal = await new Promise((done) =>
      spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
        cwd: import.meta.dirname,
        stdio: "inherit",
      }).on("exit", (_, s) => done(s)),
    );
    expect(signal).toBe("SIGKILL");
    const events = await all(killed);
    // workers are ahead of what they told: the step after its checkpoint may have been kept
    expect(Number(events[0]!.step) % 4).toBe(0);
    expect(events[0]!.step).toBeGreaterThanOrEqual(8);
    const [a, b] = await Promise.all([undisturbed, killed].map(({ out }) => loadModel(join(out, "model"))));
    expect([...b!.weights]).toEqual([...a!.weights]);
  },
);

it("adapts a finished model with LoRA", async () => {
  const base = configured({ steps: 8 }) as { out: string };
  await all(base);
  const adapted = configured({ steps: 8, from: join(base.out, "model"), lora: { rank: 2, alpha: 4 } }) as { out: string };
  await all(adapted);
  const [a, b] = await Promise.all([base, adapted].map(({ out }) => loadModel(join(out, "model"))));
  const changed = [...a!.weights]
    .filter(([name, { data }]) => data.some((x, i) => x !== b!.weights.get(name)!.data[i]))
    .map(([name]) => name);
  expect(changed).toEqual(["model.layers.0.self_attn.q_proj.weight", "model.layers.0.self_attn.v_proj.weight"]);
});

it("teaches a smaller model by a finished one, and goes on with the same bits after a stop", async () => {
  const teacher = configured({ steps: 12 }) as { out: string };
  await all(teacher);
  const distil = { teacher: join(teacher.out, "model"), temperature: 2, weight: 0.7 };
  const small = { kind: "gpt", context: 32, layers: 1, width: 16, heads: 2 };
  const undisturbed = configured({ steps: 12, model: small, distil }) as { out: string };
  await all(undisturbed);
  const stopped = configured({ steps: 12, model: small, distil }) as { out: string };
  const stop = new AbortController();
  const first: TrainEvent[] = [];
  for await (const e of runTraining(readTrainConfig(stopped), { now: () => 0, signal: stop.signal })) {
    first.push(e);
    if (e.type === "step" && e.step === 6) stop.abort();
  }
  expect(first.at(-1)).toMatchObject({ type: "end", reason: "cancelled", step: 6 });
  expect((await all(stopped))[0]).toMatchObject({ type: "start", step: 6 });
  const [a, b, untaught] = await Promise.all([undisturbed, stopped, teacher].map(({ out }) => loadModel(join(out, "model"))));
  expect([...b!.weights]).toEqual([...a!.weights]);
  expect(a!.config).toMatchObject({ width: 16, vocab: (untaught!.config as { vocab: number }).vocab });

  const other = { ...small, vocab: 200 };
  await expect(all(configured({ model: other, distil }))).rejects.toMatchObject({
    code: "bad-request",
    details: { param: "distil.teacher" },
  });
  await expect(all(configured({ model: { ...small, context: 64 }, distil }))).rejects.toThrow(/reads 32 tokens/);
  await expect(all(configured({ distil: { teacher: join(folder, "nobody") } }))).rejects.toMatchObject({ code: "not-found" });
});

it("trains a pruned model on and leaves its zeros alone", async () => {
  const base = configured({ steps: 8 }) as { out: string };
  await all(base);
  const { weights, ...model } = await loadModel(join(base.out, "model"));
  const pruned = prune(weights, pruningMasks(weights, { share: 0.5 }));
  await saveCompressed(join(folder, "pruned"), { ...model, weights: pruned, made: "pruned 50 %" });
  const tuned = configured({ steps: 8, from: join(folder, "pruned"), keepZeros: true }) as { out: string };
  await all(tuned);
  const after = (await loadModel(join(tuned.out, "model"))).weights;
  expect([...zeroMasks(after)]).toEqual([...zeroMasks(pruned)]);
  expect(after).not.toEqual(pruned);
  await expect(all(configured({ keepZeros: true }))).rejects.toMatchObject({ details: { param: "keepZeros" } });
});

it("learns byte pairs from JSON lines, and reads a mix", async () => {
  const lines = join(folder, "more.jsonl");
  for (let i = 0; i < 50; i++)
    appendFileSync(lines, `${JSON.stringify({ text: "a lazy dog sleeps while foxes jump over it" })}\n`);
  const config = configured({
    tokenizer: { type: "bpe", vocab: 280 },
    data: [{ path: text, weight: 3 }, { path: lines }],
    steps: 4,
    holdOut: 0.2,
  }) as { out: string };
  await all(config);
  const { tokenizer } = await loadModel(join(config.out, "model"));
  expect(tokenizer!.encode("lazy dog").length).toBeLessThan(8);
});

it("says what it would need before it starts, and writes nothing", async () => {
  const config = configured({ model: { kind: "gpt", context: 2048, layers: 48, width: 2048, heads: 16 }, batch: 64 }) as {
    out: string;
  };
  await expect(all(config)).rejects.toMatchObject({
    code: "too-large",
    message: expect.stringMatching(/needs about [\d.]+ GiB .* and has [\d.]+ GiB/),
  });
  expect(existsSync(join(config.out, "checkpoints"))).toBe(false);
});

it("lets each worker take 4 GiB where the machine has them", () => {
  const limit = (more: object) => memoryLimit(readTrainConfig(configured({ memory: 2 ** 34, ...more })));
  expect(limit({})).toBe(2 ** 32 - 65_536);
  expect(limit({ replicas: 2, parallel: { pipeline: 3 } })).toBe(2 ** 34);
  expect(limit({ parallel: { tensor: 2 } })).toBe(2 * (2 ** 32 - 65_536));
});

it("refuses to cut a model where it cannot, and what does not go with a cut one", async () => {
  const refused = (more: object) => expect(all(configured({ parallel: { pipeline: 2 }, ...more }))).rejects;
  await refused({}).toMatchObject({ code: "bad-request", details: { param: "parallel.pipeline" } }); // one layer
  const model = { kind: "gpt", context: 32, layers: 2, width: 32, heads: 2 };
  await refused({ model, lora: { rank: 2, alpha: 4 } }).toMatchObject({
    code: "cannot-do",
    message: expect.stringContaining("lora"),
  });
  await refused({ model, memory: 20 << 20 }).toMatchObject({
    code: "too-large",
    message: expect.stringContaining("for each of 2 workers"),
  });
});

it("refuses another model's checkpoints, and a configuration that is none, by name", async () => {
  const first = configured({ steps: 4 }) as { out: string };
  await all(first);
  await expect(all({ ...first, model: { kind: "gpt", context: 32, layers: 2, width: 32, heads: 2 } })).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining("layers"),
  });
  expect(() => readTrainConfig(configured({ steps: -1 }))).toThrow(/steps/);
  expect(() => readTrainConfig(configured({ learningrate: 1 }))).toThrow(/learningrate/);
  await expect(loadTrainConfig(text)).rejects.toMatchObject({ code: "bad-request" });
  await expect(all(configured({ data: [{ path: join(folder, "nothing.txt") }] }))).rejects.toMatchObject({ code: "not-found" });
});

it("reads the machine's energy counter where there is one, round its end", () => {
  const zone = join(folder, "powercap", "intel-rapl:0");
  mkdirSync(zone, { recursive: true });
  const write = (uj: number): void => writeFileSync(join(zone, "energy_uj"), String(uj));
  writeFileSync(join(zone, "max_energy_range_uj"), "10000000");
  write(9_000_000);
  const meter = energyMeter({ folder: join(folder, "powercap") });
  write(9_500_000);
  expect(meter.joules()).toBeCloseTo(0.5);
  write(1_000_000);
  expect(meter.joules()).toBeCloseTo(2);
  expect(meter.source).toContain("RAPL");
  expect(energyMeter({ folder: join(folder, "nowhere") }).source).toContain("model");
});

it("shares the batch among replicas when told to, and says what it lacks for machines", async () => {
  const [one, two] = [configured(), configured({ replicas: 2 })] as [{ out: string }, { out: string }];
  const [a, b] = [await all(one), await all(two)];
  expect(b.map((e) => e.type)).toEqual(a.map((e) => e.type));
  const losses = [a, b].map((events) => events.flatMap((e) => (e.type === "step" ? [e.loss] : [])));
  for (const [i, loss] of losses[0]!.entries()) expect(losses[1]![i]).toBeCloseTo(loss, 3);
  expect((await loadModel(join(two.out, "model"))).weights.size).toBeGreaterThan(5);
  const machines = { rank: 0, size: 2, address: "127.0.0.1:4000" };
  await expect(all(configured({ machines }))).rejects.toMatchObject({ code: "bad-request", details: { param: "secret" } });
});
