import type { ClientEvent } from "@inkseal/client";
import { type ArtifactInfo, type Finding, InksealError, type LedgerRow } from "@inkseal/core";
import { expect, it } from "vitest";
import { advance, begin, type Passage } from "./passage.ts";

const run = "run_01";
const finding: Finding = { hazard: "pii.phone", detector: "d", score: 1, stage: "in" };
const artifact = { id: "art_01", run } as ArtifactInfo;
const row = { run, seq: 7 } as LedgerRow;
const fold = (events: readonly ClientEvent[]): Passage => events.reduce(advance, begin("chat"));
const started: ClientEvent = { type: "started", run, engine: "llama", model: "small", warnings: ["seed is ignored"] };
const finished: ClientEvent = {
  type: "finished",
  run,
  row,
  usage: { outputTokens: 4 },
  decision: { kind: "decision", version: 1, action: "mask", findings: [finding, finding], policy: "default" },
};

it("gathers text, findings and artifacts in the order they come, and ends sealed", () => {
  const passage = fold([
    started,
    { type: "findings", findings: [finding] },
    {
      type: "delta",
      chunks: [
        { index: 0, text: "你" },
        { index: 0, text: "好", reasoning: "hm" },
      ],
    },
    { type: "progress", fraction: 0.5 },
    { type: "delta", chunks: [{ index: 0, text: "。" }] },
    { type: "artifact", artifact },
    finished,
  ]);
  expect(passage).toMatchObject({
    phase: "done",
    run,
    engine: "llama",
    model: "small",
    warnings: ["seed is ignored"],
    text: "你好。",
    reasoning: "hm",
    fraction: 0.5,
    artifacts: [artifact],
    row,
    usage: { outputTokens: 4 },
  });
  // the decision's findings are the whole; they replace those gathered on the way, not add to them
  expect(passage.findings).toHaveLength(2);
});

it("leaves other choices out of the text", () => {
  expect(fold([started, { type: "delta", chunks: [{ index: 1, text: "other" }] }]).text).toBe("");
});

it("keeps what had come, and the run's id, when a run fails", () => {
  const error = new InksealError("upstream-timeout", "silent for 30 s");
  const passage = fold([started, { type: "delta", chunks: [{ index: 0, text: "half" }] }, { type: "failed", run, error }]);
  expect(passage).toMatchObject({ phase: "failed", text: "half" });
  expect(passage.trouble?.details.run).toBe(run);
  expect(passage.trouble?.code).toBe("upstream-timeout");
});

it("changes nothing after the end", () => {
  const done = fold([started, finished]);
  expect(advance(done, { type: "delta", chunks: [{ index: 0, text: "late" }] })).toBe(done);
});
