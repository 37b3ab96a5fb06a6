import fc from "fast-check";
import { expect, test } from "vitest";
import { fft, fft2 } from "./fft.ts";

const values = (n: number) => fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: n, maxLength: n });

test.each([2, 4, 8, 16, 32])("%d bins are those of the sum they stand for", (size) => {
  fc.assert(
    fc.property(values(size), values(size), (a, b) => {
      const re = Float64Array.from(a);
      const im = Float64Array.from(b);
      fft(re, im);
      for (let k = 0; k < size; k++) {
        let x = 0;
        let y = 0;
        for (let n = 0; n < size; n++) {
          const angle = (-2 * Math.PI * k * n) / size;
          x += a[n]! * Math.cos(angle) - b[n]! * Math.sin(angle);
          y += a[n]! * Math.sin(angle) + b[n]! * Math.cos(angle);
        }
        expect(re[k]).toBeCloseTo(x, 10);
        expect(im[k]).toBeCloseTo(y, 10);
      }
    }),
  );
});

test("a wave over an image is one bin, and neither rows that are zero nor columns that nobody wants need be looked at", () => {
  const [width, height] = [16, 8];
  const re = Float32Array.from({ length: width * height }, (_, i) =>
    Math.cos(2 * Math.PI * ((3 * (i % 16)) / 16 + (i >> 4) / 8)),
  );
  const im = Float32Array.from({ length: width * height }, (_, i) =>
    Math.sin(2 * Math.PI * ((3 * (i % 16)) / 16 + (i >> 4) / 8)),
  );
  fft2(re, im, width, height);
  for (let i = 0; i < re.length; i++) {
    expect(re[i]).toBeCloseTo(i === width + 3 ? width * height : 0, 4);
    expect(im[i]).toBeCloseTo(0, 4);
  }
  const half = () => Float32Array.from({ length: width * height }, (_, i) => (i < 3 * width ? Math.sin(i) : 0));
  const [a, b, c, d] = [half(), half(), half(), half()];
  fft2(a, b, width, height);
  fft2(c, d, width, height, 3);
  expect(c).toEqual(a);
  expect(d).toEqual(b);
  const [e, f] = [half(), half()];
  fft2(e, f, width, height, height, 5);
  for (let i = 0; i < e.length; i++) if (Math.min(i % 16, 16 - (i % 16)) <= 5) expect([e[i], f[i]]).toEqual([a[i], b[i]]);
});

test("a length that is no power of 2 is refused", () => {
  for (const n of [0, 1, 6]) expect(() => fft(new Float64Array(n), new Float64Array(n))).toThrow(RangeError);
});
