import { equalBytes, readPcm, type WavFormat, writePcm } from "@inkseal/codec";
import fc from "fast-check";
import { expect, test } from "vitest";
import { morseSamples, readMorse, withMorse } from "./morse.ts";

const formats: WavFormat[] = (
  [
    ["int", 8],
    ["int", 16],
    ["int", 24],
    ["int", 32],
    ["float", 32],
  ] as const
).flatMap(([encoding, bits]) =>
  [8_000, 22_050, 44_100, 48_000].flatMap((rate) => [1, 2].map((channels) => ({ encoding, bits, channels, rate }))),
);

/** Something like speech: bursts of a buzz with gaps. */
const speech = (rate: number, seconds: number): Float32Array =>
  Float32Array.from({ length: Math.round(rate * seconds) }, (_, i) => {
    const t = i / rate;
    const burst = Math.max(0, Math.sin(2 * Math.PI * 3.1 * t));
    return (
      0.3 *
      burst *
      (Math.sin(2 * Math.PI * 140 * t) + 0.5 * Math.sin(2 * Math.PI * 790 * t + 2) + 0.4 * Math.sin(2 * Math.PI * 1900 * t))
    );
  });

test.each(formats)("$encoding $bits at $rate Hz, $channels channels: heard at head and tail, samples untouched", (format) => {
  const content = writePcm(speech(format.rate, 1.5), format);
  expect(readMorse(content, format)).toBeUndefined();
  const tail = withMorse(content, format, "tail");
  expect(equalBytes(tail.subarray(0, content.length), content)).toBe(true);
  expect(readMorse(tail, format)?.at).toBeCloseTo(1.8, 1);
  const head = withMorse(content, format, "head");
  expect(equalBytes(head.subarray(head.length - content.length), content)).toBe(true);
  expect(readMorse(head, format)).toMatchObject({ where: "head" });
});

test("the rhythm is short long, short short: .- ..", () => {
  const rate = 8000;
  const tone = morseSamples(rate);
  const on = Array.from(
    { length: 11 },
    (_, u) => Math.max(...tone.subarray(Math.round((u + 0.2) * 720), Math.round((u + 0.8) * 720))) > 0.1,
  );
  expect(on.map((v) => (v ? "#" : ".")).join("")).toBe("#.###...#.#");
});

test("there is no click: no step between samples beyond that of the tone itself", () => {
  const tone = morseSamples(48_000);
  const step = 0.22 * 2 * Math.PI * (800 / 48_000) * 1.2;
  for (let i = 1; i < tone.length; i++) expect(Math.abs(tone[i]! - tone[i - 1]!)).toBeLessThan(step);
  expect(Math.abs(tone[0]!) + Math.abs(tone.at(-1)!)).toBeLessThan(0.01);
});

test("half as loud, inverted, with noise 20 dB down and resampled to 16 kHz it is still heard", () => {
  const from: WavFormat = { encoding: "float", bits: 32, channels: 1, rate: 48_000 };
  const to: WavFormat = { ...from, rate: 16_000 };
  const samples = readPcm(withMorse(writePcm(speech(from.rate, 2), from), from, "tail"), from);
  let s = 1;
  const changed = Float32Array.from({ length: Math.floor(samples.length / 3) }, (_, i) => {
    s = (s * 1103515245 + 12345) & 0x7fffffff;
    return -0.5 * samples[i * 3]! + 0.011 * (s / 0x40000000 - 1);
  });
  expect(readMorse(writePcm(changed, to), to)).toMatchObject({ where: "tail" });
});

test("steady tones, single beeps, noise and random bytes are no label", () => {
  const format: WavFormat = { encoding: "int", bits: 16, channels: 1, rate: 16_000 };
  const tone = (beat: number) =>
    writePcm(
      Float32Array.from({ length: 48_000 }, (_, i) =>
        Math.floor(i / beat) % 2 ? 0 : 0.3 * Math.sin((2 * Math.PI * 800 * i) / 16_000),
      ),
      format,
    );
  for (const beat of [1e9, 1440, 2000, 4320]) expect(readMorse(tone(beat), format)).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20_000 }), (junk) => {
      expect(readMorse(junk, format)).toBeUndefined();
    }),
    { numRuns: 50 },
  );
});
