import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { afterAll, expect, it } from "vitest";
import { seededRandom } from "../data/random.ts";
import { writeTokenFile } from "../data/token-file.ts";
import { GptConfigSchema } from "../models/config.ts";
import { initialGpt } from "../models/gpt.ts";
import { layeredReduce } from "../scale/layered-reduce.ts";
import { sharedGroup, sharedReduce } from "../scale/shared-reduce.ts";
import { TrainConfigSchema, type TrainEvent } from "../train/config.ts";
import { loadCheckpoint } from "./checkpoint.ts";
import { machinesOf } from "./machines.ts";
import { trainReplicas } from "./replicas.ts";
import type { TrainingPlan } from "./training-task.ts";

const folder = mkdtempSync(join(tmpdir(), "lab-machines-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const random = seededRandom(5);
const tokens = join(folder, "text.tokens");
writeFileSync(
  tokens,
  writeTokenFile(
    Array.from({ length: 4000 }, () => random.below(32)),
    32,
  ),
);
const model = GptConfigSchema.parse({ kind: "gpt", vocab: 32, context: 16, layers: 1, width: 32, heads: 2 });
const secret = "sixteen letters!";

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
let runs = 0;
/** One machine's training on one worker; its events and the folder where it keeps checkpoints. */
async function machine(
  rank: number,
  port: number,
  more: object = {},
  onStart: (workers: readonly Worker[]) => void = () => {},
) {
  const machines = { rank, size: 2, address: `127.0.0.1:${port}` };
  const config = TrainConfigSchema.parse({
    model,
    data: [{ path: tokens }],
    steps: 16,
    batch: 4,
    evaluateEvery: 8,
    evaluateBatches: 2,
    checkpointEvery: 4,
    out: join(folder, `run-${runs++}`),
    machines,
    ...more,
  });
  const plan: TrainingPlan = { config, model, length: 16, files: [tokens], base: initialGpt(model, seededRandom(2)) };
  const joined = { ...machinesOf(config, secret)!, timeout: 20_000 };
  const events: TrainEvent[] = [];
  for await (const e of trainReplicas(plan, { replicas: 1, folder: config.out, memory: 64 << 20, machines: joined, onStart }))
    events.push(e);
  return { events, out: config.out };
}
const losses = (events: readonly TrainEvent[]) => events.flatMap((e) => (e.type === "step" ? [e.loss] : []));

it("trains on two machines as on one, also when a worker of one is killed; rank 0 alone keeps the checkpoints", async () => {
  let port = await freePort();
  const [a, b] = await Promise.all([machine(0, port), machine(1, port)]);
  expect(losses(a.events)).toEqual(losses(b.events));
  expect(await loadCheckpoint(b.out)).toBeUndefined();
  const whole = (await loadCheckpoint(a.out))!;
  expect(whole.step).toBe(16);

  port = await freePort();
  let starts = 0;
  const kill = (workers: readonly Worker[]) => {
    if (starts++ > 0) return;
    workers[0]!.on("message", (word: { event?: TrainEvent }) => {
      if (word.event?.type === "step" && word.event.step === 7) void workers[0]!.terminate();
    });
  };
  const [c, d] = await Promise.all([machine(0, port), machine(1, port, {}, kill)]);
  expect(starts).toBe(2);
  for (const { events } of [c, d]) expect(events.filter((e) => e.type === "start").length).toBe(2);
  const healed = (await loadCheckpoint(c.out))!;
  expect([...healed.weights]).toEqual([...whole.weights]);
});

it("does not train with a machine whose configuration differs", async () => {
  const port = await freePort();
  const outcomes = await Promise.allSettled([
    machine(0, port, { recover: 0 }),
    machine(1, port, { recover: 0, learningRate: 0.5 }),
  ]);
  expect(outcomes[1]).toMatchObject({ status: "rejected", reason: { code: "conflict" } });
  expect(outcomes[0]).toMatchObject({ status: "rejected", reason: { code: "unreachable" } });
});

it("adds up the threads of several machines, layer by layer", async () => {
  const between = sharedGroup(2, 4);
  const outers = [0, 1].map((rank) => sharedReduce(between, rank));
  const groups = [sharedGroup(3, 4), sharedGroup(3, 4)];
  const ranks = groups.flatMap((group, machine) =>
    [0, 1, 2].map((r) =>
      layeredReduce({ inner: sharedReduce(group, r), ...(r === 0 && { outer: outers[machine]! }), machine, machines: 2 }),
    ),
  );
  expect(ranks.map((r) => [r.rank, r.size])).toEqual([0, 1, 2, 3, 4, 5].map((rank) => [rank, 6]));
  const buffers = ranks.map((_, i) => new Float32Array(10).fill(10 ** i));
  await Promise.all(ranks.map((r, i) => r.sum(buffers[i]!)));
  for (const buffer of buffers) expect([...buffer]).toEqual(new Array(10).fill(111_111));
  for (const from of [0, 2, 4]) {
    const news = ranks.map((_, i) => Float32Array.of(i));
    await Promise.all(ranks.map((r, i) => r.broadcast(news[i]!, from)));
    expect(news.map((n) => n[0])).toEqual(new Array(6).fill(from));
  }
  await Promise.all(ranks.map((r) => r.barrier()));
});
