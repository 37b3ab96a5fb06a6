import { gbnfMatcher } from "@inkseal/testkit";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gbnfs, patterns } from "../../test/infer/patterns.ts";
import { accepts, intersection, product } from "./automaton.ts";
import { complement, utf8Runs } from "./expression.ts";
import { grammar } from "./grammar.ts";
import { regex } from "./regex.ts";

const is = (code: string) => expect.objectContaining({ code });

describe("UTF-8 runs", () => {
  it("cover exactly the range's characters", () => {
    const point = fc.oneof(
      fc.integer({ min: 0, max: 0x10ffff }),
      fc.constantFrom(0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff),
    );
    fc.assert(
      fc.property(point, point, point, (a, b, c) => {
        if (c >= 0xd800 && c <= 0xdfff) return;
        const [first, last] = [Math.min(a, b), Math.max(a, b)];
        const bytes = new TextEncoder().encode(String.fromCodePoint(c));
        const hits = utf8Runs([first, last]).filter(
          (run) => run.length === bytes.length && run.every(([low, high], i) => bytes[i]! >= low && bytes[i]! <= high),
        );
        expect(hits.length).toBe(c >= first && c <= last ? 1 : 0);
      }),
      { numRuns: 2000 },
    );
  });
  it("complement complements", () => {
    expect(
      complement([
        [0, 64],
        [66, 0x10ffff],
      ]),
    ).toEqual([[65, 65]]);
    expect(complement([])).toEqual([[0, 0x10ffff]]);
  });
});

describe("regex", () => {
  it("accepts what JavaScript accepts", () => {
    fc.assert(
      fc.property(
        patterns,
        fc.array(fc.constantFrom("a", "b", "c", "é", "0", "-", "😀", " "), { maxLength: 6 }),
        (p, letters) => {
          const text = letters.join("");
          expect(accepts(regex(p), text)).toBe(new RegExp(`^(?:${p})$`, "u").test(text));
        },
      ),
      { numRuns: 1500 },
    );
  });
  it.each([
    ["^\\d{4}-\\d{2}$", ["2026-11"], ["2026-1", "x2026-11", "2026-11\n"]],
    ["\\u{1F600}|\\uD83D\\uDE01|\\x41", ["😀", "😁", "A"], ["😂"]],
    ["\\p{Script=Han}+", ["汉字"], ["kanji", ""]],
    ["[^\\w\\s-]", ["é", "!"], ["-", "a", " ", "\u3000"]],
    ["(?<year>a)(?:b)+?", ["ab", "abb"], ["a"]],
    [".*", ["", "x😀"], ["\n", "\u2028"]],
    ["(a*)*", ["", "aaa"], ["b"]],
    ["[]|x", ["x"], [""]],
    ["[^]", ["\n"], [""]],
    ["a{0}b{2,}", ["bb", "bbb"], ["b", "abb"]],
  ])("%s", (pattern, good, bad) => {
    for (const text of good) expect(accepts(regex(pattern), text), text).toBe(true);
    for (const text of bad) expect(accepts(regex(pattern), text), text).toBe(false);
  });
  it("says what it cannot", () => {
    for (const pattern of ["(a)\\1", "(?=a)a", "(?<!a)b", "a\\b", "a^b", "a$b", "(^a)"])
      expect(() => regex(pattern), pattern).toThrow(is("cannot-do"));
    for (const pattern of ["(", "a{2,1}", "((((a{99}){99}){99}){99})", "a{20000}", `${"(".repeat(300)}${")".repeat(300)}`])
      expect(() => regex(pattern), pattern).toThrow(is("bad-request"));
  });
});

describe("products", () => {
  const texts = fc.array(fc.constantFrom("a", "b", "c", "é", "0"), { maxLength: 5 }).map((l) => l.join(""));
  it("are intersection, union and difference", () => {
    fc.assert(
      fc.property(patterns, patterns, texts, (p, q, text) => {
        const [a, b] = [regex(p), regex(q)];
        const [inA, inB] = [accepts(a, text), accepts(b, text)];
        expect(accepts(intersection(a, b), text)).toBe(inA && inB);
        expect(
          accepts(
            product(a, b, (l, r) => l || r),
            text,
          ),
        ).toBe(inA || inB);
        expect(
          accepts(
            product(a, b, (l, r) => l && !r),
            text,
          ),
        ).toBe(inA && !inB);
      }),
      { numRuns: 400 },
    );
  });
  it("of a grammar and a regular expression", () => {
    const both = intersection(grammar('root ::= "a" root "b" | ""'), regex("a{2,3}b+"));
    expect(["aabb", "aaabbb", "ab", "aaaabbbb", "aab"].filter((t) => accepts(both, t))).toEqual(["aabb", "aaabbb"]);
  });
});

describe("grammar", () => {
  it("accepts what an independent matcher accepts", () => {
    fc.assert(
      fc.property(gbnfs, fc.array(fc.constantFrom("a", "b", "c", "é"), { maxLength: 7 }), (g, letters) => {
        expect(accepts(grammar(g), letters.join(""))).toBe(gbnfMatcher(g)(letters.join("")));
      }),
      { numRuns: 800 },
    );
  });
  it("reads llama.cpp's notation", () => {
    const g = grammar(`# a list
root   ::= item ( "," ws
             item )* end_1 # of items
item ::= [a-z\\]\\x30-\\x39]{2, 3} | "\\u00e9\\U0001F600\\n"+ |
  [^a-z"] .
ws ::= " "?
end_1 ::= "" | ";"`);
    for (const text of ["ab", "a0], xyz;", "é😀\né😀\n", "A\n,  ", "ab,cd"]) expect(accepts(g, text), text).toBe(true);
    for (const text of ["a", "abcd", "ab,", "éxx", "ab;;", '"x']) expect(accepts(g, text), text).toBe(false);
  });
  it("nests without end and keeps right recursion flat", () => {
    const nested = grammar('root ::= "(" root ")" root | ""');
    expect(accepts(nested, `${"(".repeat(3000)}${")".repeat(3000)}()`)).toBe(true);
    expect(accepts(nested, `${"(".repeat(3000)}${")".repeat(2999)}`)).toBe(false);
    const list = grammar('root ::= [a-z] ("," root)?');
    expect(accepts(list, "a,".repeat(30_000).slice(0, -1))).toBe(true);
  });
  it.each([
    ['root ::= root "a" | "b"', /beginning/],
    ['root ::= x "a"\nx ::= y? root', /beginning|no rule/],
    ['root ::= (x | "") root "a"\nx ::= "b"', /beginning/],
    ["root ::= nowhere", /no rule nowhere/],
    ['start ::= "a"', /no rule root/],
    ['root ::= "a', /line 1/],
    ['root ::= ("a"', /parenthesis/],
    ['root ::= "a" )', /end of a rule/],
    ['root ::= "a"\nroot ::= "b"', /two rules/],
    ['root ::= "a"{3,2}', /no range/],
    ['root ::= (("a"{2000}){2000}){2000}', /states/],
    ["root ::= [z-a]", /rises/],
    ['root ::= "\\q"', /character/],
  ])("refuses %s", (text, why) => {
    expect(() => grammar(text)).toThrow(why);
    expect(() => grammar(text)).toThrow(is("bad-request"));
  });
  it("reads a text with 2^40 readings", () => {
    const g = grammar('root ::= "a" root x | "a" root y | "b"\nx ::= "x"\ny ::= "x" | "y"');
    const [a, x] = ["a".repeat(40), "x".repeat(40)];
    expect([`${a}b${x}`, `${a}b${x}x`, `${a}b${x.slice(2)}yx`].map((t) => accepts(g, t))).toEqual([true, false, true]);
  });
});
