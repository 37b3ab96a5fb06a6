import { expect, test } from "vitest";
import { judgeAbc } from "../../../test/abc-judge.ts";
import { midiOf } from "../score/pitch.ts";
import { soundsOf, ticksOf } from "../score/tune.ts";
import { readAbc } from "./read.ts";
import { writeAbc } from "./write.ts";

/** As it stands in O'Neill's collection, with grace notes, ties, a triplet and broken rhythms. */
const oneill = `X: 2
T: Fare You Well
M: 2/4
L: 1/16
K:D
f-g | a3-b g3-a | f4 e3-d | d3-c A3-B | c4 d3-e |
d3-c (3(A2G2F2) | G4F2-G2 | A-d3 d3-e | d6 ||
A2 | d3-e f3-g | {e}=f4 e3-c | d>cB<A G4- | G4 A2^G=G | d6 |]
`;
const written = (text: string) => {
  const tune = readAbc(text);
  return writeAbc({
    title: tune.title ?? "",
    key: tune.key,
    metre: tune.metre,
    tempo: 90,
    voices: [{ name: "Fiddle", program: 40, clef: "treble", staff: 0, parts: tune.parts }],
  });
};

test("reads a tune as abcjs does", () => {
  const tune = readAbc(oneill);
  expect(tune.title).toBe("Fare You Well");
  expect(tune.parts.map(({ upbeat, bars }) => [ticksOf(upbeat), bars.length])).toEqual([
    [24, 8],
    [24, 5],
  ]);
  const theirs = judgeAbc(oneill).voices[0]!.flat();
  const mine = soundsOf(tune).map(({ pitch, ticks }) => ({ midi: pitch && midiOf(pitch), length: ticks / 192 }));
  expect(mine.map(({ midi }) => midi)).toEqual(theirs.map(({ midi }) => midi));
  for (const [i, { length }] of mine.entries()) expect(length).toBeCloseTo(theirs[i]!.length, 6);
});

test("what is written is read as the same by abcjs and by us", () => {
  const again = written(oneill);
  expect(judgeAbc(again).warnings).toEqual([]);
  expect(judgeAbc(again).voices[0]!.flat()).toEqual(judgeAbc(oneill).voices[0]!.flat());
  expect(readAbc(again).parts).toEqual(readAbc(oneill).parts);
});

test("repeats, second endings and the halves of a parted bar", () => {
  const tune = readAbc("M:4/4\nL:1/4\nK:C\n|:CDEF|1 G4:|2 c4||G2|:E2 D2|C4:|");
  expect(tune.parts.map(({ repeated, bars }) => [repeated, bars.length])).toEqual([
    [true, 2],
    [false, 1],
    [true, 2],
  ]);
  expect(soundsOf({ parts: [tune.parts[0]!] }).map(({ pitch }) => midiOf(pitch!))).toEqual([60, 62, 64, 65, 72]);
});

test.each([
  ["K:D\nABc [K:G] d", "key changes"],
  ["M:4/4\nK:C\nCDEF|\nM:3/4\nCDE|", "metre changes"],
  ["K:Q\nABc", "key"],
  ["K:C\nz4|", "no notes"],
  ["K:C\nABc @", "not understood"],
  ["K:C\n(5ABcde", "too fine"],
])("says what it cannot read: %j", (abc, why) => {
  expect(() => readAbc(abc)).toThrow(why);
});

test("a title cannot break out of its line", () => {
  const tune = readAbc("K:C\nCDEF|");
  const abc = writeAbc({
    title: "A\nK:F#\n%%x",
    key: tune.key,
    metre: tune.metre,
    tempo: 90,
    voices: [{ name: "x", program: 0, clef: "treble", staff: 0, parts: tune.parts }],
  });
  expect(abc.match(/^K:/gm)).toHaveLength(1);
  expect(abc).not.toContain("%%x");
});
