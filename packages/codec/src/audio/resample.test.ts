import { expect, test } from "vitest";
import { resample } from "./resample.ts";

const sine = (rate: number, hertz: number, seconds = 0.5) =>
  Float32Array.from({ length: rate * seconds }, (_, n) => Math.sin((2 * Math.PI * hertz * n) / rate));

test.each([
  [44_100, 16_000],
  [48_000, 16_000],
  [16_000, 44_100],
  [22_050, 16_000],
  [8000, 16_000],
])("%d to %d: a tone stays where it was", (from, to) => {
  const out = resample(sine(from, 1000), from, to);
  const wanted = sine(to, 1000);
  expect(out.length).toBe(wanted.length);
  const edge = Math.ceil(to * 0.01);
  let error = 0;
  for (let n = edge; n < out.length - edge; n++) error = Math.max(error, Math.abs(out[n]! - wanted[n]!));
  expect(error).toBeLessThan(1e-3);
});

test("what the lower rate cannot hold is gone", () => {
  const out = resample(sine(44_100, 12_000), 44_100, 16_000);
  expect(Math.max(...out.subarray(200, -200))).toBeLessThan(1e-3);
});

test("the same rate is a copy; nothing stays nothing; rates that are none are refused", () => {
  const x = sine(8000, 100);
  expect(resample(x, 8000, 8000)).toEqual(x);
  expect(resample(new Float32Array(0), 44_100, 16_000)).toHaveLength(0);
  for (const rate of [0, -1, 1.5, Number.NaN]) expect(() => resample(x, rate, 8000)).toThrow(RangeError);
});
