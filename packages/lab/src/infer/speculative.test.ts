import { describe, expect, it } from "vitest";
import { tableDecoder } from "../../test/infer/table-decoder.ts";
import { seededRandom } from "../data/random.ts";
import { constrain } from "./constrain.ts";
import type { SequenceOptions } from "./continuation.ts";
import { type Drafter, draftModel, promptLookup } from "./draft.ts";
import { generate } from "./generate.ts";
import { regex } from "./regex.ts";
import { Sampler, type SamplerOptions } from "./sampler.ts";
import { type SpeculateOptions, speculate } from "./speculative.ts";

const is = (code: string) => expect.objectContaining({ code });
const target = tableDecoder({ vocab: 6, context: 64, seed: 4 });
const near = () => tableDecoder({ vocab: 6, context: 64, seed: 4, noise: 1 });
const far = () => tableDecoder({ vocab: 6, context: 64, seed: 9 });
const drafters: Record<string, () => Drafter> = {
  "a near model": () => draftModel(near()),
  "a far model": () => draftModel(far()),
  "the target itself": () => draftModel(target),
  "prompt lookup": () => promptLookup(2),
};

async function run(prompt: number[], options: SpeculateOptions) {
  const made = [];
  let last = { drafted: 0, accepted: 0 };
  for await (const step of speculate(target, prompt, options)) {
    made.push(...step.made);
    last = step;
  }
  return { ...last, made };
}
async function plain(prompt: number[], options: SequenceOptions) {
  const made = [];
  for await (const step of generate(target, [prompt], options)) made.push(...step);
  return made;
}

describe.each(Object.entries(drafters))("speculative decoding with %s", (name, drafter) => {
  it("makes the target's greedy text, token by token, to the end of the context", async () => {
    for (let first = 0; first < 6; first++) {
      for (const options of [
        { maxTokens: 20 },
        {},
        { stopTokens: [2] },
        { sampling: { temperature: 0, repeatPenalty: 1.5 } },
      ]) {
        const all: SequenceOptions = { sampling: { temperature: 0 }, ...options };
        const { made, drafted, accepted } = await run([first, 1, first], { ...all, drafter: drafter(), ahead: 1 + first });
        expect(made).toEqual(await plain([first, 1, first], all));
        expect(accepted).toBeLessThanOrEqual(drafted);
        if (name === "the target itself" && made.at(-1)?.stop === "length") expect(accepted).toBe(drafted);
      }
    }
    expect(target.unclosed.size).toBe(0);
  });

  const cases: Record<string, SamplerOptions> = {
    "as it is": {},
    "hot, top-k and a penalty": { temperature: 1.7, topK: 4, presencePenalty: 0.8 },
    "cool, top-p": { temperature: 0.6, topP: 0.9 },
  };
  it.each(Object.entries(cases))(
    "draws from the target's distribution, %s (chi-square over texts of three tokens)",
    async (_, sampling) => {
      const random = seededRandom(11);
      const n = 2000;
      const counts = new Map<string, number>();
      for (let i = 0; i < n; i++) {
        const { made } = await run([1, 2, 1], { sampling, random, drafter: drafter(), ahead: 3, maxTokens: 3 });
        const key = made.map(({ token }) => token).join();
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      const sampler = new Sampler(sampling, { random });
      const expected: { key: string; p: number }[] = [];
      const walk = (tokens: number[], p: number): void => {
        if (tokens.length === 6) {
          expected.push({ key: tokens.slice(3).join(), p });
          return;
        }
        const c = sampler.candidates(target.logits(tokens), { tokens, position: tokens.length - 3 });
        c.tokens.forEach((t, i) => {
          walk([...tokens, t], p * c.probabilities[i]!);
        });
      };
      walk([1, 2, 1], 1);
      // texts expected fewer than 5 times count as one
      const likely = expected.filter(({ p }) => p * n >= 5);
      const cells = [...likely.map(({ key, p }) => [counts.get(key) ?? 0, p * n] as const)];
      const rest = 1 - likely.reduce((sum, { p }) => sum + p, 0);
      if (rest * n >= 5) cells.push([n - cells.reduce((sum, [count]) => sum + count, 0), rest * n]);
      const chi = cells.reduce((sum, [count, e]) => sum + (count - e) ** 2 / e, 0);
      const freedom = cells.length - 1;
      // p = 0.001 by Wilson and Hilferty's approximation
      const limit = freedom * (1 - 2 / (9 * freedom) + 3.09 * Math.sqrt(2 / (9 * freedom))) ** 3;
      expect(freedom).toBeGreaterThan(5);
      expect(chi).toBeLessThan(limit);
      expect([...counts.keys()].every((key) => expected.some((e) => e.key === key))).toBe(true);
    },
  );

  it("keeps constraints, stop strings and a draw of its own as generate does", async () => {
    const vocabulary = ["", "a", "b", "c", "ab", "d"];
    for (let seed = 0; seed < 20; seed++) {
      const options = { drafter: drafter(), seed, stopTokens: [0], maxTokens: 12, stop: ["dd"], vocabulary };
      const { made } = await run([1], { ...options, hooks: [constrain(regex("(ab|c|d)*a?b?"), vocabulary, 0, 12)] });
      const text = made.map(({ token, bytes }) => vocabulary[token]!.slice(0, bytes)).join("");
      expect(text).toMatch(/^(ab|c|d)*a?b?$/);
      expect(text).not.toContain("dd");
    }
    // a draw that always takes the lowest id but one: deterministic, so the text must be the same
    const sampling = { topK: 3 };
    const draw = (_: Float32Array, tokens: Uint32Array) => tokens.indexOf([...tokens].sort((a, b) => a - b)[1]!);
    const alone = await plain([1], { sampling, draw, seed: 1, maxTokens: 30 });
    expect((await run([1], { sampling, draw, seed: 1, maxTokens: 30, drafter: drafter() })).made).toEqual(alone);
  });
});

describe("speculative decoding", () => {
  it("reports a rate of acceptance that grows with the likeness of the draft", async () => {
    const rate = async (drafter: Drafter): Promise<number> => {
      const { drafted, accepted } = await run([1], { seed: 3, drafter });
      return accepted / drafted;
    };
    const [same, close, other] = [
      await rate(draftModel(target)),
      await rate(draftModel(near())),
      await rate(draftModel(far())),
    ];
    expect(same).toBe(1);
    expect(close).toBeLessThan(1);
    expect(other).toBeLessThan(close);
  });
  it("reads the target less often than there are tokens", async () => {
    const before = target.batches.length;
    const { made } = await run([1], { sampling: { temperature: 0 }, maxTokens: 40, drafter: promptLookup() });
    expect(made.length).toBe(40);
    expect(target.batches.length - before).toBeLessThan(40);
  });
  it("closes all it opened, whatever happens, and refuses a draft of another vocabulary", async () => {
    const draft = tableDecoder({ vocab: 6 });
    const stop = new AbortController();
    const steps = speculate(target, [1], { seed: 1, drafter: draftModel(draft), signal: stop.signal });
    await steps.next();
    stop.abort();
    await expect(steps.next()).rejects.toThrow(is("cancelled"));
    for await (const _ of speculate(target, [1], { seed: 1, drafter: draftModel(draft) })) break;
    const other = tableDecoder({ vocab: 7 });
    await expect(speculate(target, [1], { seed: 1, drafter: draftModel(other) }).next()).rejects.toThrow(/7, the target of 6/);
    await expect(speculate(target, [], { seed: 1, drafter: draftModel(draft) }).next()).rejects.toThrow(/no tokens/);
    await expect(speculate(target, new Array(65).fill(1), { seed: 1, drafter: promptLookup() }).next()).rejects.toThrow(/65/);
    await expect(speculate(target, [1], { seed: 1, ahead: 0, drafter: promptLookup() }).next()).rejects.toThrow(/ahead/);
    expect(() => promptLookup(1, 2)).toThrow(is("bad-request"));
    expect([draft.unclosed.size, other.unclosed.size, target.unclosed.size]).toEqual([0, 0, 0]);
  });
  it("goes on without guesses where the draft's context is the shorter", async () => {
    const short = draftModel(tableDecoder({ vocab: 6, context: 10, seed: 4 }));
    const { made } = await run([1, 2], { sampling: { temperature: 0 }, drafter: short });
    expect(made).toEqual(await plain([1, 2], { sampling: { temperature: 0 } }));
  });
});
