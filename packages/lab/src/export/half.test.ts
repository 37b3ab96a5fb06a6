import { describe, expect, it } from "vitest";
import { floatOfHalf, halfOf, widenHalf } from "./half.ts";

describe("half precision", () => {
  it("knows all 65,536 of its numbers", () => {
    const table = widenHalf(Uint16Array.from({ length: 65_536 }, (_, bits) => bits));
    for (let bits = 0; bits < 65_536; bits++) {
      const value = floatOfHalf(bits);
      expect(table[bits]).toBe(value);
      if (Number.isNaN(value)) expect(Number.isNaN(floatOfHalf(halfOf(value)))).toBe(true);
      else if (halfOf(value) !== bits) expect.unreachable(`${bits} became ${halfOf(value)}`);
    }
  });
  it("rounds to the nearest, halves to even, and overflows as IEEE 754 says", () => {
    expect([1, -2, 65_504, 2 ** -24, 1 / 3].map(halfOf)).toEqual([0x3c00, 0xc000, 0x7bff, 1, 0x3555]);
    expect(halfOf(1 + 2 ** -11)).toBe(0x3c00);
    expect(halfOf(1 + 3 * 2 ** -11)).toBe(0x3c02);
    expect([65_519, 65_520, -1e9, 2 ** -25, 2 ** -14 - 2 ** -26].map(halfOf)).toEqual([0x7bff, 0x7c00, 0xfc00, 0, 0x0400]);
  });
});
