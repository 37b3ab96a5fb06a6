import { expect, it } from "vitest";
import { frechet, jacobi } from "./frechet.ts";
import { normal } from "./peers/step.ts";

it("the Fréchet distance of Gaussians is what their moments say, and 0 to itself", () => {
  const draw = (count: number, seed: number, mean: number, by: readonly number[]) => {
    const gaussian = normal(seed);
    return {
      values: Float32Array.from({ length: count * by.length }, (_, i) => mean + by[i % by.length]! * gaussian()),
      width: by.length,
    };
  };
  const a = draw(40_000, 1, 0, [1, 2, 3]);
  expect(frechet(a, a)).toBeCloseTo(0, 6);
  // 3·(1)² of the means and (1 − 2)² + (2 − 2)² + (3 − 1)² of the deviations
  expect(frechet(a, draw(40_000, 2, 1, [2, 2, 1]))).toBeCloseTo(8, 0);
});

it("Jacobi's rotations give back the matrix", () => {
  const m = Float64Array.of(4, 1, -2, 1, 3, 0.5, -2, 0.5, 1);
  const { values, vectors } = jacobi(m, 3);
  const back = m.map((_, ij) =>
    values.reduce((s, value, k) => s + value * vectors[Math.floor(ij / 3) * 3 + k]! * vectors[(ij % 3) * 3 + k]!, 0),
  );
  back.forEach((x, i) => {
    expect(x).toBeCloseTo(m[i]!, 10);
  });
});
