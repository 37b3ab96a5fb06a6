import { describe, expect, it } from "vitest";
import { idMaker, idTime } from "./id.ts";

const clock = (times: number[]) => ({ now: () => times.shift() ?? 0, random: (n: number) => new Uint8Array(n).fill(0xff) });

describe("ids", () => {
  it("carry their time", () => {
    const id = idMaker(clock([1_763_900_000_123]))("run");
    expect(id).toMatch(/^run_[0-9a-hjkmnp-tv-z]{26}$/);
    expect(idTime(id)).toBe(1_763_900_000_123);
  });
  it("ascend within a millisecond and when the clock steps back", () => {
    const make = idMaker(clock([5_000, 5_000, 5_000, 4_000, 6_000]));
    const ids = Array.from({ length: 5 }, () => make("run"));
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(5);
  });
  it("refuses what is not an id", () => {
    expect(() => idTime("run_short")).toThrow(RangeError);
    expect(() => idTime(`run_${"u".repeat(26)}`)).toThrow(RangeError);
  });
});
