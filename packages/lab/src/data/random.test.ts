import { describe, expect, it } from "vitest";
import { fillNormal, normal } from "./gaussian.ts";
import { type RandomState, seededRandom } from "./random.ts";

describe("seededRandom", () => {
  it("gives the reference implementation's numbers (prng.di.unimi.it/xoshiro128starstar.c from state 1, 2, 3, 4)", () => {
    const random = seededRandom([1, 2, 3, 4]);
    expect(Array.from({ length: 10 }, random.bits)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });
  it("goes on from its state, through JSON", () => {
    const random = seededRandom(7);
    for (let i = 0; i < 99; i++) random();
    const later = seededRandom(JSON.parse(JSON.stringify(random.state())));
    expect(Array.from({ length: 50 }, random)).toEqual(Array.from({ length: 50 }, later));
  });
  it("differs between seeds, also beyond 32 bits", () => {
    const seeds: number[] = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    expect(new Set(seeds.map((s) => seededRandom(s).bits())).size).toBe(seeds.length);
  });
  it("is even: 10 bins, chi-squared under the 99.9 % point of 9 degrees", () => {
    const random = seededRandom(3);
    const bins = new Array(10).fill(0);
    for (let i = 0; i < 100_000; i++) bins[random.below(10)]++;
    expect(bins.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0)).toBeLessThan(27.9);
  });
  it("refuses what is no seed, state or limit", () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53, [0, 0, 0, 0], [1, 2, 3], [1, 2, 3, 2 ** 32]])
      expect(() => seededRandom(seed as unknown as RandomState)).toThrow(expect.objectContaining({ code: "bad-request" }));
    expect(() => seededRandom(1).below(0)).toThrow(expect.objectContaining({ code: "bad-request" }));
  });
});

describe("normal", () => {
  it("has the mean, variance, skew and kurtosis of the normal distribution", () => {
    const n = 100_000;
    const random = seededRandom(11);
    const draws = [Array.from({ length: n }, () => normal(random)), [...fillNormal(random, new Float32Array(n))]];
    for (const xs of draws) {
      const moment = (k: number) => xs.reduce((sum, x) => sum + x ** k, 0) / n;
      expect(Math.abs(moment(1))).toBeLessThan(0.02);
      expect(Math.abs(moment(2) - 1)).toBeLessThan(0.03);
      expect(Math.abs(moment(3))).toBeLessThan(0.05);
      expect(Math.abs(moment(4) - 3)).toBeLessThan(0.15);
    }
  });
  it("never breaks at the ends of the unit interval", () => {
    expect(normal(() => 0)).toBeCloseTo(0);
    expect(Number.isFinite(normal(() => 1 - 2 ** -32))).toBe(true);
  });
  it("fills odd lengths, with the mean and deviation asked for", () => {
    const out = fillNormal(seededRandom(5), new Float32Array(10_001), 3, 0.5);
    expect(out.every((x) => x !== 0)).toBe(true);
    expect(out.reduce((a, b) => a + b) / out.length).toBeCloseTo(3, 1);
  });
});
