import * as fc from "fast-check";

/** Regular expressions over a few letters, with classes, groups and all repetitions. */
export const patterns: fc.Arbitrary<string> = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom("a", "b", "ab", "é", "😀", "[ab]", "[^a]", "\\d", "[a-cé]", ".", "\\w", "[^\\s0]"),
    fc.tuple(tie("any"), tie("any")).map(([a, b]) => `${a}${b}`),
    fc.tuple(tie("any"), tie("any")).map(([a, b]) => `(?:${a}|${b})`),
    fc.tuple(tie("any"), fc.constantFrom("*", "+", "?", "{2}", "{1,3}", "{0,1}", "{2,}")).map(([a, m]) => `(${a})${m}`),
  ),
})).any;

const word = fc.constantFrom('"a"', '"b"', '"ab"', '"é"', "[ab]", "[^a]", "[b-c]");
const item = fc.oneof(word, fc.constantFrom("root", "x", "y", "(x | y)"));
const suffix = fc.constantFrom("", "", "", "*", "+", "?", "{1,2}");
/** Each alternative begins with a letter, so nothing is left-recursive. */
const alternative = fc
  .tuple(word, fc.array(fc.tuple(item, suffix), { maxLength: 3 }))
  .map(([first, rest]) => [first, ...rest.map(([i, s]) => `${i}${s}`)].join(" "));
const body = fc.tuple(word, fc.array(alternative, { maxLength: 2 })).map((all) => all.flat().join(" | "));

/** Context-free grammars of three rules that may all call each other; each has a sentence. */
export const gbnfs: fc.Arbitrary<string> = fc
  .tuple(body, body, body)
  .map(([r, x, y]) => `root ::= ${r}\nx ::= ${x}\ny ::= ${y}`);
