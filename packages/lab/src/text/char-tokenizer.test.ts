import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CharTokenizer } from "./char-tokenizer.ts";

describe("CharTokenizer", () => {
  it("has nanoGPT's ids: the characters of the text, sorted", () => {
    const tokenizer = CharTokenizer.train("hello, world\n");
    expect(tokenizer.decode([0, 1, 2, 3, 4])).toBe("\n ,de");
    expect(tokenizer.encode("held")).toEqual([5, 4, 6, 3]);
    expect(tokenizer.vocab).toBe(10);
  });
  it("sorts by code point, not by UTF-16", () => {
    expect(CharTokenizer.train("😀\uffee").decode([0, 1])).toBe("\uffee😀");
  });
  it("gives back every text of its alphabet", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (text) => {
        const tokenizer = CharTokenizer.train(text);
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text.replace(/\p{Surrogate}/gu, "\ufffd"));
        expect(tokenizer.encode(text).flatMap((id) => [...tokenizer.token(id)])).toEqual([...new TextEncoder().encode(text)]);
      }),
    );
  });
  it("names the character that it lacks, or takes the unknown token", () => {
    expect(() => CharTokenizer.train("abc").encode("ab€")).toThrow(
      expect.objectContaining({ code: "bad-request", message: expect.stringContaining("U+20AC") }),
    );
    expect(new CharTokenizer(["a", "<unk>"], "<unk>").encode("a€")).toEqual([0, 1]);
  });
  it("refuses alphabets that are none", () => {
    for (const characters of [[], ["a", "a"], ["ab"], [""]])
      expect(() => new CharTokenizer(characters)).toThrow(expect.objectContaining({ code: "bad-request" }));
    expect(() => CharTokenizer.train("a").decode([1])).toThrow(expect.objectContaining({ code: "bad-request" }));
  });
});
