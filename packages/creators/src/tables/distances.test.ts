import type { Columns } from "@inkseal/lab";
import { expect, it } from "vitest";
import { auc, RowSpace } from "./distances.ts";

const columns: Columns = [
  { type: "number", name: "x", modes: 3, decimals: 1, missing: 0.1 },
  { type: "category", name: "k", count: 3 },
];
const rows = Array.from({ length: 101 }, (_, i) => [i, i % 3]);

it("Gower's distance is the mean over columns, of numbers by the range of nine tenths", () => {
  const space = new RowSpace(columns, rows);
  expect(space.distance([0, 0], [0, 0])).toBe(0);
  expect(space.distance([0, 0], [0, 1])).toBe(0.5);
  expect(space.distance([0, 0], [9, 0])).toBeCloseTo(9 / 90 / 2, 12);
  expect(space.distance([0, 0], [1000, 2])).toBe(1);
  expect(space.distance([Number.NaN, 0], [3, 0])).toBe(0.5);
  expect(space.distance([Number.NaN, 0], [Number.NaN, 0])).toBe(0);
  expect([
    ...space.nearest(
      [[50, 0]],
      [
        [10, 0],
        [52, 1],
        [59, 0],
      ],
    ),
  ]).toEqual([expect.closeTo(0.05, 12)]);
});

it("AUC is the chance that a positive has the higher score, ties by half", () => {
  expect(auc([1, 2, 3, 4], [false, false, true, true])).toBe(1);
  expect(auc([4, 3, 2, 1], [false, false, true, true])).toBe(0);
  expect(auc([1, 1, 1, 1], [false, true, false, true])).toBe(0.5);
  const scores = Array.from({ length: 60 }, (_, i) => (i * 37) % 17);
  const positive = scores.map((_, i) => i % 4 === 1);
  let wins = 0;
  let pairs = 0;
  for (let a = 0; a < 60; a++)
    for (let b = 0; b < 60; b++)
      if (positive[a] && !positive[b]) {
        pairs++;
        wins += scores[a]! > scores[b]! ? 1 : scores[a] === scores[b] ? 0.5 : 0;
      }
  expect(auc(scores, positive)).toBeCloseTo(wins / pairs, 12);
});
