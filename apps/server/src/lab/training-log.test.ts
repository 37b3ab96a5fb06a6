import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TrainEvent } from "@inkseal/lab";
import { afterAll, expect, it } from "vitest";
import { readLog, summaryOf, thinned } from "./training-log.ts";

const folder = mkdtempSync(join(tmpdir(), "server-log-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const start = (step: number, joules: number): object => ({
  type: "start",
  step,
  steps: 9,
  parameters: 5,
  tokensPerStep: 8,
  joules,
});
const step = (n: number, loss: number, joules: number): object => ({ type: "step", step: n, loss, joules });
const held = (n: number, loss: number): object => ({ type: "evaluation", step: n, loss, best: true });
async function read(...lines: (object | string)[]): Promise<TrainEvent[]> {
  const path = join(folder, "log.jsonl");
  writeFileSync(path, lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"));
  return await readLog(path);
}

it("counts steps that were done again as they were done last, and leaves out a line that was cut short", async () => {
  const killed = [start(0, 0), step(1, 4, 1), step(2, 3, 2), held(2, 3.5), step(3, 9, 3), '{"type":"st'];
  expect(summaryOf(await read(...killed))).toEqual({
    outcome: "interrupted",
    step: 3,
    steps: 9,
    parameters: 5,
    loss: 9,
    heldOut: 3.5,
    joules: 3,
  });
  const events = await read(...killed.slice(0, -1), start(2, 2), step(3, 2.5, 4), {
    type: "end",
    step: 3,
    reason: "cancelled",
    joules: 4,
  });
  expect(events.map((e) => `${e.type} ${e.step}`)).toEqual([
    "start 0",
    "step 1",
    "step 2",
    "evaluation 2",
    "start 2",
    "step 3",
    "end 3",
  ]);
  expect(summaryOf(events)).toMatchObject({ outcome: "cancelled", step: 3, loss: 2.5, joules: 4 });
});

it("is empty where there is no log", async () => {
  expect(summaryOf(await readLog(join(folder, "none")))).toEqual({ step: 0, steps: 0, joules: 0 });
});

it("thins steps evenly and keeps every evaluation and the last step", async () => {
  const all = Array.from({ length: 4000 }, (_, i) => [step(i + 1, 1, i), ...(i % 100 === 99 ? [held(i + 1, 1)] : [])]).flat();
  const thin = thinned(all as unknown as TrainEvent[]);
  const steps = thin.filter((e) => e.type === "step");
  expect(steps.length).toBeGreaterThan(1000);
  expect(steps.length).toBeLessThan(1501);
  expect(thin.filter((e) => e.type === "evaluation").length).toBe(40);
  expect(steps[0]!.step).toBe(1);
});
