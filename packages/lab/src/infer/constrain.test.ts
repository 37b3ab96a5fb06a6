import { gbnfMatcher } from "@inkseal/testkit";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gbnfs, patterns } from "../../test/infer/patterns.ts";
import { seededRandom } from "../data/random.ts";
import { type Automaton, intersection } from "./automaton.ts";
import { constrain } from "./constrain.ts";
import { grammar } from "./grammar.ts";
import { regex } from "./regex.ts";
import { Sampler } from "./sampler.ts";
import { TokenMask } from "./token-mask.ts";
import { type Vocabulary, VocabularyTrie } from "./vocabulary-trie.ts";

const is = (code: string) => expect.objectContaining({ code });
const letters = ["a", "b", "c", "é", "0", "-", "😀", " ", "x", "1", "ü"];
const bytes: Uint8Array[] = Array.from({ length: 256 }, (_, b) => Uint8Array.of(b));
const merges = ["ab", "aba", "bb", "aé", "éé", "a😀b", "00", "ca", '":', '",', '{"', '"}', "true", "e, ", "name"];
/** Token 0 ends; it has text that must never count. */
const vocabularies: Record<string, Vocabulary> = {
  characters: ["a", ...letters],
  bytes: [undefined, ...bytes],
  "bytes and merges": ["</s>", ...bytes, ...merges],
  "characters and merges": ["a", ...letters, ...merges, ""],
};
const decode = (vocabulary: Vocabulary, tokens: readonly number[]): string =>
  new TextDecoder("utf-8", { fatal: true }).decode(
    Uint8Array.from(
      tokens.flatMap((t) => {
        const word = vocabulary[t] ?? "";
        return typeof word === "string" ? [...new TextEncoder().encode(word)] : [...word];
      }),
    ),
  );

/** A text of random tokens under a constraint, ended by its end token or by `maxTokens`. */
function draw<S>(automaton: Automaton<S>, vocabulary: Vocabulary, seed: number, maxTokens?: number): string {
  const random = seededRandom(seed);
  const constraint = constrain(automaton, vocabulary, 0, maxTokens);
  const sampler = new Sampler({}, { random, hooks: [constraint] });
  const tokens: number[] = [];
  while (tokens.length < (maxTokens ?? 400)) {
    const logits = Float32Array.from(vocabulary, () => 4 * random());
    const token = sampler.sample(logits, { tokens, position: tokens.length });
    constraint.accept(token);
    if (token === 0) break;
    tokens.push(token);
  }
  if (maxTokens !== undefined) expect(constraint.complete).toBe(true);
  return constraint.complete ? decode(vocabulary, tokens) : "";
}

describe.each(Object.entries(vocabularies))("constrained output over %s", (_, vocabulary) => {
  it("of a regular expression is what JavaScript matches, within the tokens allowed", () => {
    let drawn = 0;
    fc.assert(
      fc.property(patterns, fc.nat(), fc.integer({ min: 8, max: 40 }), (pattern, seed, maxTokens) => {
        let text: string;
        try {
          text = draw(regex(pattern), vocabulary, seed, maxTokens);
        } catch (error) {
          // a shortest text that is too long, or that these letters cannot spell
          expect(["bad-request", "cannot-do"]).toContain((error as { code: string }).code);
          return;
        }
        drawn++;
        expect(text).toMatch(new RegExp(`^(?:${pattern})$`, "u"));
      }),
      { numRuns: 150 },
    );
    expect(drawn).toBeGreaterThan(120);
  });
  it("of a grammar is what an independent matcher derives, within the tokens allowed", () => {
    fc.assert(
      fc.property(gbnfs, fc.nat(), fc.integer({ min: 2, max: 12 }), (g, seed, maxTokens) => {
        expect(gbnfMatcher(g)(draw(grammar(g), vocabulary, seed, maxTokens)), g).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

describe("constraint", () => {
  const vocabulary = vocabularies["bytes and merges"]!;
  it("to JSON under a schema gives JSON that ajv finds valid", () => {
    const json = grammar(String.raw`root ::= "{" "\"name\":" string ", " "\"tags\":" tags (", " "\"in\":" root)? "}"
tags ::= "[" (value ("," value)*)? "]"
value ::= string | number | "true" | "null" | tags
string ::= "\"" ([^"\\\x00-\x1F\x7F] | "\\" (["\\/bfnrt] | "u" [0-9a-cA-C]{4})){0,12} "\""
number ::= "-"? ("0" | [1-9] [0-9]{0,5}) ("." [0-9]{1,3})? ([eE] [-+]? [0-9])?`);
    const valid = new Ajv2020({ strict: false }).compile({
      type: "object",
      required: ["name", "tags"],
      additionalProperties: false,
      properties: {
        name: { type: "string", maxLength: 12 },
        tags: { $ref: "#/$defs/tags" },
        in: { $ref: "#" },
      },
      $defs: {
        tags: {
          type: "array",
          items: { anyOf: [{ type: ["string", "number", "null"] }, { const: true }, { $ref: "#/$defs/tags" }] },
        },
      },
    });
    for (let seed = 0; seed < 60; seed++) {
      const text = draw(json, vocabulary, seed, 24 + seed * 4);
      expect(valid(JSON.parse(text)), text).toBe(true);
    }
  });
  it("to what two automata both accept completes too", () => {
    const both = intersection(regex("(ab|é|c)*"), regex(".{5}|.{9}"));
    for (let seed = 0; seed < 40; seed++) expect(draw(both, vocabulary, seed, 14)).toMatch(/^(?=(ab|é|c)*$)(.{5}|.{9})$/u);
    const unbounded = intersection(grammar('root ::= "a" root "b" | ""'), regex("[ab]*"));
    expect(() => constrain(unbounded, vocabulary, 0)).toThrow(is("cannot-do"));
  });
  it("allows an end only after a whole text, and then nothing else", () => {
    const constraint = constrain(regex("ab?"), ["", "a", "b"], 0);
    const allowed = (): number[] => {
      const logits = new Float32Array(4);
      constraint(logits, { tokens: [], position: 0 });
      return [...logits.keys()].filter((t) => logits[t] === 0);
    };
    expect([allowed(), constraint.complete]).toEqual([[1], false]);
    expect(() => constraint.accept(0)).toThrow(is("bad-request"));
    constraint.accept(1);
    expect([allowed(), constraint.complete]).toEqual([[0, 2], true]);
    expect(() => constraint.accept(1)).toThrow(is("bad-request"));
    constraint.accept(0);
    expect(allowed()).toEqual([0]);
    expect(() => constraint.accept(2)).toThrow(is("bad-request"));
  });
  it("never enters a dead end: letters that the vocabulary lacks, tokens that stand alone", () => {
    // x must be followed by q, which no token spells; "tr" has no "u" or "e" alone, but "ue"
    const words = ["", "x", "a", "tr", "ue", "uex"];
    const mask = new TokenMask(regex("xq|a|true"), words, 0);
    expect([...mask.needs(mask.automaton.start)]).toEqual([0xffff, 0xffff, 1, 2, 0xffff, 0xffff]);
    expect([...mask.allowed(mask.automaton.start, 1)]).toEqual([0b100]);
    expect([...mask.allowed(mask.automaton.start)]).toEqual([0b1100]);
    expect(() => new TokenMask(regex("xq"), words, 0)).toThrow(is("cannot-do"));
    expect(() => new TokenMask(grammar('root ::= "a" root'), words, 0)).toThrow(is("cannot-do"));
    expect(() => new TokenMask(regex("a"), words, 6)).toThrow(is("bad-request"));
  });
  it("counts fixed text by its longest tokens, and says what does not fit", () => {
    const long = regex("true|name: [a-z]{3}");
    expect(() => constrain(long, [...vocabulary, "name: "], 0, 0)).toThrow(/takes 1 tokens; at most 0/);
    const mask = new TokenMask(regex("name: [a-z]{3}"), [...vocabulary, "name: "], 0);
    expect(mask.distance(mask.automaton.start)).toBe(4);
  });
  it("works over symbols that are no bytes: three notes that rise", () => {
    const rising: Automaton<number> = {
      start: 0,
      next: (state, note) => (note > state % 1000 && state < 3000 ? (Math.floor(state / 1000) + 1) * 1000 + note : undefined),
      accepts: (state) => state >= 3000,
    };
    const notes: Vocabulary = [undefined, ...[60, 62, 64, 65, 67, 69, 71, 72].map((n) => [n])];
    for (let seed = 0; seed < 30; seed++) {
      const constraint = constrain(rising, notes, 0, 3);
      const sampler = new Sampler({}, { random: seededRandom(seed), hooks: [constraint] });
      const tokens: number[] = [];
      for (let i = 0; i < 3; i++) {
        tokens.push(sampler.sample(new Float32Array(9), { tokens, position: i }));
        constraint.accept(tokens.at(-1)!);
      }
      expect(constraint.complete).toBe(true);
      expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
    }
  });
});

describe("vocabulary trie", () => {
  it("walks to every token once, and knows its atoms", () => {
    const trie = new VocabularyTrie(["a", "b", "ab", "abc", "cd", "cdab", undefined, "b", "z"], [8]);
    const found: [number, string][] = [];
    trie.walk(
      "",
      (s, symbol) => s + String.fromCharCode(symbol),
      (token, s) => found.push([token, s]),
    );
    expect(found.sort(([a], [b]) => a - b)).toEqual([
      [0, "a"],
      [1, "b"],
      [2, "ab"],
      [3, "abc"],
      [4, "cd"],
      [5, "cdab"],
      [7, "b"],
    ]);
    const atoms: number[] = [];
    trie.atoms.walk(
      0,
      () => 0,
      (token) => atoms.push(token),
    );
    expect(atoms.sort()).toEqual([0, 1, 3, 4, 7]);
  });
});
