import fc from "fast-check";
import { expect, test } from "vitest";
import { judgeAbc } from "../../../test/abc-judge.ts";
import { makeWith, randomMelody } from "../../../test/random-melody.ts";
import { parseKey, tonicSemitone } from "../score/key.ts";
import { parallels } from "./rules.ts";

const ours = await randomMelody();
const forgetful = await randomMelody(96);
const ranges = [
  [60, 81],
  [53, 74],
  [48, 69],
  [40, 62],
] as const;

/** What sounds in each voice at each 32nd, as abcjs reads it. */
function sounding(abc: string): number[][] {
  const { voices, warnings } = judgeAbc(abc);
  expect(warnings).toEqual([]);
  expect(voices).toHaveLength(4);
  return voices.map((bars) =>
    bars.flat().flatMap(({ midi, length }) => new Array<number>(Math.round(length * 96)).fill(midi ?? -1)),
  );
}
function obeys(voices: readonly (readonly number[])[]): void {
  for (const [v, line] of voices.entries()) {
    expect(line).toHaveLength(voices[0]!.length);
    for (const [t, midi] of line.entries()) {
      if (midi < 0) continue;
      expect(midi).toBeGreaterThanOrEqual(ranges[v]![0]);
      expect(midi).toBeLessThanOrEqual(ranges[v]![1]);
      const above = voices[v - 1]?.[t];
      if (above !== undefined && above >= 0) expect(midi).toBeLessThanOrEqual(above);
    }
  }
}

test("whatever the weights, chorales keep their voices in range and order, and end on the tonic", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("C", "D", "Eb", "F#", "G", "Am", "Bm", "Fm", "Gdor"),
      fc.constantFrom("4/4", "3/4"),
      fc.integer({ min: 2, max: 12 }),
      fc.integer({ min: 0, max: 1e6 }),
      fc.boolean(),
      async (key, metre, bars, seed, forgets) => {
        const { text } = await makeWith(
          forgets ? forgetful : ours,
          {
            task: "chat",
            messages: [{ role: "user", content: "a chorale" }],
            controls: { own: { key, metre, bars }, temperature: 1.5, topP: 1 },
          },
          seed,
        );
        const voices = sounding(text);
        obeys(voices);
        expect(voices[0]!.length).toBe((bars * 96 * Number(metre[0])) / 4);
        const home = tonicSemitone(parseKey(key)!);
        expect((voices[3]!.at(-1)! - home + 120) % 12).toBe(0);
        expect((voices[0]!.at(-1)! - home + 120) % 12).toBe(0);
      },
    ),
    { numRuns: 10 },
  );
}, 120_000);

test("a given melody is the soprano, note for note, and the others keep under it", async () => {
  const abc = "X:1\nT:Given\nM:3/4\nL:1/4\nK:G\nD|G2 B/A/|G2 B|A>G E|z D z|G2 B|A3|d3-|d2 ||\n";
  for (const maker of [ours, forgetful]) {
    const { text } = await makeWith(maker, {
      task: "music",
      text: "harmonise it",
      controls: { own: { harmonise: abc }, format: "abc" },
    }).then((m) => ({ text: new TextDecoder().decode(m.file) }));
    const voices = sounding(text);
    obeys(voices);
    const given = judgeAbc(abc)
      .voices[0]!.flat()
      .flatMap(({ midi, length }) => new Array<number>(Math.round(length * 96)).fill(midi ?? -1));
    expect(voices[0]).toEqual(given);
  }
});

test("a melody too wide for a soprano is refused", async () => {
  const own = { harmonise: "M:4/4\nL:1/4\nK:C\nC, C c c'|" };
  await expect(makeWith(ours, { task: "music", text: "", controls: { own } })).rejects.toMatchObject({
    code: "cannot-do",
    details: { param: "controls.own.harmonise" },
  });
});

test("parallel fifths and octaves are seen, contrary and still voices are not", () => {
  const before = [72, 67, 60, 48] as const; // C–G over C–C
  expect(parallels(before, [74, undefined, undefined, undefined], 3, 50)).toBe(1); // octaves with the soprano
  expect(parallels(before, [74, undefined, undefined, undefined], 3, 47)).toBe(0);
  expect(parallels(before, [72, undefined, undefined, 50], 1, 69)).toBe(1); // fifths with the bass
  expect(parallels(before, [72, undefined, undefined, 48], 1, 67)).toBe(0);
});
