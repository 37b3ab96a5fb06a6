import type { BriefInput } from "@inkseal/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { judgeAbc } from "../../test/abc-judge.ts";
import { makeWith, randomMelody } from "../../test/random-melody.ts";
import { parseKey, tonicSemitone } from "./score/key.ts";

const ours = await randomMelody();
const forgetful = await randomMelody(96);
const scales = {
  major: [0, 2, 4, 5, 7, 9, 11],
  minor: [0, 2, 3, 5, 7, 8, 10],
  dorian: [0, 2, 3, 5, 7, 9, 10],
  mixolydian: [0, 2, 4, 5, 7, 9, 10],
} as const;

const wishes = fc.record({
  tonic: fc.constantFrom("C", "D", "Eb", "F", "F#", "G", "A", "Bb", "B"),
  mode: fc.constantFrom("major", "minor", "dorian", "mixolydian"),
  metre: fc.constantFrom("4/4", "2/2", "2/4", "3/4", "6/8", "9/8", "12/8", "3/8", "6/4", "3/2"),
  bars: fc.integer({ min: 2, max: 40 }),
  upbeat: fc.boolean(),
  accidentals: fc.boolean(),
  instrument: fc.constantFrom("violin", "flute", "cello", "whistle", "piano"),
  seed: fc.integer({ min: 0, max: 1e6 }),
  forgets: fc.boolean(),
});

test("whatever the weights, abcjs reads as many bars as were asked for, each full, in range, in key, ending on the tonic", async () => {
  await fc.assert(
    fc.asyncProperty(wishes, async ({ tonic, mode, metre, bars, upbeat, accidentals, instrument, seed, forgets }) => {
      const own = { key: tonic, mode, metre, bars, upbeat, accidentals, instrument };
      const key = parseKey(`${tonic} ${mode}`);
      if (key === undefined) return; // more than seven signs
      const { text } = await makeWith(
        forgets ? forgetful : ours,
        { task: "chat", messages: [{ role: "user", content: "a tune" }], controls: { own, temperature: 1.5, topP: 1 } },
        seed,
      );
      const judged = judgeAbc(text);
      expect(judged.warnings).toEqual([]);
      const voice = judged.voices[0]!;
      const [over, under] = metre.split("/").map(Number) as [number, number];
      const whole = over / under;
      const lengths = voice.map((bar) => bar.reduce((sum, { length }) => sum + length, 0));
      if (!upbeat) {
        expect(lengths).toHaveLength(bars);
        for (const length of lengths) expect(length).toBeCloseTo(whole, 6);
      } else {
        const full = lengths.filter((l) => Math.abs(l - whole) < 1e-6).length;
        const strainCount = text.split("||").length;
        expect(full).toBe(bars - strainCount);
        // each strain's upbeat and last bar make one bar
        expect(lengths.reduce((a, b) => a + b, 0)).toBeCloseTo(bars * whole, 6);
      }
      const midis = voice.flat().flatMap(({ midi }) => (midi === undefined ? [] : [midi]));
      const [low, high] = { violin: [55, 86], flute: [60, 91], cello: [43, 74], whistle: [62, 88], piano: [48, 79] }[
        instrument
      ] as [number, number];
      for (const midi of midis) expect(midi >= low && midi <= high).toBe(true);
      const home = tonicSemitone(key);
      if (!accidentals) for (const midi of midis) expect(scales[mode]).toContain((midi - home + 120) % 12);
      expect((midis.at(-1)! - home + 120) % 12).toBe(0);
      expect(voice.at(-1)!.at(-1)!.length).toBeGreaterThanOrEqual(36 / 192);
    }),
    { numRuns: 30 },
  );
}, 120_000);

test("the same seed makes the same tune, another seed another", async () => {
  const brief = { task: "music", text: "a jig in G", controls: { format: "abc" } } as const;
  const [a, b, c] = [await makeWith(ours, brief, 4), await makeWith(ours, brief, 4), await makeWith(ours, brief, 5)];
  expect(a.file).toEqual(b.file);
  expect(a.file).not.toEqual(c.file);
});

test("a motif stays as it was given, and the tune goes on from it", async () => {
  const own = { motif: "DFAd fdAF|G2", key: "D", metre: "4/4", bars: 8 };
  const { text } = await makeWith(ours, { task: "completion", text: "a reel", controls: { own } });
  const body = text.split("K:D\n")[1]!;
  expect(body).toMatch(/DFAd fdAF\| ?G2/);
  expect(judgeAbc(text).voices[0]).toHaveLength(8);
});

test("a given tune is continued in its key and metre", async () => {
  const abc = "X:1\nT:Mine\nM:6/8\nL:1/8\nK:Em\nBEE BEE|BAB G2A|BEE BAG|FDF A2z|\n";
  const { text } = await makeWith(ours, {
    task: "chat",
    messages: [{ role: "user", content: `Please continue this to 12 bars:\n${abc}` }],
  });
  const judged = judgeAbc(text);
  expect(judged.title).toBe("Mine");
  expect(judged.metre).toBe("6/8");
  const given = judgeAbc(abc).voices[0]!;
  expect(judged.voices[0]!.slice(0, 4)).toEqual(given);
  expect(judged.voices[0]).toHaveLength(12);
});

test("streams lines of ABC that the whole begins with", async () => {
  const brief: BriefInput = { task: "chat", messages: [{ role: "user", content: "a reel in D, 16 bars" }] };
  const streamed = await makeWith(ours, { ...brief, stream: true }, 2);
  const whole = await makeWith(ours, brief, 2);
  expect(streamed.text).toBe(whole.text);
  expect(streamed.chunks.filter((c) => c.text).length).toBeGreaterThan(2);
  expect(streamed.chunks.at(-1)).toMatchObject({ finish: "stop" });
});

test("says what it is for when something else is asked", async () => {
  const ask = (content: string) => makeWith(ours, { task: "chat", messages: [{ role: "user", content }] });
  await expect(ask("Explain the moon landing")).rejects.toMatchObject({
    code: "cannot-do",
    message: expect.stringContaining("chat model"),
  });
  await expect(ask("a techno track with drums")).rejects.toMatchObject({
    code: "cannot-do",
    message: expect.stringContaining("reel"),
  });
  await expect(makeWith(ours, { task: "music", text: "a tune", controls: { own: { key: "H" } } })).rejects.toMatchObject({
    code: "bad-request",
    details: { param: "controls.own.key" },
  });
  await expect(makeWith(ours, { task: "music", text: "a tune", controls: { own: { colour: "red" } } })).rejects.toMatchObject({
    details: { param: "controls.own.colour" },
  });
  await expect(makeWith(ours, { task: "music", text: "a tune", controls: { format: "docx" } })).rejects.toMatchObject({
    details: { param: "controls.format" },
  });
});

test("stops when told to", async () => {
  const { melody } = await import("./index.ts");
  const { planOf } = await import("../../test/random-melody.ts");
  const job = await melody.jobOf(planOf({ task: "music", text: "a reel", controls: { own: { bars: 64 } } }), 1);
  const leave = new AbortController();
  const run = (async () => {
    for await (const _ of ours.make(job, leave.signal)) leave.abort();
  })();
  await expect(run).rejects.toMatchObject({ code: "cancelled" });
});
