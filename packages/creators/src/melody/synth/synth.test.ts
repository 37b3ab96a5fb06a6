import { seededRandom } from "@inkseal/lab";
import { expect, test } from "vitest";
import { readAbc } from "../abc/read.ts";
import { instruments } from "../instruments.ts";
import { playNote } from "./notes.ts";
import { render, secondsOf } from "./render.ts";
import { timbreOf } from "./timbre.ts";

const rate = 44_100;
/** Hertz by the strongest lag of the autocorrelation between a fifth below and above, to a fraction of a sample. */
function pitchOf(sound: Float32Array, hertz: number): number {
  const from = Math.floor(0.12 * rate);
  const window = Math.floor(0.12 * rate);
  const at = (lag: number): number => {
    let sum = 0;
    for (let i = 0; i < window; i++) sum += sound[from + i]! * sound[from + i + lag]!;
    return sum;
  };
  let best = 0;
  for (let lag = Math.floor(rate / hertz / 1.5); lag <= (rate / hertz) * 1.5; lag++)
    if (best === 0 || at(lag) > at(best)) best = lag;
  const [a, b, c] = [at(best - 1), at(best), at(best + 1)];
  return rate / (best + (0.5 * (a - c)) / (a - 2 * b + c));
}

test.each(instruments.map(({ name, program }) => [name, program] as const))("%s is in tune and heard", (_, program) => {
  for (const hertz of [220, 659.26]) {
    const sound = playNote(timbreOf(program), { hertz, seconds: 0.4, level: 0.7 }, rate, seededRandom(1));
    const cents = 1200 * Math.log2(pitchOf(sound, hertz) / hertz);
    expect(Math.abs(cents)).toBeLessThan(15);
    expect(sound.every(Number.isFinite)).toBe(true);
    const loud = Math.sqrt(sound.subarray(0, rate / 4).reduce((s, x) => s + x * x, 0) / (rate / 4));
    expect(loud).toBeGreaterThan(0.02);
    expect(Math.abs(sound.at(-1)!)).toBeLessThan(0.01);
  }
});

test("a piece is stereo, as long as it sounds and its tail, under full scale, and the same each time", async () => {
  const tune = readAbc("M:4/4\nL:1/4\nK:C\nCEGc|");
  const piece = {
    title: "",
    key: tune.key,
    metre: tune.metre,
    tempo: 240,
    voices: [{ name: "", program: 0, clef: "treble" as const, staff: 0, parts: tune.parts }],
  };
  const once = async () => {
    for await (const step of render(piece, new AbortController().signal)) if (typeof step !== "number") return step;
    throw new Error("no sound");
  };
  expect(secondsOf(piece)).toBeCloseTo(1, 6);
  const [a, b] = [await once(), await once()];
  expect(a.channels).toHaveLength(2);
  expect(a.channels[0]!.length / rate).toBeCloseTo(2.6, 1);
  const peak = Math.max(...a.channels.map((c) => c.reduce((m, x) => Math.max(m, Math.abs(x)), 0)));
  expect(peak).toBeLessThanOrEqual(0.9);
  expect(peak).toBeGreaterThan(0.2);
  expect(a.channels[0]!.every((x, i) => x === b.channels[0]![i])).toBe(true);
});
