import { afterAll, expect, it } from "vitest";
import { seededRandom } from "../data/random.ts";
import { noise } from "../models/perceptron.ts";
import { cpuBackend } from "../node/threads.ts";
import * as t from "../tensor/index.ts";
import { slicedDistance } from "./sliced-distance.ts";

const backend = cpuBackend({ threads: 1, memory: 64 << 20 });
afterAll(() => backend.close());

it("is 0 to the same set in any order, small to another draw, and for a shift its mean along directions", () => {
  t.scope(() => {
    const draw = (seed: number) => noise(backend, [1000, 6], seededRandom(seed));
    const a = draw(1);
    const turned = t.concat([t.slice(a, 0, 400, 1000), t.slice(a, 0, 0, 400)], 0);
    expect(slicedDistance(a, turned, seededRandom(3))).toBeCloseTo(0, 5);
    expect(slicedDistance(a, draw(2), seededRandom(3))).toBeLessThan(0.1);
    // |E of a unit vector's component| · |shift| = 0.3395 · 2√6 in six dimensions
    expect(slicedDistance(a, t.affine(a, 1, 2), seededRandom(3), 2000)).toBeCloseTo(0.3395 * 2 * Math.sqrt(6), 1);
  });
});
