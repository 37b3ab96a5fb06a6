import { describe, expect, it } from "vitest";
import { parseBrief } from "./brief.ts";
import { errorTable, InksealError } from "./errors.ts";

describe("errors", () => {
  it("give every code a status, and say what to do next", () => {
    for (const [code, [status, , next]] of Object.entries(errorTable)) {
      expect(status, code).toBeGreaterThanOrEqual(400);
      expect(next.length, code).toBeGreaterThan(10);
    }
  });
  it("know each other across copies of the module, and take strangers in", () => {
    const foreign = { [Symbol.for("inkseal.error")]: true };
    expect(InksealError.is(foreign)).toBe(true);
    expect(InksealError.from(new DOMException("x", "AbortError")).code).toBe("cancelled");
    expect(InksealError.from(new TypeError("secret words")).message).not.toContain("secret");
    expect(InksealError.from("anything").code).toBe("internal");
  });
  it("carry the run", () => {
    const error = new InksealError("upstream-error", "it broke", { retryAfter: 3 }).withRun("run_1");
    expect(error.details).toMatchObject({ run: "run_1", retryAfter: 3 });
    expect([error.status, error.retryable]).toEqual([502, true]);
  });
});

describe("parseBrief", () => {
  it("freezes a good brief and fills it in", () => {
    const brief = parseBrief({ task: "speech", text: "你好" });
    expect(brief).toMatchObject({ kind: "brief", version: 1, files: [], stream: false });
    expect(Object.isFrozen(brief)).toBe(true);
  });
  it("names the field at fault", () => {
    expect(() => parseBrief({ task: "speech", controls: { speed: 9 } })).toThrow(/controls\.speed/);
    expect(() => parseBrief({ task: "fly" as never })).toThrow(
      expect.objectContaining({ code: "bad-request", details: { param: "task" } }),
    );
  });
});
