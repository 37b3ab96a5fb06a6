import { afterAll, describe, expect, it } from "vitest";
import { mean } from "../../test/fit.ts";
import { glyphKinds, glyphs } from "../../test/glyphs.ts";
import { normal } from "../data/gaussian.ts";
import { seededRandom } from "../data/random.ts";
import { cpuBackend } from "../node/threads.ts";
import * as t from "../tensor/index.ts";
import { Optimiser } from "../train/optimiser.ts";
import { type Columns, type GanConfig, GanConfigSchema } from "./config.ts";
import { classConditions, criticLoss, ganPart, generatorLoss, initialGan, sampleGan } from "./gan.ts";
import { rowChooser, sampleGanRows } from "./gan-table.ts";
import { type Parameters, toParameters } from "./parameters.ts";
import { encodeRows, fitColumns } from "./table-transform.ts";

const backend = cpuBackend({ threads: 1, memory: 256 << 20 });
afterAll(() => backend.close());

/** Both networks by turns; the critic's losses. */
function play(c: GanConfig, p: Parameters, steps: number, sides: { critic(): t.Tensor; generator(): t.Tensor }): number[] {
  const options = { beta1: 0.5, beta2: 0.9, weightDecay: 0 };
  const [critic, generator] = (["critic", "generator"] as const).map((name) => {
    const part = ganPart(p, name);
    const optimiser = new Optimiser(part, options);
    return () =>
      t.scope(() => {
        const loss = sides[name]();
        optimiser.step(t.gradient(loss, [...part.values()]), 3e-3);
        return loss.valuesSync()[0]!;
      });
  }) as [() => number, () => number];
  return Array.from({ length: steps }, () => {
    let last = 0;
    for (let round = 0; round < c.criticSteps; round++) last = critic();
    generator();
    return last;
  });
}

describe("of pictures (WGAN-GP)", () => {
  const config = GanConfigSchema.parse({
    kind: "gan",
    picture: { height: 8, width: 8, channels: 1 },
    hidden: 48,
    latent: 16,
    classes: glyphKinds,
    criticSteps: 2,
  });
  const B = 32;
  const run = (steps: number) => {
    const random = seededRandom(4);
    const p = toParameters(backend, initialGan(config, seededRandom(1)));
    const draw = () => glyphs(B, random, { noise: 0.05, moved: false });
    const losses = play(config, p, steps, {
      critic() {
        const { pictures, labels } = draw();
        const real = t.Tensor.from(
          backend,
          pictures.map((x) => 2 * x - 1),
          [B, 64],
        );
        return criticLoss(config, p, real, classConditions(backend, labels, glyphKinds), random);
      },
      generator: () => generatorLoss(config, p, B, classConditions(backend, draw().labels, glyphKinds), random),
    });
    return { p, losses };
  };

  it("learns to make the class asked for, the same at every run", () => {
    const { p, losses } = run(200);
    expect(run(5).losses).toEqual(losses.slice(0, 5));
    const clean = glyphs(100, seededRandom(5), { noise: 0, moved: false });
    const labels = Array.from({ length: 40 }, (_, i) => i % glyphKinds);
    const made = sampleGan(config, p, 40, classConditions(backend, labels, glyphKinds), seededRandom(8));
    expect(made.every((x) => x >= -1 && x <= 1)).toBe(true);
    const found = labels.map((_, n) => {
      let best = { label: -1, distance: Number.POSITIVE_INFINITY };
      clean.labels.forEach((label, g) => {
        let distance = 0;
        for (let i = 0; i < 64; i++) distance += ((made[n * 64 + i]! + 1) / 2 - clean.pictures[g * 64 + i]!) ** 2 / 64;
        if (distance < best.distance) best = { label, distance };
      });
      return best;
    });
    expect(found.filter(({ label }, i) => label === labels[i]).length).toBeGreaterThan(36);
    expect(mean(found.map((f) => f.distance))).toBeLessThan(0.04);
    const again = sampleGan(config, p, 40, classConditions(backend, labels, glyphKinds), seededRandom(8));
    expect(again).toEqual(made);
  });

  it("has a penalty whose gradient is that of finite differences", () => {
    const p = toParameters(backend, initialGan(config, seededRandom(1)));
    const weight = p.get("critic.0.weight")!;
    const { pictures, labels } = glyphs(8, seededRandom(2));
    const loss = () =>
      criticLoss(
        config,
        p,
        t.Tensor.from(backend, pictures, [8, 64]),
        classConditions(backend, labels, glyphKinds),
        seededRandom(3),
      );
    const exact = t.scope(() => t.gradient(loss(), [weight])[0]!.valuesSync());
    const values = weight.valuesSync();
    const most = [...exact.keys()].sort((a, b) => Math.abs(exact[b]!) - Math.abs(exact[a]!)).slice(0, 5);
    for (const i of most) {
      const at = (by: number): number => {
        const moved = values.slice();
        moved[i]! += by;
        backend.write(weight.block, moved);
        return t.scope(() => loss().valuesSync()[0]!);
      };
      const difference = (at(3e-3) - at(-3e-3)) / 6e-3;
      expect(Math.abs(difference - exact[i]!)).toBeLessThan(0.05 * Math.abs(difference) + 0.01);
    }
    backend.write(weight.block, values);
  });
});

describe("of table rows (CTGAN)", () => {
  const columns: Columns = [
    { type: "number", name: "wage", modes: 4 },
    { type: "category", name: "job", count: 4 },
    { type: "category", name: "night", count: 2 },
  ];
  /** Job 3 is rare; each job has a wage of its own, and job 2 alone works at night. */
  const jobs = [0.6, 0.25, 0.13, 0.02];
  const people = (count: number, random: () => number) =>
    Array.from({ length: count }, () => {
      let left = random();
      const job = Math.max(
        0,
        jobs.findIndex((share) => (left -= share) < 0),
      );
      return [10 + 30 * job + 2 * normal(random), job, job === 2 ? 1 : 0];
    });
  const rows = people(1500, seededRandom(1));
  const fitted = fitColumns(columns, rows, seededRandom(2));
  const encoded = encodeRows(fitted, rows, seededRandom(3));
  const width = encoded.length / rows.length;
  const config = GanConfigSchema.parse({ kind: "gan", columns: fitted, hidden: 48, latent: 16, pac: 4, criticSteps: 1 });
  const choose = rowChooser(fitted, encoded);
  const B = 64;

  it("shows rare categories more often than the data, each with rows that have it", () => {
    const { rows: chosen, conditions } = choose(4000, seededRandom(5));
    let rare = 0;
    chosen.forEach((row, i) => {
      const condition = [...conditions.subarray(i * 6, i * 6 + 6)];
      const at = condition.indexOf(1);
      expect(condition.reduce((a, b) => a + b)).toBe(1);
      expect(at < 4 ? rows[row]![1] : rows[row]![2]! + 4).toBe(at);
      if (at === 3) rare++;
    });
    expect(rare / 4000).toBeGreaterThan(0.06); // of the rows 0.02
  });

  it("keeps conditions, draws shares as in the data, the same at every run", () => {
    const run = (steps: number) => {
      const random = seededRandom(4);
      const p = toParameters(backend, initialGan(config, seededRandom(1)));
      const losses = play(config, p, steps, {
        critic() {
          const chosen = choose(B, random);
          const real = new Float32Array(B * width);
          chosen.rows.forEach((row, i) => {
            real.set(encoded.subarray(row * width, (row + 1) * width), i * width);
          });
          const condition = t.Tensor.from(backend, chosen.conditions, [B, 6]);
          return criticLoss(config, p, t.Tensor.from(backend, real, [B, width]), condition, random);
        },
        generator: () => generatorLoss(config, p, B, t.Tensor.from(backend, choose(B, random).conditions, [B, 6]), random),
      });
      return { p, losses };
    };
    const { p, losses } = run(500);
    expect(run(5).losses).toEqual(losses.slice(0, 5));
    for (const job of [0, 1, 2, 3]) {
      const asked = sampleGanRows(config, p, { count: 60, where: new Map([[1, job]]), random: seededRandom(8) });
      expect(asked.length).toBe(60);
      expect(asked.every((row) => row[1] === job)).toBe(true);
      expect(Math.abs(mean(asked.map((row) => row[0]!)) - (10 + 30 * job))).toBeLessThan(12);
    }
    const free = sampleGanRows(config, p, { count: 600, random: seededRandom(9) });
    jobs.forEach((share, job) => {
      expect(Math.abs(free.filter((row) => row[1] === job).length / 600 - share)).toBeLessThan(0.1);
    });
    expect(free.filter((row) => (row[1] === 2) === (row[2] === 1)).length / 600).toBeGreaterThan(0.85);
    expect(() => sampleGanRows(config, p, { count: 1, where: new Map([[1, 7]]), random: seededRandom(1) })).toThrow(
      /no category 7/,
    );
  });
});
