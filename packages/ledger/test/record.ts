import { createHash, randomBytes } from "node:crypto";
import type { Clock, RunRecord } from "@inkseal/core";

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A record as a gateway's run makes it. */
export function record(n: number, change: Partial<RunRecord> = {}): RunRecord {
  return {
    run: `run_${String(n).padStart(26, "0")}`,
    at: new Date(Date.UTC(2026, 10, 23) + n).toISOString(),
    status: "done",
    task: "chat",
    engine: "openai",
    model: "gpt-字-mini",
    policy: "default",
    decision: "allow",
    findings: [],
    marks: [],
    briefDigest: sha256(`brief ${n}`),
    outputDigest: sha256(`output ${n}`),
    usage: { inputTokens: 12, outputTokens: n },
    firstMs: 1.25,
    totalMs: 7.5,
    actor: "local",
    source: "api",
    attempts: [],
    ...change,
  };
}

/** A clock that stands still until told, with real randomness. */
export function testClock(at = Date.UTC(2026, 10, 23, 12)): Clock & { at: number } {
  return {
    at,
    now() {
      return this.at;
    },
    random: (length) => new Uint8Array(randomBytes(length)),
  };
}
