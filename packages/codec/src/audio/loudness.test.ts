import { ffmpeg, hasFfmpeg } from "@inkseal/testkit";
import { describe, expect, it } from "vitest";
import { integratedLoudness } from "./loudness.ts";
import { normalised } from "./normalise.ts";
import { encodeWav, type Pcm } from "./pcm.ts";
import { truePeak } from "./true-peak.ts";

/** 1 kHz in both channels, parts of [dBFS, seconds] one after another, as EBU Tech 3341 describes its signals. */
function tones(parts: readonly (readonly [number, number])[], rate: number): Pcm {
  const one = new Float32Array(parts.reduce((n, [, s]) => n + Math.round(s * rate), 0));
  let at = 0;
  for (const [level, seconds] of parts)
    for (const end = at + Math.round(seconds * rate); at < end; at++)
      one[at] = 10 ** (level / 20) * Math.sin((2 * Math.PI * 1000 * at) / rate);
  return { channels: [one, one], rate };
}

describe("EBU Tech 3341, minimum requirements for meters in EBU mode", () => {
  it.each([
    ["1", [[-23, 20]], -23],
    ["2", [[-33, 20]], -33],
    [
      "3",
      [
        [-36, 10],
        [-23, 60],
        [-36, 10],
      ],
      -23,
    ],
    [
      "4",
      [
        [-72, 10],
        [-36, 10],
        [-23, 60],
        [-36, 10],
        [-72, 10],
      ],
      -23,
    ],
    [
      "5",
      [
        [-26, 20],
        [-20, 20.1],
        [-26, 20],
      ],
      -23,
    ],
  ] as const)("signal %s is read within 0.1 LU, at 48 and at 22.05 kHz", (_, parts, wanted) => {
    for (const rate of [48_000, 22_050]) expect(Math.abs(integratedLoudness(tones(parts, rate)) - wanted)).toBeLessThan(0.1);
  });
  it.each([
    ["15", 4, 0, 0.5, -6],
    ["16", 4, 45, 0.5, -6],
    ["17", 6, 60, 0.5, -6],
    ["18", 8, 67.5, 0.5, -6],
    ["19", 4, 45, 1.41, 3],
  ])("signal %s: a true peak within +0.2 and −0.4 dB", (_, period, phase, amplitude, wanted) => {
    const sine = Float32Array.from(
      { length: 48_000 },
      (_, i) =>
        amplitude * Math.sin((2 * Math.PI * i) / period + (phase * Math.PI) / 180) * Math.min(1, i / 4800, (47_999 - i) / 4800),
    );
    const read = 20 * Math.log10(truePeak([sine]));
    expect(read - wanted).toBeLessThan(0.2);
    expect(read - wanted).toBeGreaterThan(-0.4);
  });
});

/** Bursts of noise with clicks: loud parts, pauses and peaks 20 dB above the rest. */
function speechlike(rate: number): Pcm {
  let seed = 11;
  const samples = Float32Array.from({ length: rate * 6 }, (_, i) => {
    seed = (seed * 48_271) % 2_147_483_647;
    const burst = Math.max(0, Math.sin((2 * Math.PI * 1.3 * i) / rate)) ** 2;
    return 0.08 * burst * (seed / 1_073_741_824 - 1) + (i % Math.round(rate * 0.7) < 4 && i > 100 ? 0.7 : 0);
  });
  return { channels: [samples], rate };
}

it.each([22_050, 44_100])("brings sound with sharp peaks to −16 LUFS, nothing over −1 dBTP (%d Hz)", (rate) => {
  const out = normalised(speechlike(rate));
  expect(integratedLoudness(out)).toBeCloseTo(-16, 0);
  expect(20 * Math.log10(truePeak(out.channels))).toBeLessThan(-1);
});

it("scales what has room, and leaves silence alone", () => {
  const quiet = tones([[-40, 2]], 22_050);
  expect(integratedLoudness(normalised(quiet))).toBeCloseTo(-16, 2);
  const silence: Pcm = { channels: [new Float32Array(22_050)], rate: 22_050 };
  expect(normalised(silence)).toEqual(silence);
  expect(integratedLoudness({ channels: [new Float32Array()], rate: 8000 })).toBe(Number.NEGATIVE_INFINITY);
});

it("measures a word shorter than a block", () => {
  const word = tones([[-20, 0.2]], 48_000);
  expect(integratedLoudness(word)).toBeCloseTo(-20, 0);
});

it.skipIf(!hasFfmpeg)("reads what ffmpeg's ebur128 reads (skipped without ffmpeg)", () => {
  for (const rate of [22_050, 48_000]) {
    const pcm = speechlike(rate);
    const wav = encodeWav(pcm);
    const said = new TextDecoder().decode(
      ffmpeg(
        ["-v", "quiet", "-i", "pipe:0", "-af", "ebur128=peak=true:metadata=1,ametadata=print:file=-", "-f", "null", "-"],
        wav,
      ),
    );
    const last = (key: string): number =>
      Number(
        said
          .match(new RegExp(`lavfi.r128.${key}=(\\S+)`, "g"))
          ?.at(-1)
          ?.split("=")[1],
      );
    // ffmpeg counts one channel as one, as we do
    expect(Math.abs(integratedLoudness(pcm) - last("I"))).toBeLessThan(0.15);
  }
});
