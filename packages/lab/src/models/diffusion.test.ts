import { afterAll, describe, expect, it } from "vitest";
import { fit, mean } from "../../test/fit.ts";
import { glyphKinds, glyphs } from "../../test/glyphs.ts";
import { seededRandom } from "../data/random.ts";
import { cpuBackend } from "../node/threads.ts";
import * as t from "../tensor/index.ts";
import { DiffusionConfigSchema } from "./config.ts";
import { denoise, diffusionLoss, initialDiffusion, signalLevels } from "./diffusion.ts";
import { sampleDiffusion } from "./diffusion-sampler.ts";
import { toParameters } from "./parameters.ts";

const backend = cpuBackend({ threads: 1, memory: 256 << 20 });
afterAll(() => backend.close());

const base = {
  kind: "diffusion",
  picture: { height: 8, width: 8, channels: 1 },
  patch: 2,
  layers: 2,
  width: 32,
  heads: 4,
  classes: glyphKinds,
} as const;

/** The class of a sample by the nearest clean glyph, and its mean squared distance. */
function nearest(picture: Float32Array): { label: number; distance: number } {
  let best = { label: -1, distance: Number.POSITIVE_INFINITY };
  const { pictures, labels } = glyphs(100, seededRandom(5), { noise: 0, moved: false });
  labels.forEach((label, n) => {
    let distance = 0;
    for (let i = 0; i < 64; i++) distance += (picture[i]! - pictures[n * 64 + i]!) ** 2 / 64;
    if (distance < best.distance) best = { label, distance };
  });
  return best;
}
const draw = (count: number, random: () => number) => {
  const { pictures, labels } = glyphs(count, random, { noise: 0.05, moved: false });
  return {
    pictures: t.Tensor.from(
      backend,
      pictures.map((x) => 2 * x - 1),
      [count, 8, 8, 1],
    ),
    labels: [...labels],
  };
};

for (const objective of ["flow", "ddpm"] as const)
  describe(objective, () => {
    const config = DiffusionConfigSchema.parse({ ...base, objective });
    const run = (steps: number) => {
      const random = seededRandom(4);
      const p = toParameters(backend, initialDiffusion(config, seededRandom(1)));
      const losses = fit(p, {
        steps,
        rate: 3e-3,
        loss: () => {
          const { pictures, labels } = draw(24, random);
          return diffusionLoss(config, p, pictures, labels, random);
        },
      });
      return { p, losses };
    };

    it("learns glyphs, draws the classes asked for, the same at every run", () => {
      const { p, losses } = run(200);
      expect(losses[0]).toBeGreaterThan(0.9); // noise has the variance 1, and the model begins at 0
      expect(mean(losses.slice(-20))).toBeLessThan(0.4);
      expect(run(5).losses).toEqual(losses.slice(0, 5));

      const labels = Array.from({ length: 24 }, (_, i) => i % glyphKinds);
      const options = { count: 24, steps: 12, labels, guidance: 2 };
      const pictures = sampleDiffusion(config, p, { ...options, random: seededRandom(8) });
      expect(pictures.shape).toEqual([24, 8, 8, 1]);
      const values = pictures.valuesSync();
      expect(values.every((x) => x >= -1 && x <= 1)).toBe(true);
      const found = labels.map((_, i) => nearest(values.subarray(i * 64, (i + 1) * 64).map((x) => (x + 1) / 2)));
      const right = found.filter(({ label }, i) => label === labels[i]).length;
      expect(right).toBeGreaterThan(20);
      expect(mean(found.map((f) => f.distance))).toBeLessThan(0.03);
      expect(sampleDiffusion(config, p, { ...options, random: seededRandom(8) }).valuesSync()).toEqual(values);
      const euler = sampleDiffusion(config, p, { count: 3, method: "euler", steps: 4, random: seededRandom(8) });
      expect(euler.shape).toEqual([3, 8, 8, 1]);
    });
  });

describe("the schedule", () => {
  it("ends in noise, whatever the number of levels", () => {
    for (const levels of [50, 1000]) {
      const signal = signalLevels(levels);
      expect(signal[0]).toBeGreaterThan(0.99);
      expect(signal.at(-1)).toBeLessThan(1e-4);
      expect(signal.every((s, i) => i === 0 || s < signal[i - 1]!)).toBe(true);
    }
  });
});

describe("the model", () => {
  it("answers zero before training", () => {
    const config = DiffusionConfigSchema.parse(base);
    const p = toParameters(backend, initialDiffusion(config, seededRandom(1)));
    t.scope(() => {
      const x = t.Tensor.full(backend, [2, 8, 8, 1], 0.5);
      expect(
        t
          .untracked(() => denoise(config, p, x, [0.1, 0.9], [0, -1]))
          .valuesSync()
          .every((v) => v === 0),
      ).toBe(true);
    });
  });
});
