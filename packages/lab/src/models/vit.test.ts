import { afterAll, describe, expect, it } from "vitest";
import { fit } from "../../test/fit.ts";
import { glyphKinds, glyphs } from "../../test/glyphs.ts";
import { seededRandom } from "../data/random.ts";
import { cpuBackend } from "../node/threads.ts";
import * as t from "../tensor/index.ts";
import { padRows } from "./bert.ts";
import { clipLoss, embedPictures, embedTexts } from "./clip.ts";
import { VitConfigSchema } from "./config.ts";
import { toParameters } from "./parameters.ts";
import { fromPatches, toPatches } from "./patches.ts";
import { initialVit, vitClasses, vitLoss } from "./vit.ts";

const backend = cpuBackend({ threads: 1, memory: 256 << 20 });
afterAll(() => backend.close());

const base = {
  kind: "vit",
  picture: { height: 8, width: 8, channels: 1 },
  patch: 2,
  layers: 2,
  width: 32,
  heads: 4,
} as const;

describe("patches", () => {
  it("are cut and joined without loss, each a square of its picture", () => {
    const c = { picture: { height: 4, width: 6, channels: 2 }, patch: 2 };
    const values = Float32Array.from({ length: 2 * 48 }, (_, i) => i);
    t.scope(() => {
      const patches = toPatches(c, t.Tensor.from(backend, values, [2, 4, 6, 2]));
      expect(patches.shape).toEqual([2, 6, 8]);
      expect([...patches.valuesSync().subarray(8, 16)]).toEqual([4, 5, 6, 7, 16, 17, 18, 19]); // columns 2 and 3 of rows 0 and 1
      expect(fromPatches(c, patches).valuesSync()).toEqual(values);
    });
    expect(() => toPatches({ ...c, patch: 4 }, t.Tensor.from(backend, values, [2, 4, 6, 2]))).toThrow(/no whole patches/);
  });
});

describe("classification", () => {
  for (const pool of ["mean", "token"] as const)
    it(`names glyphs that it has not seen, pooling by ${pool}, the same at every run`, () => {
      const config = VitConfigSchema.parse({ ...base, pool, classes: glyphKinds });
      const run = (steps: number) => {
        const random = seededRandom(4);
        const p = toParameters(backend, initialVit(config, seededRandom(1)));
        const losses = fit(p, {
          steps,
          rate: 2e-3,
          loss: () => {
            const { pictures, labels } = glyphs(32, random);
            return vitLoss(config, p, t.Tensor.from(backend, pictures, [32, 8, 8, 1]), labels);
          },
        });
        return { p, losses };
      };
      const { p, losses } = run(140);
      expect(run(10).losses).toEqual(losses.slice(0, 10));
      const { pictures, labels } = glyphs(200, seededRandom(99));
      const logits = t.scope(() =>
        t.untracked(() => vitClasses(config, p, t.Tensor.from(backend, pictures, [200, 8, 8, 1])).valuesSync()),
      );
      const right = [...labels].filter((label, i) => {
        const row = [...logits.subarray(i * glyphKinds, (i + 1) * glyphKinds)];
        return row.indexOf(Math.max(...row)) === label;
      });
      expect(right.length / 200).toBeGreaterThan(0.97);
    });
});

describe("dual encoder", () => {
  const text = { vocab: 16, context: 5, layers: 1, width: 32, heads: 4, embedding: 16 };
  const config = VitConfigSchema.parse({ ...base, text });

  /** Sixteen pictures, each bright at one place of a 4 × 4 grid; their texts name row and column among filler words, in any order. */
  function pairs(random: () => number) {
    const pictures = new Float32Array(16 * 64);
    const texts = Array.from({ length: 16 }, (_, n) => {
      const [row, column] = [n >> 2, n & 3];
      for (let i = 0; i < 64; i++) {
        const inside = i >> 4 === row && (i & 7) >> 1 === column;
        pictures[n * 64 + i] = (inside ? 0.8 : 0) + 0.2 * random();
      }
      const words = [row, 4 + column, ...(random() < 0.5 ? [8 + Math.floor(random() * 8)] : [])];
      return random() < 0.5 ? words : words.reverse();
    });
    return { pictures: t.Tensor.from(backend, pictures, [16, 8, 8, 1]), texts: padRows(texts, 5) };
  }

  it("finds the text of each picture and the picture of each text, the same at every run", () => {
    const run = (steps: number) => {
      const random = seededRandom(4);
      const p = toParameters(backend, initialVit(config, seededRandom(1)));
      const losses = fit(p, {
        steps,
        rate: 2e-3,
        loss: () => {
          const { pictures, texts } = pairs(random);
          return clipLoss(config, p, pictures, texts);
        },
      });
      return { p, losses };
    };
    const { p, losses } = run(250);
    expect(losses[0]).toBeGreaterThan(0.8 * Math.log(16));
    expect(losses.at(-1)).toBeLessThan(0.5);
    expect(run(10).losses).toEqual(losses.slice(0, 10));

    const random = seededRandom(123);
    let found = 0;
    for (let round = 0; round < 5; round++)
      t.scope(() => {
        const { pictures, texts } = pairs(random);
        const image = t.untracked(() => embedPictures(config, p, pictures));
        const caption = t.untracked(() => embedTexts(config, p, texts));
        for (const length of t.sum(t.square(caption), [1]).valuesSync()) expect(length).toBeCloseTo(1, 4);
        const cosines = t.matmul(image, caption, { transB: true }).valuesSync();
        for (let i = 0; i < 16; i++) {
          const row = [...cosines.subarray(i * 16, (i + 1) * 16)];
          const column = row.map((_, j) => cosines[j * 16 + i]!);
          if (row.indexOf(Math.max(...row)) === i) found++;
          if (column.indexOf(Math.max(...column)) === i) found++;
        }
      });
    expect(found / 160).toBeGreaterThan(0.9);
  });
});
