import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tableDecoder } from "../../test/infer/table-decoder.ts";
import { Batch } from "./batch.ts";
import type { Generated } from "./continuation.ts";
import { generate } from "./generate.ts";

const options = (n: number) => ({ seed: n, sampling: { temperature: 1 + (n % 3) }, maxTokens: 1 + (n % 7) });
const prompt = (n: number): number[] => Array.from({ length: 1 + (n % 5) }, (_, i) => (n + i) % 8);

async function alone(n: number): Promise<number[]> {
  const tokens: number[] = [];
  for await (const step of generate(tableDecoder(), [prompt(n)], options(n))) tokens.push(...step.map((one) => one.token));
  return tokens;
}

describe("Batch", () => {
  it("makes of each what it makes of it alone, whoever joins, waits and leaves in between", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ act: fc.constantFrom("join", "hold", "free", "leave", "step", "step"), of: fc.nat(9) }), {
          maxLength: 60,
        }),
        fc.integer({ min: 1, max: 3 }),
        async (acts, parallel) => {
          const decoder = tableDecoder();
          const batch = new Batch(decoder, { parallel, chunk: 2 });
          const made = new Map<number, Generated[]>();
          const left = new Set<number>();
          const step = (): void => {
            for (const one of batch.step()) made.get(one.sequence)!.push(one);
          };
          for (const { act, of } of acts) {
            if (act === "join" && !made.has(of)) {
              batch.add(of, prompt(of), options(of));
              made.set(of, []);
            } else if (act === "leave") {
              batch.remove(of);
              left.add(of);
            } else if (act === "step") step();
            else batch.hold(of, act === "hold");
          }
          for (const n of made.keys()) batch.hold(n, false);
          while (batch.busy) step();
          expect(batch.size).toBe(0);
          expect(decoder.unclosed.size).toBe(0);
          expect(Math.max(0, ...decoder.batches)).toBeLessThanOrEqual(parallel);
          for (const [n, all] of made) {
            const whole = await alone(n);
            const tokens = all.map(({ token }) => token);
            if (left.has(n)) expect(whole.slice(0, tokens.length)).toEqual(tokens);
            else expect(tokens).toEqual(whole);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("ends only the one whose hook throws, where somebody wants to know", () => {
    const decoder = tableDecoder();
    const batch = new Batch(decoder);
    const hooks = [
      () => {
        throw new Error("mine");
      },
    ];
    batch.add(1, [1], { sampling: { temperature: 0 }, maxTokens: 2, hooks });
    batch.add(2, [1], { sampling: { temperature: 0 }, maxTokens: 2 });
    const failed: [number, string][] = [];
    const made = batch.step((number, error) => failed.push([number, (error as Error).message]));
    expect(failed).toEqual([[1, "mine"]]);
    expect(made.map(({ sequence }) => sequence)).toEqual([2]);
    batch.add(3, [1], { sampling: { temperature: 0 }, hooks });
    expect(() => batch.step()).toThrow("mine");
    batch.close();
    expect(decoder.unclosed.size).toBe(0);
  });

  it("does nothing while all are held, and lets nobody wait for one that is", () => {
    const batch = new Batch(tableDecoder(), { parallel: 1 });
    batch.add(1, [1], { sampling: { temperature: 0 }, maxTokens: 2 });
    batch.add(2, [1], { sampling: { temperature: 0 }, maxTokens: 2 });
    batch.hold(1, true);
    expect(batch.step().map(({ sequence }) => sequence)).toEqual([2]);
    batch.hold(2, true);
    expect(batch.busy).toBe(false);
    expect(batch.step()).toEqual([]);
    batch.close();
    expect(batch.size).toBe(0);
  });
});
