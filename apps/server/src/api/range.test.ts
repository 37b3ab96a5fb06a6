import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byteRange, namesTag } from "./range.ts";

describe("byteRange", () => {
  it.each([
    ["bytes=0-499", 10_000, { first: 0, last: 499 }],
    ["bytes=500-999", 10_000, { first: 500, last: 999 }],
    ["bytes=-500", 10_000, { first: 9500, last: 9999 }],
    ["bytes=9500-", 10_000, { first: 9500, last: 9999 }],
    ["bytes=0-0", 10_000, { first: 0, last: 0 }],
    ["bytes=-20000", 10_000, { first: 0, last: 9999 }],
    ["bytes=9999-20000", 10_000, { first: 9999, last: 9999 }],
    ["bytes=10000-", 10_000, "unsatisfiable"],
    ["bytes=-0", 10_000, "unsatisfiable"],
    ["bytes=0-", 0, "unsatisfiable"],
    ["bytes=5-4", 10_000, undefined],
    ["bytes=0-0,-1", 10_000, undefined],
    ["items=0-1", 10_000, undefined],
    ["bytes=-", 10_000, undefined],
    ["bytes=a-b", 10_000, undefined],
    [undefined, 10_000, undefined],
  ])("%s of %i bytes (RFC 9110, 14.1.2)", (header, size, expected) => {
    expect(byteRange(header, size)).toEqual(expected);
  });
  it("is always within the bytes, whatever is asked", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^bytes=\d*-\d*$/)), fc.nat(1_000_000), (header, size) => {
        const range = byteRange(header, size);
        if (typeof range !== "object") return;
        expect(range.first).toBeGreaterThanOrEqual(0);
        expect(range.first).toBeLessThanOrEqual(range.last);
        expect(range.last).toBeLessThan(size);
      }),
    );
  });
});

describe("namesTag", () => {
  it.each([
    ['"abc"', true],
    ['W/"abc"', true],
    ['"x", "abc"', true],
    ["*", true],
    ['"abcd"', false],
    ["abc", false],
    [undefined, false],
  ])("%s", (header, expected) => {
    expect(namesTag(header, '"abc"')).toBe(expected);
  });
});
