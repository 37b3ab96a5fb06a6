import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tableDecoder } from "../../test/infer/table-decoder.ts";
import { constrain } from "./constrain.ts";
import type { Generated } from "./continuation.ts";
import { type GenerateOptions, generate } from "./generate.ts";
import { grammar } from "./grammar.ts";
import { logitBias } from "./hooks.ts";

const is = (code: string) => expect.objectContaining({ code });
const greedy = { temperature: 0 };

async function all(steps: AsyncIterable<Generated[]>, prompts: number): Promise<Generated[][]> {
  const out: Generated[][] = Array.from({ length: prompts }, () => []);
  for await (const step of steps) for (const one of step) out[one.sequence]!.push(one);
  return out;
}
const tokensOf = (all: Generated[]): number[] => all.map(({ token }) => token);

describe("generate", () => {
  it("goes on greedily, with the model's log probabilities", async () => {
    const decoder = tableDecoder();
    const [made] = await all(generate(decoder, [[1, 2]], { sampling: greedy, maxTokens: 10 }), 1);
    const text = [1, 2];
    for (const { token, logprob } of made!) {
      const logits = [...decoder.logits(text)];
      expect(token).toBe(logits.indexOf(Math.max(...logits)));
      const sum = logits.reduce((s, l) => s + Math.exp(l), 0);
      expect(logprob).toBeCloseTo(logits[token]! - Math.log(sum), 5);
      text.push(token);
    }
    expect(made!.map(({ stop }) => stop)).toEqual([...new Array(9).fill(undefined), "length"]);
    expect(decoder.unclosed.size).toBe(0);
  });

  it("makes of each prompt what it makes of it alone, however many run at a time", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(7), { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 7 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 6 }),
        fc.nat(1000),
        async (prompts, parallel, chunk, seed) => {
          const each = (i: number): GenerateOptions => ({
            seed: seed + i,
            sampling: { temperature: 0.5 + (i % 3), topK: (i * 3) % 8, frequencyPenalty: i % 2 },
            maxTokens: 1 + ((seed + i * 5) % 12),
            stopTokens: i % 2 === 0 ? [3] : [],
          });
          const decoder = tableDecoder({ context: 40 });
          const together = await all(generate(decoder, prompts, { each, parallel, chunk }), prompts.length);
          expect(Math.max(...decoder.batches)).toBeLessThanOrEqual(parallel);
          expect(decoder.unclosed.size).toBe(0);
          for (const [i, prompt] of prompts.entries()) {
            const [alone] = await all(generate(tableDecoder({ context: 40 }), [prompt], each(i)), 1);
            expect(tokensOf(together[i]!)).toEqual(tokensOf(alone!));
            expect(together[i]!.filter(({ stop }) => stop !== undefined).length).toBe(1);
            expect(together[i]!.at(-1)!.stop).toBe(alone!.at(-1)!.token === 3 && i % 2 === 0 ? "end" : "length");
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("keeps the batch full: a finished one leaves and a waiting one joins", async () => {
    const decoder = tableDecoder();
    const each = (i: number) => ({ maxTokens: [2, 6, 2, 2][i]! });
    await all(generate(decoder, [[1], [2], [3], [4]], { sampling: greedy, each, parallel: 2 }), 4);
    expect(decoder.batches).toEqual([2, 2, 2, 2, 2, 2]);
  });

  it("reads a long prompt by pieces while others go on", async () => {
    const decoder = tableDecoder();
    const order: number[] = [];
    const prompts = [new Array(30).fill(1), [2]];
    for await (const step of generate(decoder, prompts, { sampling: greedy, maxTokens: 3, chunk: 10 }))
      order.push(...step.map(({ sequence }) => sequence));
    expect(order).toEqual([1, 1, 0, 1, 0, 0]);
  });

  it("stops where the context is full, and refuses prompts before it reads any", async () => {
    const decoder = tableDecoder({ context: 8 });
    const [made] = await all(generate(decoder, [[1, 2, 3, 4, 5]], { sampling: greedy }), 1);
    expect([made!.length, made!.at(-1)!.stop]).toEqual([4, "length"]);
    const [one] = await all(generate(decoder, [new Array(8).fill(1)], { sampling: greedy }), 1);
    expect(one!.map(({ stop }) => stop)).toEqual(["length"]);
    const fed = decoder.batches.length;
    for (const [prompt, why] of [
      [new Array(9).fill(0), /prompt 1: it has 9 tokens, the context holds 8/],
      [[], /no tokens/],
      [[1, 8], /token 8 is not in a vocabulary of 8/],
      [[0.5], /token 0.5/],
    ] as const)
      await expect(generate(decoder, [[1], [...prompt]], { sampling: greedy }).next()).rejects.toThrow(why);
    for (const options of [{ maxTokens: 0 }, { parallel: 0 }, { chunk: 1.5 }, { stop: ["x"] }, { sampling: { topP: 2 } }])
      await expect(generate(decoder, [[1]], { seed: 1, ...options }).next()).rejects.toThrow(is("bad-request"));
    await expect(generate(decoder, [[1]]).next()).rejects.toThrow(/random/);
    const hook = Object.assign(() => undefined, { accept: () => undefined });
    await expect(generate(decoder, [[1], [2]], { seed: 1, hooks: [hook] }).next()).rejects.toThrow(/its own/);
    expect([decoder.batches.length, decoder.unclosed.size]).toEqual([fed, 0]);
  });

  it("never lets out a part of a stop string", async () => {
    const vocabulary = ["a", "b", "ab", "é", new Uint8Array([0xc3]), new Uint8Array([0xa9]), "aab", ""];
    const word = (t: number): Buffer => Buffer.from(vocabulary[t] as string);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(7), { minLength: 1, maxLength: 12 }),
        fc.uniqueArray(fc.constantFrom("ab", "aab", "ba", "é", "bbb", "aéb", "aa"), { minLength: 1, maxLength: 3 }),
        async (wanted, stop) => {
          const script = [...wanted];
          const hook = (logits: Float32Array, { position }: { position: number }): void =>
            logits.fill(-9) && void (logits[script[position]!] = 9);
          const options = { sampling: greedy, hooks: [hook], maxTokens: wanted.length, stop, vocabulary };
          const [made] = await all(generate(tableDecoder(), [[0]], options), 1);
          const whole = Buffer.concat(wanted.map(word)).toString("latin1");
          const at = Math.min(
            ...stop.map((s) => whole.indexOf(Buffer.from(s).toString("latin1"))).map((i) => (i < 0 ? 1e9 : i)),
          );
          const out = made!
            .map(({ token, bytes }) => word(token).subarray(0, bytes))
            .map((b) => b.toString("latin1"))
            .join("");
          // a stop string counts as soon as it is whole: of two that overlap, the one that ends first
          if (made!.at(-1)!.stop === "length") expect([out, at]).toEqual([whole, 1e9]);
          else {
            expect(whole.startsWith(out)).toBe(true);
            expect(stop.some((s) => whole.slice(out.length).startsWith(Buffer.from(s).toString("latin1")))).toBe(true);
            expect(stop.some((s) => out.includes(Buffer.from(s).toString("latin1")))).toBe(false);
          }
          expect(tokensOf(made!)).toEqual(wanted.slice(0, made!.length));
        },
      ),
      { numRuns: 400 },
    );
  });

  it("streams: what cannot begin a stop string is let out at once", async () => {
    const script = [1, 0, 0, 1];
    const hook = (logits: Float32Array, { position }: { position: number }): void => void (logits[script[position]!] = 99);
    const steps: number[][] = [];
    const options = { sampling: greedy, hooks: [hook], maxTokens: 4, stop: ["ac"], vocabulary: ["a", "b"] };
    for await (const step of generate(tableDecoder(), [[0]], options)) steps.push(step.map(({ token }) => token));
    expect(steps).toEqual([[1], [0], [0, 1]]);
  });

  it("closes its sequences after an abort, a caller who leaves, and a hook that throws", async () => {
    const decoder = tableDecoder({ context: 1000 });
    const stop = new AbortController();
    const aborted = async (): Promise<void> => {
      for await (const [one] of generate(decoder, [[1], [2], [3]], { seed: 1, signal: stop.signal }))
        if (one!.sequence === 0 && decoder.batches.length > 5) stop.abort(new Error("enough"));
    };
    await expect(aborted()).rejects.toThrow(is("cancelled"));
    expect([decoder.unclosed.size, decoder.batches.length]).toEqual([0, 6]);
    for await (const _ of generate(decoder, [[1], [2]], { seed: 1 })) break;
    expect(decoder.unclosed.size).toBe(0);
    const hook = logitBias(Object.fromEntries(Array.from({ length: 8 }, (_, t) => [t, Number.NEGATIVE_INFINITY])));
    await expect(generate(decoder, [[1], [2]], { seed: 1, hooks: [hook] }).next()).rejects.toThrow(is("cannot-do"));
    expect(decoder.unclosed.size).toBe(0);
  });

  it("lets other work run meanwhile", async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 0);
    await all(generate(tableDecoder({ context: 3000 }), [[1]], { seed: 1 }), 1);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(0);
  });

  it("keeps each sequence's constraint", async () => {
    const vocabulary = ["", "(", ")", "[", "]", "a", "()", "[a"];
    const nested = grammar('root ::= ("(" root ")" | "[" root "]" | "a")*');
    const prompts = Array.from({ length: 12 }, (_, i) => [i % 8]);
    const each = (i: number) => ({ hooks: [constrain(nested, vocabulary, 0, 4 + i)], maxTokens: 4 + i });
    const made = await all(generate(tableDecoder(), prompts, { each, seed: 5, stopTokens: [0], parallel: 5 }), 12);
    for (const one of made) {
      let text = tokensOf(one)
        .map((t) => vocabulary[t])
        .join("");
      for (let before = ""; before !== text; text = text.replaceAll(/\(\)|\[\]|a/g, "")) before = text;
      expect(text).toBe("");
    }
  });
});
