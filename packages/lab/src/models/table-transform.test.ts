import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normal } from "../data/gaussian.ts";
import { seededRandom } from "../data/random.ts";
import type { Columns } from "./config.ts";
import { fitMixture } from "./mixture.ts";
import { decodeRows, encodeRows, fitColumns, tableLayout } from "./table-transform.ts";

const columns: Columns = [
  { type: "number", name: "age", modes: 10 },
  { type: "category", name: "job", count: 3 },
  { type: "number", name: "fee", modes: 4 },
];

describe("mixtures", () => {
  it("find the modes that there are and no more", () => {
    const random = seededRandom(1);
    const values = Float64Array.from({ length: 4000 }, (_, i) =>
      i % 4 === 0 ? 100 + 5 * normal(random) : i % 4 === 1 ? -40 + 2 * normal(random) : 10 * normal(random),
    );
    const modes = fitMixture(values, 10, seededRandom(2));
    const expected = [
      [-40, 0.25, 2],
      [0, 0.5, 10],
      [100, 0.25, 5],
    ] as const;
    expect(modes.length).toBe(3);
    expected.forEach(([mean, share, deviation], i) => {
      expect(modes[i]!.mean / 10).toBeCloseTo(mean / 10, 1);
      expect(modes[i]!.share).toBeCloseTo(share, 1.5);
      expect(Math.abs(modes[i]!.deviation / deviation - 1)).toBeLessThan(0.1);
    });
    expect(fitMixture(values, 10, seededRandom(2))).toEqual(modes);
  });
  it("of one Gaussian are one mode, of a constant one too", () => {
    const random = seededRandom(3);
    const values = Float64Array.from({ length: 3000 }, () => 7 + normal(random));
    expect(fitMixture(values, 10, seededRandom(1)).length).toBe(1);
    expect(fitMixture(new Float64Array(5).fill(3), 10, seededRandom(1))).toEqual([{ share: 1, mean: 3, deviation: 3e-6 }]);
  });
});

describe("rows", () => {
  it("come back from their encoding, but for what lies four deviations out", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
        const random = seededRandom(seed);
        const rows = Array.from({ length: 60 }, (_, i) => [
          i % 2 === 0 ? 20 + normal(random) : 70 + 4 * normal(random),
          Math.floor(3 * random()),
          Math.exp(normal(random)),
        ]);
        const fitted = fitColumns(columns, rows, seededRandom(seed));
        const { width } = tableLayout(fitted);
        const encoded = encodeRows(fitted, rows, seededRandom(seed));
        expect(encoded.length).toBe(60 * width);
        expect(encoded.every((x) => x >= -1 && x <= 1)).toBe(true);
        const back = decodeRows(fitted, encoded);
        let close = 0;
        rows.forEach((row, r) => {
          expect(back[r]![1]).toBe(row[1]);
          if (Math.abs(back[r]![0]! - row[0]!) < 1e-3 && Math.abs(back[r]![2]! - row[2]!) < 1e-3) close++;
        });
        expect(close).toBeGreaterThan(55);
      }),
      { numRuns: 30 },
    );
  });
  it("that do not fit are refused by name", () => {
    expect(() => fitColumns(columns, [[1, 3, 2]], seededRandom(1))).toThrow(/row 0 has no category of "job"/);
    expect(() => fitColumns(columns, [[1, 2]], seededRandom(1))).toThrow(/2 values in place of 3/);
    expect(() => fitColumns(columns, [[Number.NaN, 0, 0]], seededRandom(1))).toThrow(/no number of "age"/);
    expect(() => fitColumns(columns, [], seededRandom(1))).toThrow(/without rows/);
    expect(() => tableLayout(columns)).toThrow(/fitColumns first/);
  });
});
