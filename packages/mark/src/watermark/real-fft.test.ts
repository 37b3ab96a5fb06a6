import fc from "fast-check";
import { expect, test } from "vitest";
import { RealFft } from "./real-fft.ts";

const samples = (n: number) => fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: n, maxLength: n });

test("bins are those of the sum they stand for", () => {
  const fft = new RealFft(16);
  fc.assert(
    fc.property(samples(16), (values) => {
      const re = new Float64Array(9);
      const im = new Float64Array(9);
      fft.forward(Float64Array.from(values), re, im);
      for (let k = 0; k <= 8; k++) {
        const sum = (part: (angle: number) => number) =>
          values.reduce((a, v, n) => a + v * part((2 * Math.PI * k * n) / 16), 0);
        expect(re[k]).toBeCloseTo(sum(Math.cos), 10);
        expect(im[k]).toBeCloseTo(-sum(Math.sin), 10);
      }
    }),
  );
});

test.each([4, 64, 512])("there and back, %d values", (size) => {
  const fft = new RealFft(size);
  fc.assert(
    fc.property(samples(size), (values) => {
      const re = new Float64Array(size / 2 + 1);
      const im = new Float64Array(size / 2 + 1);
      const back = new Float64Array(size);
      fft.forward(Float64Array.from(values), re, im);
      fft.inverse(re, im, back);
      for (const [i, v] of values.entries()) expect(back[i]).toBeCloseTo(v, 10);
    }),
    { numRuns: 20 },
  );
});

test("a size that is no power of 2 is refused", () => {
  for (const size of [0, 2, 6, 1.5, Number.NaN]) expect(() => new RealFft(size)).toThrow(RangeError);
});
