import { expect, test } from "vitest";
import { tidied } from "./tidy.ts";

test("noise of a flat area goes, its edge stays, and a speck is taken away", () => {
  const pixels = new Float32Array(64 * 64 * 4);
  const at = (x: number, y: number) => 4 * (y * 64 + x);
  for (let y = 10; y < 50; y++)
    for (let x = 10; x < 40; x++) pixels.set([0.8 + 0.06 * Math.sin(12.9 * x + 78.2 * y), 0.2, 0.2, 1], at(x, y));
  pixels.set([0, 0, 1, 1], at(55, 55));
  const out = tidied(pixels, 64);
  let [most, least] = [0, 1];
  for (let y = 14; y < 46; y++)
    for (let x = 14; x < 36; x++) [most, least] = [Math.max(most, out[at(x, y)]!), Math.min(least, out[at(x, y)]!)];
  expect(most - least).toBeLessThan(0.06);
  expect(out[at(39, 30) + 3]).toBeGreaterThan(0.95);
  expect(out[at(40, 30) + 3]).toBeLessThan(0.05);
  expect(out[at(55, 55) + 3]).toBe(0);
});
