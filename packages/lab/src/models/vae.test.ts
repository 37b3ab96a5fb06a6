import { afterAll, describe, expect, it } from "vitest";
import { fit, mean } from "../../test/fit.ts";
import { glyphs } from "../../test/glyphs.ts";
import { normal } from "../data/gaussian.ts";
import { seededRandom } from "../data/random.ts";
import { cpuBackend } from "../node/threads.ts";
import * as t from "../tensor/index.ts";
import { type Columns, VaeConfigSchema } from "./config.ts";
import { toParameters } from "./parameters.ts";
import { decodeRows, encodeRows, fitColumns } from "./table-transform.ts";
import { decodeVae, elbo, encodeVae, initialVae, logLikelihood, sampleVae, vaeLoss } from "./vae.ts";

const backend = cpuBackend({ threads: 1, memory: 256 << 20 });
afterAll(() => backend.close());

const picture = { height: 8, width: 8, channels: 1 };
const draw = (count: number, random: () => number, black = false): t.Tensor => {
  const { pictures } = glyphs(count, random, { noise: 0.05 });
  return t.Tensor.from(backend, black ? pictures.map((x) => (x > 0.5 ? 1 : 0)) : pictures, [count, 64]);
};

for (const likelihood of ["bernoulli", "gaussian"] as const)
  describe(`of pictures, ${likelihood}`, () => {
    const config = VaeConfigSchema.parse({ kind: "vae", picture, hidden: 48, latent: 8, likelihood });
    const black = likelihood === "bernoulli";
    const run = (steps: number) => {
      const random = seededRandom(4);
      const p = toParameters(backend, initialVae(config, seededRandom(1)));
      const losses = fit(p, { steps, rate: 3e-3, loss: () => vaeLoss(config, p, draw(32, random, black), random) });
      return { p, losses };
    };

    it("raises its evidence bound, which stays below the likelihood, the same at every run", () => {
      const { p, losses } = run(400);
      expect(run(10).losses).toEqual(losses.slice(0, 10));
      const held = draw(200, seededRandom(99), black);
      const bound = mean([...elbo(config, p, held, seededRandom(5))]);
      // black and white by 64 independent pixels would be 31 nats; the four shapes at nine places, 3.6
      if (black) expect(bound).toBeGreaterThan(-16);
      expect(-bound).toBeLessThan(mean(losses.slice(0, 5)) - 30);
      expect(-bound).toBeLessThan(mean(losses.slice(-20)) + 3);
      const [few, many] = [1, 64].map((samples) => mean([...logLikelihood(config, p, held, seededRandom(6), samples)]));
      expect(many!).toBeGreaterThan(bound);
      expect(many!).toBeGreaterThan(few!);

      const { mean: z } = t.untracked(() => encodeVae(config, p, held));
      const back = t.untracked(() => decodeVae(config, p, z));
      const pixels = held.valuesSync();
      expect(mean([...back].map((x, i) => (x - pixels[i]!) ** 2))).toBeLessThan(0.05);
      const sampled = sampleVae(config, p, { count: 5, random: seededRandom(2) });
      expect(sampled.length).toBe(5 * 64);
      expect(sampled.every((x) => x >= 0 && x <= 1)).toBe(true);
      expect(sampleVae(config, p, { count: 5, random: seededRandom(2) })).toEqual(sampled);
    });
  });

describe("of table rows (TVAE)", () => {
  const columns: Columns = [
    { type: "number", name: "height", modes: 4 },
    { type: "category", name: "kind", count: 2 },
    { type: "number", name: "weight", modes: 4 },
  ];
  /** Kind 0 is small and light, kind 1 tall and heavy; weight follows height. */
  const people = (count: number, random: () => number) =>
    Array.from({ length: count }, () => {
      const kind = random() < 0.3 ? 0 : 1;
      const height = (kind === 0 ? 100 : 180) + 8 * normal(random);
      return [height, kind, height / 2 + normal(random)];
    });
  const fitted = fitColumns(columns, people(1000, seededRandom(1)), seededRandom(2));
  const config = VaeConfigSchema.parse({ kind: "vae", columns: fitted, hidden: 48, latent: 6 });
  const width = encodeRows(fitted, people(1, seededRandom(1)), seededRandom(1)).length;
  const encoded = (rows: readonly (readonly number[])[]) =>
    t.Tensor.from(backend, encodeRows(fitted, rows, seededRandom(3)), [rows.length, width]);

  it("draws rows whose columns belong together, and finds strange ones by their bound", () => {
    const random = seededRandom(4);
    const p = toParameters(backend, initialVae(config, seededRandom(1)));
    const losses = fit(p, {
      steps: 600,
      rate: 3e-3,
      loss: () => vaeLoss(config, p, encoded(people(48, random)), random),
    });
    expect(mean(losses.slice(-20))).toBeLessThan(losses[0]! - 2);
    const rows = decodeRows(fitted, sampleVae(config, p, { count: 400, random: seededRandom(8) }));
    const small = rows.filter(([, kind]) => kind === 0);
    expect(small.length / rows.length).toBeGreaterThan(0.2);
    expect(small.length / rows.length).toBeLessThan(0.4);
    const fits = rows.filter(
      ([height, kind, weight]) => (kind === 0) === height! < 140 && Math.abs(weight! - height! / 2) < 12,
    );
    expect(fits.length / rows.length).toBeGreaterThan(0.75); // columns drawn each by itself would fit in 0.37

    const usual = people(100, seededRandom(77));
    const strange = usual.map(([height, kind, weight]) => [height!, 1 - kind!, weight!]);
    const score = (r: readonly (readonly number[])[]) => [...elbo(config, p, encoded(r), seededRandom(5))].map((x) => -x);
    const limit = score(usual).sort((a, b) => a - b)[90]!;
    expect(score(strange).filter((s) => s > limit).length).toBeGreaterThan(90);
  });
});
