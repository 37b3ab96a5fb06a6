import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NgramCache } from "./cache.ts";
import { mixIn } from "./mixture.ts";

const vocab = 5;
const tokens = fc.array(fc.nat({ max: vocab - 1 }), { maxLength: 40 });
const names = fc.constantFrom("a.ts", "b.ts", "c.ts");
const change = fc.oneof(
  fc.record({ kind: fc.constant("put" as const), name: names, tokens }),
  fc.record({ kind: fc.constant("remove" as const), name: names }),
);

describe("the n-gram cache", () => {
  it("after any changes is as one made from the files that are left, in the order in which they last came", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), tokens, (changes, context) => {
        const cache = new NgramCache({ recall: 7 });
        const files = new Map<string, readonly number[]>();
        for (const c of changes) {
          files.delete(c.name);
          if (c.kind === "put") {
            files.set(c.name, c.tokens);
            cache.put(c.name, c.tokens);
          } else cache.remove(c.name);
        }
        const fresh = new NgramCache({ recall: 7 });
        for (const [name, ids] of files) fresh.put(name, ids);
        expect(cache.followers(context)).toEqual(fresh.followers(context));
        expect(cache.size).toBe([...files.values()].reduce((sum, ids) => sum + ids.length, 0));
      }),
    );
  });

  it("finds what a search through all files finds, and never over a file's end", () => {
    fc.assert(
      fc.property(fc.array(tokens, { minLength: 1, maxLength: 4 }), tokens, (files, context) => {
        const cache = new NgramCache({ most: 4 });
        for (const [i, ids] of files.entries()) cache.put(`${i}`, ids);
        const found: { token: number; matched: number }[] = [];
        for (const ids of files)
          for (let at = 0; at < ids.length; at++) {
            let matched = 0;
            while (
              matched < 4 &&
              matched < at &&
              matched < context.length &&
              ids[at - 1 - matched] === context.at(-1 - matched)
            )
              matched++;
            if (matched >= 2) found.push({ token: ids[at]!, matched });
          }
        expect(cache.followers(context)).toEqual(found.reverse());
      }),
    );
  });

  it("keeps to the newest places of a context that occurs often", () => {
    const cache = new NgramCache({ recall: 2 });
    cache.put("old", [1, 2, 3, 1, 2, 3]);
    cache.put("new", [1, 2, 4]);
    expect(cache.followers([1, 2]).map(({ token }) => token)).toEqual([4, 3]);
  });
});

describe("probabilities with the cache mixed in", () => {
  it("are never below 0 and sum to 1", () => {
    fc.assert(
      fc.property(
        fc.array(tokens, { minLength: 1, maxLength: 3 }),
        tokens,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: vocab, maxLength: vocab }),
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        (files, context, weights, short) => {
          const sum = weights.reduce((a, b) => a + b, 0);
          fc.pre(sum > 1e-3);
          const p = Float32Array.from(weights, (w) => w / sum);
          const cache = new NgramCache();
          for (const [i, ids] of files.entries()) cache.put(`${i}`, ids);
          mixIn(p, cache.followers(context), cache.least, cache.most, { short, long: 0.5, from: 3 });
          expect(p.every((x) => x >= 0)).toBe(true);
          expect(p.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4);
        },
      ),
    );
  });

  it("are those of Witten and Bell, from short to long contexts", () => {
    const p = new Float32Array(4).fill(0.25);
    const followers = [
      { token: 1, matched: 3 },
      { token: 1, matched: 2 },
      { token: 2, matched: 2 },
    ];
    mixIn(p, followers, 2, 9, { short: 1, long: 1, from: 99 });
    // two tokens: 3 seen, 2 different; then three tokens: 1 seen, 1 different
    const at2 = [0, 2, 1, 0].map((count) => (count + 2 * 0.25) / 5);
    const at3 = [0, 1, 0, 0].map((count, token) => (count + at2[token]!) / 2);
    for (const [token, value] of at3.entries()) expect(p[token]).toBeCloseTo(value, 6);
  });

  it("stay as they are where nothing is known", () => {
    const p = Float32Array.of(0.1, 0.9);
    mixIn(p, [], 2, 9, { short: 1, long: 1, from: 4 });
    expect([...p]).toEqual([...Float32Array.of(0.1, 0.9)]);
  });
});
