import { afterAll, expect, it } from "vitest";
import { fit, mean } from "../../test/fit.ts";
import { glyphs } from "../../test/glyphs.ts";
import { seededRandom } from "../data/random.ts";
import { cpuBackend } from "../node/threads.ts";
import * as t from "../tensor/index.ts";
import { VaeConfigSchema } from "./config.ts";
import { toParameters } from "./parameters.ts";
import { decodeVq, encodeVq, initialVq, restartCodes, vqElbo, vqLoss } from "./vq.ts";

const backend = cpuBackend({ threads: 1, memory: 256 << 20 });
afterAll(() => backend.close());

const config = VaeConfigSchema.parse({
  kind: "vae",
  picture: { height: 8, width: 8, channels: 1 },
  likelihood: "gaussian",
  hidden: 24,
  latent: 8,
  codes: { count: 32 },
});
const draw = (count: number, random: () => number): t.Tensor =>
  t.Tensor.from(backend, glyphs(count, random, { noise: 0.05 }).pictures, [count, 8, 8, 1]);

function run(steps: number) {
  const random = seededRandom(4);
  const p = toParameters(backend, initialVq(config, seededRandom(1)));
  const losses = fit(p, {
    steps,
    rate: 3e-3,
    loss: (step) => {
      const pictures = draw(32, random);
      if ((step - 1) % 20 === 0) restartCodes(config, p, pictures, random);
      return vqLoss(config, p, pictures);
    },
  });
  return { p, losses };
}

it("a VQ-VAE keeps pictures in codes of which it uses more than half, the same at every run", () => {
  const { p, losses } = run(400);
  expect(run(5).losses).toEqual(losses.slice(0, 5));
  expect(mean(losses.slice(-10))).toBeLessThan(mean(losses.slice(0, 5)) - 30);
  const held = draw(200, seededRandom(99));
  const codes = encodeVq(config, p, held);
  expect(codes.length).toBe(200 * 4);
  const used = new Set(codes).size;
  expect(used).toBeGreaterThan(16);
  const back = decodeVq(config, p, codes);
  const pixels = held.valuesSync();
  expect(mean([...back].map((x, i) => (x - pixels[i]!) ** 2))).toBeLessThan(0.03);
  expect(mean([...vqElbo(config, p, held)])).toBeGreaterThan(-mean(losses.slice(-10)) - 4 * Math.log(32) - 5);
});

it("codes that nothing is near come back into use", () => {
  const p = toParameters(backend, initialVq(config, seededRandom(1)));
  const pictures = draw(100, seededRandom(2));
  const before = new Set(encodeVq(config, p, pictures)).size;
  expect(restartCodes(config, p, pictures, seededRandom(3))).toBe(32 - before);
  expect(new Set(encodeVq(config, p, pictures)).size).toBeGreaterThan(before);
});
