import { afterAll, describe, expect, it } from "vitest";
import { fit, mean } from "../../test/fit.ts";
import { seededRandom } from "../data/random.ts";
import { cpuBackend } from "../node/threads.ts";
import * as t from "../tensor/index.ts";
import { bert, bertClasses, bertClassLoss, bertLoss, initialBert, maskTokens, padRows, type TokenRows } from "./bert.ts";
import { BertConfigSchema } from "./config.ts";
import { toParameters } from "./parameters.ts";

const backend = cpuBackend({ threads: 1, memory: 256 << 20 });
afterAll(() => backend.close());

const base = { kind: "bert", vocab: 12, context: 12, layers: 2, width: 32, heads: 4 } as const;
const config = BertConfigSchema.parse(base);

/** Rows that count from anywhere, modulo 10: a hidden token follows from each of its neighbours. */
function counting(random: () => number, B: number, T: number): TokenRows {
  const tokens = new Int32Array(B * T);
  for (let b = 0; b < B; b++) {
    const first = Math.floor(random() * 10);
    for (let i = 0; i < T; i++) tokens[b * T + i] = (first + i) % 10;
  }
  return { tokens, shape: [B, T] };
}

describe("masked tokens", () => {
  it("hides 15 %: 80 % of them masked, 10 % replaced, 10 % as they were; never padding", () => {
    const random = seededRandom(3);
    const tokens = Int32Array.from({ length: 100_000 }, (_, i) => (i % 5 === 0 ? -1 : i % 11));
    const { inputs, places, targets } = maskTokens(config, tokens, random);
    expect(places.length / 80_000).toBeCloseTo(0.15, 2);
    const masked = places.filter((i) => inputs[i] === 11).length / places.length;
    const kept = places.filter((i) => inputs[i] === tokens[i]).length / places.length;
    expect(masked).toBeCloseTo(0.8, 1.5);
    expect(kept).toBeCloseTo(0.1 + 0.1 / 11, 1.5);
    expect([...targets]).toEqual([...places].map((i) => tokens[i]));
    expect(places.every((i) => tokens[i]! >= 0)).toBe(true);
    const hidden = new Set(places);
    expect(tokens.every((token, i) => hidden.has(i) || inputs[i] === token)).toBe(true);
  });

  it("are learned from both sides, the same at every run", () => {
    const run = (): number[] => {
      const random = seededRandom(1);
      const p = toParameters(backend, initialBert({ ...config, dropout: 0.05 }, seededRandom(2)));
      return fit(p, {
        steps: 300,
        rate: 3e-3,
        loss: (step) =>
          bertLoss({ ...config, dropout: 0.05 }, p, counting(random, 16, 12), random, { dropout: { seed: 1, step } }),
      });
    };
    const losses = run();
    expect(losses[0]).toBeGreaterThan(2); // ln 12 = 2.48
    expect(mean(losses.slice(-10))).toBeLessThan(0.3);
    expect(run().slice(0, 20)).toEqual(losses.slice(0, 20));
  });
});

describe("padding", () => {
  it("changes nothing for the tokens beside it", () => {
    const p = toParameters(backend, initialBert(config, seededRandom(5)));
    const states = (rows: TokenRows): Float32Array => t.scope(() => t.untracked(() => bert(config, p, rows)).valuesSync());
    const alone = states(padRows([[1, 2, 3]], 12));
    const beside = states(
      padRows(
        [
          [1, 2, 3],
          [4, 5, 6, 7, 8, 9],
        ],
        12,
      ),
    );
    const width = 3 * config.width;
    for (let i = 0; i < width; i++) expect(beside[i]).toBeCloseTo(alone[i]!, 5);
  });
});

describe("classification", () => {
  it("learns whether a row holds a token, whatever its length", () => {
    const classes = BertConfigSchema.parse({ ...base, classes: 2 });
    const p = toParameters(backend, initialBert(classes, seededRandom(2)));
    const random = seededRandom(9);
    const draw = (B: number): { rows: TokenRows; labels: Int32Array } => {
      const rows = Array.from({ length: B }, () => [
        10,
        ...Array.from({ length: 3 + Math.floor(random() * 7) }, () => 1 + Math.floor(random() * 9)),
      ]);
      const labels = Int32Array.from(rows, (row) => {
        if (random() < 0.5) row[1 + Math.floor(random() * (row.length - 1))] = 0;
        return row.includes(0) ? 1 : 0;
      });
      return { rows: padRows(rows, 12), labels };
    };
    const losses = fit(p, {
      steps: 120,
      rate: 2e-3,
      loss: () => {
        const { rows, labels } = draw(24);
        return bertClassLoss(classes, p, rows, labels);
      },
    });
    expect(losses[0]).toBeGreaterThan(0.5);
    const { rows, labels } = draw(200);
    const logits = t.scope(() => t.untracked(() => bertClasses(classes, p, rows)).valuesSync());
    const right = [...labels].filter((label, i) => (logits[2 * i + 1]! > logits[2 * i]! ? 1 : 0) === label).length;
    expect(right / 200).toBeGreaterThan(0.95);
  });
});
