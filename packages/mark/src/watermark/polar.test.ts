import fc from "fast-check";
import { expect, test } from "vitest";
import { PolarCode } from "./polar.ts";

const code = new PolarCode(256, 64);
const message = fc.uint8Array({ minLength: 64, maxLength: 64, max: 1 });
const softOf = (word: Uint8Array) => Float64Array.from(word, (b) => 1 - 2 * b);

test("what was encoded is decoded, at any scale, and costs nothing", () => {
  fc.assert(
    fc.property(message, fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (bits, scale) => {
      const [first] = code.decode(
        softOf(code.encode(bits)).map((s) => s * scale),
        16,
      );
      expect(first).toEqual({ bits, cost: 0 });
    }),
    { numRuns: 50 },
  );
});

test("the code is linear", () => {
  fc.assert(
    fc.property(message, message, (a, b) => {
      const sum = code.encode(a.map((v, i) => v ^ b[i]!));
      expect(sum).toEqual(code.encode(a).map((v, i) => v ^ code.encode(b)[i]!));
    }),
  );
});

test("half of the word may be lost", () => {
  const order = fc.uniqueArray(fc.integer({ min: 0, max: 255 }), { minLength: 128, maxLength: 128 });
  fc.assert(
    fc.property(message, order, (bits, lost) => {
      const soft = softOf(code.encode(bits));
      for (const [i, at] of lost.entries()) soft[at] = i % 2 === 0 ? 0 : Number.NaN;
      expect(code.decode(soft, 16).some((d) => d.bits.every((v, i) => v === bits[i]))).toBe(true);
    }),
    { numRuns: 30, seed: 1 },
  );
});

test("noise a little above the signal is decoded (Eb/N0 of 3 dB), nearly always", () => {
  let state = 7;
  const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const gauss = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  let wrong = 0;
  for (let n = 0; n < 100; n++) {
    const bits = Uint8Array.from({ length: 64 }, () => (uniform() < 0.5 ? 0 : 1));
    const soft = softOf(code.encode(bits)).map((s) => s * 0.85 + gauss());
    if (!code.decode(soft, 16).some((d) => d.bits.every((v, i) => v === bits[i]))) wrong++;
  }
  expect(wrong).toBeLessThanOrEqual(3);
});

test("any numbers are taken; the list is sorted and no longer than asked", () => {
  fc.assert(
    fc.property(fc.float64Array({ minLength: 256, maxLength: 256 }), fc.integer({ min: 1, max: 8 }), (soft, list) => {
      const found = code.decode(soft, list);
      expect(found.length).toBeLessThanOrEqual(list);
      for (let i = 1; i < found.length; i++) expect(found[i]!.cost).toBeGreaterThanOrEqual(found[i - 1]!.cost);
    }),
    { numRuns: 20 },
  );
  const greatest = code.decode(
    new Float64Array(256).map((_, i) => (i % 3 === 0 ? -1 : 1) * Number.MAX_VALUE),
    8,
  );
  for (const { cost } of greatest) expect(cost).toBeLessThan(Number.POSITIVE_INFINITY);
});

test("sizes that are none are refused", () => {
  for (const [length, size] of [
    [0, 1],
    [3, 1],
    [8192, 1],
    [8, 0],
    [8, 9],
    [8, 1.5],
  ] as const)
    expect(() => new PolarCode(length, size)).toThrow(RangeError);
  expect(() => code.encode(new Uint8Array(63))).toThrow(RangeError);
  expect(() => code.decode(new Uint8Array(255), 16)).toThrow(RangeError);
});
