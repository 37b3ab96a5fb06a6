import { idMaker } from "@inkseal/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { payloadOfRun, runOfTime, runStart, timeOfRun } from "./run-id.ts";

test("the start of any run's id comes back", () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 45 }), fc.uint8Array({ minLength: 16, maxLength: 16 }), (now, random) => {
      const run = idMaker({ now: () => now, random: () => random })("run");
      const payload = payloadOfRun(run) as Uint8Array;
      expect(payload.length).toBe(8);
      expect(run.startsWith(runStart(payload))).toBe(true);
      expect(runStart(payload).length).toBe(17);
      expect(runOfTime(timeOfRun(run))).toEqual({ run: run.slice(0, 14), ms: now });
    }),
  );
});

test("other ids have no payload", () => {
  for (const run of [
    "",
    "run_",
    "art_01kaqf8q5v0000000000000001",
    "run_zzzzzzzzzzzzzzzzzzzzzzzzzz",
    "run_01kaqf8q5v000000000000000",
    "run_01kaqf8q5v00000000000000u0",
  ])
    expect(payloadOfRun(run)).toBeUndefined();
});
