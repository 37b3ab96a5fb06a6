import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editDistance, nearest } from "./suggest.ts";

describe("nearest", () => {
  it("finds the command behind a typing mistake", () => {
    const commands = ["make", "verify", "serve", "models", "ledger", "keys", "policy", "doctor", "completion"];
    expect(nearest("mkae", commands)).toBe("make");
    expect(nearest("verfiy", commands)).toBe("verify");
    expect(nearest("legder", commands)).toBe("ledger");
    expect(nearest("comp", commands)).toBe("completion");
    expect(nearest("frobnicate", commands)).toBeUndefined();
  });
});

describe("editDistance", () => {
  it("counts known pairs", () => {
    expect(editDistance("kitten", "sitting")).toBe(3);
    expect(editDistance("ab", "ba")).toBe(1);
    expect(editDistance("", "abc")).toBe(3);
  });
  it("is symmetric, zero only for equals, and at most the longer length", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const d = editDistance(a, b);
        expect(editDistance(b, a)).toBe(d);
        expect(d === 0).toBe(a === b);
        expect(d).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});
