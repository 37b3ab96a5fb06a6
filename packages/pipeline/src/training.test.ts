import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InksealError, idMaker, type LedgerRow } from "@inkseal/core";
import type { TrainEvent } from "@inkseal/lab";
import { readTrainConfig, runTraining } from "@inkseal/lab/node";
import { afterAll, describe, expect, it } from "vitest";
import { recordTraining, settleTraining, type TrainingContext, type TrainingEvent, type TrainingRecord } from "./training.ts";

const home = mkdtempSync(join(tmpdir(), "pipeline-training-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const text = join(home, "text.txt");
writeFileSync(text, "ink on paper, and again: ".repeat(120));

let made = 0;
const configured = () =>
  readTrainConfig({
    model: { kind: "gpt", context: 16, layers: 1, width: 16, heads: 2 },
    data: [{ path: text }],
    steps: 6,
    batch: 2,
    warmup: 1,
    evaluateEvery: 3,
    evaluateBatches: 1,
    checkpointEvery: 3,
    threads: 1,
    out: join(home, `tiny-${made++}`),
  });
function desk() {
  const rows: TrainingRecord[] = [];
  const clock = { now: Date.now, random: (n: number) => new Uint8Array(n).fill(7) };
  const context: TrainingContext = {
    actor: { id: "local", source: "cli" },
    clock,
    newId: idMaker(clock),
    gramsPerKwh: 1000,
    append: async (record): Promise<LedgerRow> => {
      rows.push(record);
      return { ...record, seq: rows.length, prev: "0".repeat(64), hash: "0".repeat(64) };
    },
  };
  return { rows, context };
}
const now = () => performance.now();
const start: TrainEvent = { type: "start", step: 4, steps: 9, parameters: 1, memoryBytes: 0, tokensPerStep: 32, joules: 7 };
const step = (n: number, joules: number): TrainEvent => ({
  type: "step",
  step: n,
  loss: 1,
  learningRate: 1,
  gradNorm: 1,
  tokensPerSecond: 1,
  joules,
});
async function* said(...events: (TrainEvent | Error)[]): AsyncGenerator<TrainEvent> {
  for (const event of events) {
    if (event instanceof Error) throw event;
    yield event;
  }
}
async function all(events: AsyncIterable<TrainingEvent>): Promise<TrainingEvent[]> {
  const list: TrainingEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

describe("recordTraining", () => {
  it("records a training with tokens, energy and the digests of weights and configuration; its end waits for the row", async () => {
    const { rows, context } = desk();
    const config = configured();
    const events: TrainingEvent[] = [];
    for await (const event of recordTraining(config, runTraining(config, { now }), context)) {
      if (event.type === "end") expect(rows).toHaveLength(1);
      else if (event.type !== "recorded") expect(rows).toHaveLength(0);
      events.push(event);
    }
    const weights = readFileSync(join(config.out, "model", "model.safetensors"));
    const [end, recorded] = events.slice(-2);
    expect(rows[0]).toMatchObject({
      status: "done",
      task: "training",
      engine: "lab",
      model: "tiny-0",
      outputDigest: createHash("sha256").update(weights).digest("hex"),
      usage: { inputTokens: 6 * 2 * 16, steps: 6 },
      actor: "local",
      source: "cli",
    });
    expect(rows[0]!.briefDigest).toMatch(/^[0-9a-f]{64}$/);
    const { energy, gramsCo2e } = rows[0]!.usage;
    expect(gramsCo2e).toBeCloseTo(energy! / 3600, 9);
    expect(end).toMatchObject({ type: "end", reason: "finished", gramsCo2e });
    expect(recorded).toMatchObject({ type: "recorded", run: rows[0]!.run, row: { seq: 1 } });
    expect(existsSync(join(config.out, "run.json"))).toBe(false);
  });

  it("counts of a resumed training what this run did, and a step that replicas did twice once", async () => {
    const { rows, context } = desk();
    const again: TrainEvent = { ...start, step: 5, joules: 9 };
    const end: TrainEvent = { type: "end", step: 7, reason: "cancelled", loss: 1, bestLoss: 1, joules: 20, gramsCo2e: 0 };
    await all(
      recordTraining(configured(), said(start, step(5, 10), step(6, 13), again, step(6, 12), step(7, 20), end), context),
    );
    expect(rows).toMatchObject([{ status: "cancelled", usage: { steps: 3, inputTokens: 96, energy: 13 } }]);
  });

  it("records a failure with its code, and says the run's id with it", async () => {
    const { rows, context } = desk();
    const broken = recordTraining(configured(), said(start, step(5, 9), new InksealError("cannot-do", "NaN")), context);
    await expect(all(broken)).rejects.toMatchObject({ code: "cannot-do", details: { run: expect.stringMatching(/^run_/) } });
    expect(rows).toMatchObject([
      { status: "failed", errorCode: "cannot-do", outputDigest: "", usage: { steps: 1, energy: 2 } },
    ]);
  });

  it("records a reader that left as cancelled, and lets one training at a time into a folder", async () => {
    const { rows, context } = desk();
    const config = configured();
    for await (const _ of recordTraining(config, said(start, step(5, 9)), context)) {
      await expect(all(recordTraining(config, said(start), context))).rejects.toMatchObject({ code: "conflict" });
      expect(await settleTraining(config.out, context)).toBeUndefined(); // its process lives
      break;
    }
    expect(rows).toMatchObject([{ status: "cancelled" }]);
  });

  it("records a training that was killed as interrupted, from its log, when somebody next looks", async () => {
    const { rows, context } = desk();
    const config = configured();
    const script = `import { recordTraining } from "@inkseal/pipeline"; import { readTrainConfig, runTraining } from "@inkseal/lab/node";
      const config = readTrainConfig(${JSON.stringify({ ...config, model: { ...config.model, vocab: undefined } })});
      const clock = { now: Date.now, random: (n) => new Uint8Array(n) };
      const context = { actor: { id: "local", source: "cli" }, clock, newId: () => "run_killed", append: async () => { throw new Error("never"); } };
      for await (const e of recordTraining(config, runTraining(config, { now: () => performance.now() }), context))
        if (e.type === "step" && e.step === 5) process.kill(process.pid, "SIGKILL");`;
    const { signal } = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
      cwd: import.meta.dirname,
    });
    expect(signal).toBe("SIGKILL");
    const events = await all(recordTraining(config, runTraining(config, { now }), context));
    expect(events[0]).toMatchObject({ type: "start", step: 3 });
    expect(rows).toMatchObject([
      { run: "run_killed", status: "interrupted", usage: { steps: 5, inputTokens: 5 * 32 } },
      { status: "done", usage: { steps: 3 } },
    ]);
    expect(rows[0]!.outputDigest).toMatch(/^[0-9a-f]{64}$/); // the model that evaluated best at step 3
  });
});
