import type { InksealError } from "@inkseal/core";
import { describe, expect, it } from "vitest";
import { RunsInFlight } from "./runs.ts";

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (thrown) {
    return (thrown as InksealError).code;
  }
  return "none";
};

describe("RunsInFlight", () => {
  it("takes no more than its limit, and again when one has ended", () => {
    const runs = new RunsInFlight(1);
    const flight = runs.start("a");
    expect(codeOf(() => runs.start("a"))).toBe("overloaded");
    flight.end();
    expect(codeOf(() => runs.start("a"))).toBe("none");
    expect(runs.size).toBe(1);
  });

  it("cancels by id, only for the owner when one is named, and not what has ended", () => {
    const runs = new RunsInFlight(2);
    const flight = runs.start("a");
    expect(runs.cancel("run_1")).toBe(false);
    flight.named("run_1");
    expect(runs.cancel("run_1", "b")).toBe(false);
    expect(flight.signal.aborted).toBe(false);
    expect(runs.cancel("run_1", "a")).toBe(true);
    expect((flight.signal.reason as InksealError).code).toBe("cancelled");
    flight.end();
    expect(runs.cancel("run_1")).toBe(false);
  });

  it("drains: nothing new, what ends in time ends by itself, the rest is told to stop", async () => {
    const runs = new RunsInFlight(4);
    const quick = runs.start("a");
    const slow = runs.start("a");
    slow.signal.addEventListener("abort", () => slow.end());
    const drained = runs.drain(20);
    expect(codeOf(() => runs.start("a"))).toBe("shutting-down");
    quick.end();
    await drained;
    expect([quick.signal.aborted, (slow.signal.reason as InksealError).code, runs.size]).toEqual([false, "shutting-down", 0]);
    await new RunsInFlight(1).drain(60_000); // nothing in flight: at once
  });
});
