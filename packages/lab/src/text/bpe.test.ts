import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BpeTokenizer } from "./bpe.ts";
import { trainMerges } from "./bpe-train.ts";
import { byteAlphabet, bytesOf, spellBytes } from "./byte-alphabet.ts";
import { MergeTable } from "./merges.ts";

describe("the byte alphabet", () => {
  it("is GPT-2's: space is Ġ, newline Ċ, and '!' has id 0", () => {
    expect([spellBytes(" \n!é"), byteAlphabet[0], byteAlphabet.length]).toEqual(["ĠĊ!Ã©", "!", 256]);
    expect(new Set(byteAlphabet).size).toBe(256);
  });
  it("goes both ways for any bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (t) => {
        const back = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytesOf(spellBytes(t)));
        expect(back).toBe(t.replace(/\p{Surrogate}/gu, "\ufffd"));
      }),
    );
  });
});

/** The definition: look for the best pair anew each time. */
function mergeSlowly(symbols: number[], merges: [number, number, number][]): number[] {
  const s = [...symbols];
  for (;;) {
    const ranks = s.slice(1).map((right, i) => merges.findIndex(([l, r]) => l === s[i] && r === right));
    const best = Math.min(...ranks.map((r) => (r < 0 ? Infinity : r)));
    if (best === Infinity) return s;
    s.splice(ranks.indexOf(best), 2, merges[best]![2]);
  }
}

describe("MergeTable", () => {
  it("joins as the definition does", () => {
    const id = fc.integer({ min: 0, max: 5 });
    fc.assert(
      fc.property(
        fc.array(id, { maxLength: 30 }),
        fc.uniqueArray(fc.tuple(id, id), { maxLength: 6, selector: String }),
        (symbols, pairs) => {
          const merges = pairs.map(([l, r], i): [number, number, number] => [l, r, 6 + i]);
          const deep = merges.flatMap(([, , joined], i): [number, number, number][] => [
            [joined, i % 6, 20 + i],
            [joined, joined, 40 + i],
          ]);
          const all = [...merges, ...deep];
          expect(new MergeTable(all).apply([...symbols])).toEqual(mergeSlowly(symbols, all));
        },
      ),
    );
  });
});

/** The definition: count all pairs anew for each merge. */
function trainSlowly(pieces: ReadonlyMap<string, number>, vocab: number): [string, string][] {
  const ids = new Map(byteAlphabet.map((s, i) => [s, i]));
  const merges: [string, string][] = [];
  const words = [...pieces].map(([piece, count]) => ({ symbols: [...piece], count }));
  while (ids.size < vocab) {
    const counts = new Map<string, number>();
    for (const { symbols, count } of words)
      for (let i = 0; i + 1 < symbols.length; i++) {
        const key = `${symbols[i]} ${symbols[i + 1]}`;
        counts.set(key, (counts.get(key) ?? 0) + count);
      }
    const order = (key: string) => key.split(" ").map((s) => ids.get(s)!) as [number, number];
    const [best] = [...counts].sort(([a, n], [b, m]) => m - n || order(a)[0] - order(b)[0] || order(a)[1] - order(b)[1]);
    if (best === undefined) break;
    const [l, r] = best[0].split(" ") as [string, string];
    merges.push([l, r]);
    if (!ids.has(l + r)) ids.set(l + r, ids.size);
    for (const { symbols } of words)
      for (let i = 0; i + 1 < symbols.length; i++) if (symbols[i] === l && symbols[i + 1] === r) symbols.splice(i, 2, l + r);
  }
  return merges;
}

describe("trainMerges", () => {
  it("keeps its counts as if it counted anew each time", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.dictionary(word, fc.integer({ min: 1, max: 9 }), { maxKeys: 12 }), (words) => {
        const pieces = new Map(Object.entries(words));
        expect(trainMerges(pieces, 280).merges).toEqual(trainSlowly(pieces, 280));
      }),
    );
  });
});

describe("BpeTokenizer", () => {
  const text = "to be, or not to be: that is the question\n".repeat(20);
  const tokenizer = BpeTokenizer.train([text], { vocab: 300, special: ["<|endoftext|>", "<|x|>"] });

  it("spells out special tokens only where they are meant", () => {
    const end = tokenizer.special.get("<|endoftext|>")!;
    expect(end).toBe(tokenizer.vocab - 2);
    expect(tokenizer.encode("to be<|endoftext|>")).toContain(end);
    const plain = tokenizer.encode("to be<|endoftext|>", { plain: true });
    expect(plain).not.toContain(end);
    expect(tokenizer.decode(plain)).toBe("to be<|endoftext|>");
  });
  it("gives each token's bytes: together they are the text's", () => {
    const t = "to be 海\u{1F600} or\n";
    const bytes = tokenizer.encode(t).flatMap((id) => [...tokenizer.token(id)]);
    expect(new TextDecoder().decode(Uint8Array.from(bytes))).toBe(t);
    expect(tokenizer.token(tokenizer.vocab - 1)).toHaveLength(0);
  });
  it("stops early when no pair is left, and compresses what it has seen", () => {
    expect(tokenizer.vocab).toBeLessThanOrEqual(300);
    expect(tokenizer.encode(text).length).toBeLessThan(text.length / 2.5);
  });
  it("encodes a text without spaces of 100,000 characters, half characters decode to U+FFFD", () => {
    const long = "tobe".repeat(25_000);
    expect(tokenizer.decode(tokenizer.encode(long))).toBe(long);
    expect(tokenizer.decode(tokenizer.encode("海").slice(0, 1))).toBe("\ufffd");
  });
  it("refuses ids that it does not have, and vocabularies that cannot be", () => {
    for (const id of [-1, 0.5, tokenizer.vocab, Number.NaN])
      expect(() => tokenizer.decode([id])).toThrow(expect.objectContaining({ code: "bad-request" }));
    for (const options of [
      { vocab: 255 },
      { vocab: 300.5 },
      { vocab: 256, special: ["a"] },
      { vocab: 400, special: ["a", "a"] },
    ])
      expect(() => BpeTokenizer.train(["a"], options)).toThrow(expect.objectContaining({ code: "bad-request" }));
  });
});
