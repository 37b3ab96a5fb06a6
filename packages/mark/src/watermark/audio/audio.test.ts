import fc from "fast-check";
import { expect, test } from "vitest";
import { detectAudio } from "./detect.ts";
import { embedAudio } from "./embed.ts";
import { bands, patternOf, rate, slots } from "./pattern.ts";
import { tail } from "./synchronise.ts";

const key = Uint8Array.from({ length: 32 }, (_, i) => 7 * i);
const other = Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 1);
const payload = Uint8Array.of(1, 0x9b, 0xf3, 0x40, 0xaa, 0x05);

function uniform(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

/** Something between speech and music: syllables of harmonics and of noise at five a second. */
function sound(seconds: number, sampleRate = rate, seed = 1): Float32Array {
  const random = uniform(seed);
  const out = new Float32Array(Math.round(seconds * sampleRate));
  const syllable = Math.round(0.2 * sampleRate);
  for (let at = 0; at < out.length; at += syllable) {
    const pitch = 90 + 120 * random();
    const bright = 0.5 + 0.45 * random();
    const noise = random() < 0.3 ? 0.2 : 0.02;
    let low = 0;
    for (let n = at; n < Math.min(out.length, at + syllable); n++) {
      const envelope = Math.sin((Math.PI * (n - at)) / syllable);
      const pulse = (n * pitch) % sampleRate < pitch ? 1 : 0;
      low = bright * low + (pulse + noise * (random() - 0.5)) * envelope;
      out[n] = 0.2 * low;
    }
  }
  return out;
}
const marked = embedAudio([sound(7)], rate, payload, key)[0]!;
const found = (samples: Float32Array, sampleRate = rate) => detectAudio([samples], sampleRate, key);

test("a payload comes back, and what was added is 25 dB below", () => {
  expect(found(marked)).toMatchObject({ payload, tempo: 1, semitones: 0 });
  const original = sound(7);
  let signal = 0;
  let added = 0;
  for (const [n, v] of original.entries()) {
    signal += v * v;
    added += (marked[n]! - v) ** 2;
  }
  expect(10 * Math.log10(signal / added)).toBeGreaterThan(25);
});

test("another key finds nothing; nor is anything found in what was not marked", () => {
  expect(detectAudio([marked], rate, other)).toBeUndefined();
  expect(found(sound(7))).toBeUndefined();
});

test("two seconds are enough to say that it is there", () => {
  expect(found(marked.subarray(2 * rate, 4 * rate))?.chance).toBeLessThan(1e-6);
});

test("turned upside down, cut, shifted and made quieter", () => {
  expect(found(marked.map((v) => -0.3 * v).subarray(1234, 6 * rate))).toMatchObject({ payload });
});

test("noise 20 dB below", () => {
  let power = 0;
  for (const v of marked) power += (v * v) / marked.length;
  const random = uniform(5);
  const level = 0.1 * Math.sqrt(12 * power); // of numbers from −1/2 to 1/2
  expect(found(marked.map((v) => v + level * (random() - 0.5)))).toMatchObject({ payload });
});

test("pilots and coded bits have their cells all over the spectrum", () => {
  const { roles, pilots } = patternOf(key);
  const share = (from: number, to: number) =>
    pilots.reduce((sum, list) => sum + list.filter((b) => b >= from && b < to).length, 0) / (slots * (to - from));
  for (let from = 0; from + 5 <= bands; from += 5) expect(share(from, from + 5)).toBeCloseTo(0.4, 2);
  for (let bit = 0; bit < 256; bit++) {
    const own = [...roles.keys()].filter((i) => roles[i] === bit).map((i) => i % bands);
    own.sort((a, b) => a - b);
    expect(own.length).toBeGreaterThanOrEqual(8);
    for (const [n, band] of own.entries()) expect(band - (own[n - 1] ?? 0)).toBeLessThan(14);
  }
});

test("the bound on chance holds where it can be counted", () => {
  const count = 20; // equal numbers: their sum is binomial
  let ways = 1;
  let above = 0;
  for (let minus = 0; minus <= count / 2; minus++) {
    above += ways / 2 ** count;
    ways *= (count - minus) / (minus + 1);
    expect(above).toBeLessThanOrEqual(tail((count - 2 * minus) / Math.sqrt(count)));
  }
  expect(tail(6)).toBeLessThan(Math.exp(-18) / 4);
  expect(tail(Number.NEGATIVE_INFINITY)).toBe(1);
});

test("played a semitone and a half faster", () => {
  const speed = 2 ** (1.5 / 12);
  const faster = found(marked, Math.round(rate * speed));
  expect(faster).toMatchObject({ payload, semitones: expect.closeTo(1.5, 0) });
  expect(faster!.tempo).toBeCloseTo(speed, 2);
});

test("two channels at another rate, one of them inverted later", () => {
  const channels = [sound(6, 44_100, 2), sound(6, 44_100, 3)];
  const [left, right] = embedAudio(channels, 44_100, payload, key);
  expect(left).toHaveLength(channels[0]!.length);
  expect(detectAudio([left!, right!.map((v) => -v)], 44_100, key)).toMatchObject({ payload });
});

test("what cannot hold a mark is refused", () => {
  expect(() => embedAudio([sound(2)], rate, payload, key)).toThrow(/2.05 s/);
  expect(() => embedAudio([], rate, payload, key)).toThrow(/2.05 s/);
  expect(() => embedAudio([sound(3)], rate, payload.subarray(1), key)).toThrow(RangeError);
  expect(() => embedAudio([sound(3)], rate, payload, key.subarray(1))).toThrow(RangeError);
});

test("silence is marked without harm, and any samples are looked at without throwing", () => {
  const silent = embedAudio([new Float32Array(3 * rate)], rate, payload, key)[0]!;
  expect(silent.every((v) => v === 0)).toBe(true);
  expect(found(silent)).toBeUndefined();
  const samples = fc.float32Array({ maxLength: 2000 });
  fc.assert(
    fc.property(samples, fc.integer({ min: 1000, max: 192_000 }), (values, sampleRate) => {
      expect(detectAudio([values], sampleRate, key)).toBeUndefined();
    }),
    { numRuns: 20 },
  );
});
