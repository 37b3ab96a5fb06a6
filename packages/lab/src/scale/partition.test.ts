import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../data/random.ts";
import { type GptConfig, GptConfigSchema, gptShapes } from "../models/config.ts";
import { initialGpt } from "../models/gpt.ts";
import { gptMemory } from "../train/estimate.ts";
import type { Weights } from "../weights.ts";
import { checkCut, cutWeights, gatherWeights, ownedAt, placeOf, shapesAt } from "./partition.ts";
import type { BlockingReduce } from "./reduce.ts";

const shape = { kind: "gpt", vocab: 11, context: 8, layers: 4, width: 16, heads: 8, kvHeads: 4, hidden: 24 };
const config = (more: object = {}): GptConfig => GptConfigSchema.parse({ ...shape, ...more });
const cuts = fc.record({ tensor: fc.constantFrom(1, 2, 4), pipeline: fc.constantFrom(1, 2, 4), tied: fc.boolean() });

/** Rank 0 of a group whose other ranks hold `pieces`. */
const group = (pieces: readonly Weights[], name: () => string): BlockingReduce => ({
  rank: 0,
  size: pieces.length,
  sumSync: () => {},
  broadcastSync: (buffer, from) => buffer.set(pieces[from]!.get(name())!.data),
});

describe("a model cut over workers", () => {
  it("has each parameter once, and is whole again when gathered", () => {
    fc.assert(
      fc.property(cuts, ({ tied, ...parallel }) => {
        const c = config({ tied });
        const weights = initialGpt(c, seededRandom(1));
        const ranks = Array.from({ length: parallel.tensor * parallel.pipeline }, (_, rank) => placeOf(rank, parallel));
        const pieces = ranks.map((place) => cutWeights(c, weights, place));
        for (const [rank, place] of ranks.entries())
          expect([...pieces[rank]!].map(([name, { shape }]) => [name, shape])).toEqual([...shapesAt(c, place)]);
        const owned = ranks.flatMap((place, rank) =>
          [...ownedAt(c, place)].map((name) => pieces[rank]!.get(name)!.data.length),
        );
        expect(owned.reduce((a, b) => a + b)).toBe([...weights.values()].reduce((n, { data }) => n + data.length, 0));

        // gathering goes through the names in order, and of each through its owners
        const calls = [...gptShapes(c).keys()].flatMap((name) => ranks.flatMap((p) => (ownedAt(c, p).has(name) ? [name] : [])));
        const all = group(pieces, () => calls.shift()!);
        expect([...gatherWeights(c, pieces[0]!, parallel, all)]).toEqual([...weights]);
      }),
      { numRuns: 15 },
    );
  });

  it("cuts the optimiser's moments as their parameters", () => {
    const weights = initialGpt(config(), seededRandom(1));
    const moments: Weights = new Map(
      [...weights].flatMap(([name, v]) => [".m", ".v"].map((end) => [`${name}${end}`, v] as const)),
    );
    const place = placeOf(3, { tensor: 2, pipeline: 2 });
    const [some, all] = [cutWeights(config(), weights, place), cutWeights(config(), moments, place)];
    expect(all.size).toBe(2 * some.size);
    for (const [name, values] of some) expect(all.get(`${name}.v`)).toEqual(values);
  });

  it("is refused where numbers do not divide, by the field's name", () => {
    checkCut(config(), { tensor: 4, pipeline: 4 });
    const refused = (parallel: { tensor: number; pipeline: number }, more: object = {}) => {
      let error: unknown;
      try {
        checkCut(config(more), parallel);
      } catch (e) {
        error = e;
      }
      return expect(error);
    };
    refused({ tensor: 1, pipeline: 3 }).toMatchObject({ code: "bad-request", details: { param: "parallel.pipeline" } });
    refused({ tensor: 3, pipeline: 1 }).toMatchObject({ details: { param: "parallel.tensor" } });
    refused({ tensor: 8, pipeline: 1 }).toMatchObject({
      message: expect.stringContaining("kvHeads of 4 cannot be cut into 8"),
    });
    refused({ tensor: 4, pipeline: 1 }, { hidden: 22 }).toMatchObject({ message: expect.stringContaining("hidden") });
    refused({ tensor: 2, pipeline: 1 }, { experts: { count: 2, top: 1 } }).toMatchObject({ code: "cannot-do" });
  });

  it("takes less memory in each worker, and that of micro-batches under way", () => {
    const large = GptConfigSchema.parse({ kind: "gpt", vocab: 1000, context: 256, layers: 8, width: 512, heads: 8 });
    const at = (parallel?: { tensor: number; pipeline: number }, accumulate = 8) =>
      gptMemory(large, { batch: 8, length: 256, accumulate, ...(parallel && { parallel }) });
    expect(at({ tensor: 1, pipeline: 1 })).toEqual(at());
    expect(at({ tensor: 2, pipeline: 1 }).total).toBeLessThan(0.75 * at().total);
    expect(at({ tensor: 1, pipeline: 4 }).state).toBeLessThan(0.35 * at().state);
    expect(at({ tensor: 1, pipeline: 4 }).activations).toBeGreaterThan(3 * at({ tensor: 1, pipeline: 4 }, 1).activations);
  });
});
