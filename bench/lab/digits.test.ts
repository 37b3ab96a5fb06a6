import { describe, expect, it } from "vitest";
import { digits } from "./digits.ts";

describe("drawn digits", () => {
  it("are the same from the same seed, other ones from another, and a longer list begins with a shorter", () => {
    const some = digits(50, 3);
    expect(digits(50, 3)).toEqual(some);
    expect(digits(60, 3).pictures.subarray(0, 50 * 784)).toEqual(some.pictures);
    expect(digits(50, 4).pictures).not.toEqual(some.pictures);
  });

  it("carry ink like MNIST's, which covers about a fifth of the paper", () => {
    const { pictures } = digits(500);
    const share = pictures.reduce((sum, p) => sum + (p > 50 ? 1 : 0), 0) / pictures.length;
    expect(share).toBeGreaterThan(0.08);
    expect(share).toBeLessThan(0.25);
  });

  it("tell their class: the nearest mean picture of 2,000 names most of 500 new ones, yet not all", () => {
    const train = digits(2_000, 1);
    const means = Array.from({ length: 10 }, () => new Float64Array(784));
    const counts = new Uint32Array(10);
    train.labels.forEach((label, i) => {
      counts[label]!++;
      for (let p = 0; p < 784; p++) means[label]![p]! += train.pictures[i * 784 + p]!;
    });
    for (const [label, mean] of means.entries()) for (const p of mean.keys()) mean[p]! /= counts[label]!;
    const test = digits(500, 2);
    let right = 0;
    test.labels.forEach((label, i) => {
      const far = means.map((mean) => mean.reduce((sum, v, p) => sum + (v - test.pictures[i * 784 + p]!) ** 2, 0));
      if (far.indexOf(Math.min(...far)) === label) right++;
    });
    expect(right / 500).toBeGreaterThan(0.75);
    expect(right / 500).toBeLessThan(1);
  });
});
