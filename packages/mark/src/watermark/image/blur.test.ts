import fc from "fast-check";
import { expect, test } from "vitest";
import { boxBlur } from "./blur.ts";
import type { Plane } from "./plane.ts";

/** As it is said: each mean by itself. */
function plainly({ width, height, data }: Plane, radius: number): Plane {
  const out = Float32Array.from(data, (_, i) => {
    let sum = 0;
    let count = 0;
    for (let y = Math.floor(i / width) - radius; y <= Math.floor(i / width) + radius; y++)
      for (let x = (i % width) - radius; x <= (i % width) + radius; x++)
        if (x >= 0 && x < width && y >= 0 && y < height) {
          sum += data[y * width + x] as number;
          count++;
        }
    return sum / count;
  });
  return { width, height, data: out };
}

test("running sums are the means that they stand for, whatever the size", () => {
  const size = fc.integer({ min: 1, max: 14 });
  fc.assert(
    fc.property(size, size, fc.integer({ min: 0, max: 16 }), fc.integer({ min: 1, max: 2 }), (width, height, radius, times) => {
      const plane = { width, height, data: Float32Array.from({ length: width * height }, (_, i) => 100 * Math.sin(3 * i * i)) };
      let wanted: Plane = plane;
      for (let time = 0; time < times; time++) wanted = plainly(wanted, radius);
      boxBlur(plane, radius, times);
      const { data } = plane;
      for (let i = 0; i < data.length; i++) expect(data[i]).toBeCloseTo(wanted.data[i] as number, 3);
    }),
  );
  boxBlur({ width: 0, height: 0, data: new Float32Array(0) }, 2);
});
