import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { epsilon, epsilonOf, noiseFor, renyi } from "./privacy.ts";

describe("renyi", () => {
  // Newer versions of that test have bounds for the fractional orders (6.7058e-4): they add the series' alternating terms.
  it("is that of Google's dp_accounting (rdp_privacy_accountant_test.py of 2022, test_compute_rdp_poisson_sampled_gaussian)", () => {
    const published = { 1.5: 6.5007e-4, 2.5: 1.0854e-3, 5: 2.1808e-3, 50: 2.3846e-2, 100: 167.42 };
    for (const [order, value] of Object.entries(published))
      expect(Math.abs((50 * renyi(Number(order), { noise: 2.5, rate: 0.01 })) / value - 1)).toBeLessThan(1e-4);
  });
  // The cases of the same file's test_compute_log_a_equals_mp; values by mpmath 1.3 with 40 digits, quad of the defining integral.
  it.each([
    [1e-7, 0.1, 1.01, 4.0034123225264e-6],
    [1e-6, 0.1, 256, 12786.1303109693],
    [1e-5, 0.1, 256.1, 12793.4419435062],
    [1e-6, 1, 27, 3.37288896340327e-11],
    [1e-4, 1, 1.5, 1.28853739076733e-8],
    [1e-3, 1, 2, 1.71828035221452e-6],
    [0.01, 10, 20, 1.00682631120226e-5],
    [0.1, 100, 20.5, 1.02522145938812e-5],
    [0.99, 0.1, 256, 12799.9899102511],
    [0.999, 100, 256.1, 0.0127797257466606],
  ])("is right to nine digits at rate %d, noise %d, order %d", (rate, noise, order, value) => {
    expect(Math.abs(renyi(order, { noise, rate }) / value - 1)).toBeLessThan(1e-9);
  });
  it("has one value by the sum and by the quadrature", () => {
    for (const order of [2, 5, 17])
      for (const noise of [0.4, 1, 3])
        for (const rate of [1e-4, 0.02, 0.7]) {
          const whole = renyi(order, { noise, rate });
          expect(renyi(order + 1e-12, { noise, rate }) / whole).toBeCloseTo(1, 9);
        }
  });
  it("is the Gaussian mechanism's own without sampling, and nothing when nobody is sampled", () => {
    expect(renyi(3.25, { noise: 2.5, rate: 1 })).toBeCloseTo(3.25 / (2 * 2.5 ** 2), 12);
    expect(renyi(3.25, { noise: 2.5, rate: 0 })).toBe(0);
  });
});

describe("epsilon", () => {
  it("is Opacus's (accountants_test.py, test_rdp_accountant)", () => {
    expect(epsilon({ noise: 1.5, rate: 0.04, steps: 2250, delta: 1e-5 })).toBeCloseTo(7.32911117143, 7);
  });
  it("is Opacus's for steps of different kinds (analysis/rdp.py, example in the module's docstring)", () => {
    const orders = Array.from({ length: 31 }, (_, i) => i + 2);
    const spent = orders.map((a): [number, number] => [
      a,
      10 * renyi(a, { noise: 1, rate: 1e-5 }) + 4 * renyi(a, { noise: 3, rate: 1e-4 }),
    ]);
    expect(epsilonOf(spent, 1e-5)).toBeCloseTo(0.336, 3);
  });
  // tensorflow/privacy tutorials/README.md, "Select Parameters", MNIST: published with the older, looser conversion.
  it.each([
    [1.12, 60, 2.92],
    [0.6, 30, 9.74],
    [1.2, 10, 1.2],
  ])(
    "is below TensorFlow Privacy's of 2019 (noise %d, %d epochs: %d), and equal by its conversion",
    (noise, epochs, published) => {
      const run = { noise, rate: 256 / 60_000, steps: Math.floor((epochs * 60_000) / 256), delta: 1e-5 };
      const orders = [
        ...Array.from({ length: 99 }, (_, i) => 1 + (i + 1) / 10),
        ...Array.from({ length: 52 }, (_, i) => 12 + i),
      ];
      const older = Math.min(...orders.map((a) => run.steps * renyi(a, run) - Math.log(run.delta) / (a - 1)));
      expect(older).toBeCloseTo(published, 1);
      expect(epsilon(run)).toBeLessThan(older);
      expect(epsilon(run)).toBeGreaterThan(0.75 * older);
    },
  );
  it("grows with steps and rate, falls with noise and delta", () => {
    const run = fc.record({
      noise: fc.double({ min: 0.4, max: 8, noNaN: true }),
      rate: fc.double({ min: 1e-5, max: 0.9, noNaN: true }),
      steps: fc.integer({ min: 1, max: 100_000 }),
      delta: fc.double({ min: 1e-9, max: 0.1, noNaN: true }),
    });
    fc.assert(
      fc.property(run, (r) => {
        const e = epsilon(r);
        const slack = e * 1e-9;
        expect(epsilon({ ...r, steps: r.steps * 2 })).toBeGreaterThanOrEqual(e - slack);
        expect(epsilon({ ...r, rate: r.rate * 1.1 })).toBeGreaterThanOrEqual(e - slack);
        expect(epsilon({ ...r, noise: r.noise * 1.1 })).toBeLessThanOrEqual(e + slack);
        expect(epsilon({ ...r, delta: r.delta * 1.1 })).toBeLessThanOrEqual(e + slack);
      }),
      { numRuns: 30 },
    );
  });
  it("is 0 before the first step, and enormous without noise worth the name", () => {
    expect(epsilon({ noise: 1, rate: 0.1, steps: 0, delta: 1e-5 })).toBe(0);
    expect(epsilon({ noise: 0.01, rate: 0.1, steps: 10, delta: 1e-5 })).toBeGreaterThan(10_000);
  });
  it("names the field at fault", () => {
    const good = { noise: 1, rate: 0.1, steps: 10, delta: 1e-5 };
    for (const bad of [
      { noise: 0 },
      { noise: Number.NaN },
      { rate: 1.1 },
      { rate: -1 },
      { steps: 1.5 },
      { delta: 0 },
      { delta: 1 },
    ])
      expect(() => epsilon({ ...good, ...bad })).toThrow(
        expect.objectContaining({ code: "bad-request", details: { param: Object.keys(bad)[0] } }),
      );
  });
});

describe("noiseFor", () => {
  it("is Opacus's, whose search stops within 0.01 above (accountants_test.py, test_get_noise_multiplier: 1.425307617)", () => {
    const run = { rate: 0.04, steps: 2250, delta: 1e-5 };
    const noise = noiseFor({ ...run, epsilon: 8 });
    expect(noise).toBeGreaterThan(1.425307617 - 0.01);
    expect(noise).toBeLessThanOrEqual(1.425307617);
  });
  it.each([0.1, 1, 8, 60])("keeps the promise of %d, and no less noise would", (target) => {
    const run = { rate: 0.01, steps: 1000, delta: 1e-6 };
    const noise = noiseFor({ ...run, epsilon: target });
    expect(epsilon({ ...run, noise })).toBeLessThanOrEqual(target);
    expect(epsilon({ ...run, noise: noise * 0.9999 })).toBeGreaterThan(target);
  });
  it("says when no noise is enough", () => {
    expect(() => noiseFor({ epsilon: 1e-9, delta: 1e-30, rate: 1, steps: 10 })).toThrow(
      expect.objectContaining({ code: "bad-request" }),
    );
  });
});
