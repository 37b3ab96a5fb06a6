import { sniff } from "@inkseal/core";
import { decodedByFfmpeg, hasFfmpeg } from "@inkseal/testkit";
import { describe, expect, it } from "vitest";
import { parseFlac } from "../flac.ts";
import { parseOgg } from "../ogg.ts";
import { audioFormat, audioFormats, encodeAudio, fileTypeOf } from "./encode.ts";
import { decodeWav, encodeWav, type Pcm } from "./pcm.ts";

/** Two seconds of a swelling chord with a click in it: tonal, noisy, and easy to align. */
function chord(rate: number, channels = 1, seconds = 2): Pcm {
  let noise = 1;
  const make = (detune: number): Float32Array =>
    Float32Array.from({ length: Math.round(rate * seconds) }, (_, i) => {
      const t = i / rate;
      noise = (noise * 48_271) % 2_147_483_647;
      const tone = [220, 277.2, 329.6].reduce((s, f) => s + Math.sin(2 * Math.PI * f * detune * t), 0);
      return Math.sin((Math.PI * t) / seconds) * (0.2 * tone + 0.01 * (noise / 2_147_483_647 - 0.5));
    });
  return { channels: Array.from({ length: channels }, (_, c) => make(1 + c / 100)), rate };
}

const interleaved = ({ channels }: Pcm): Float32Array =>
  Float32Array.from({ length: (channels[0]?.length ?? 0) * channels.length }, (_, i) => {
    return channels[i % channels.length]?.[Math.floor(i / channels.length)] as number;
  });
/** Energy of the wanted sound over that of the error, in dB, sample by sample: any shift in time shows. */
function signalToNoise(wanted: Float32Array, got: Float32Array): number {
  let [signal, noise] = [0, 0];
  for (const [i, w] of wanted.entries()) {
    signal += w * w;
    noise += (w - (got[i] ?? 0)) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

describe.skipIf(!hasFfmpeg)("sounds that ffmpeg decodes again (skipped without ffmpeg)", () => {
  it.each([
    ["audio/mpeg", 44_100, 2, 15],
    ["audio/mpeg", 22_050, 1, 15],
    ["audio/mpeg", 48_000, 1, 15],
    ["audio/ogg", 22_050, 1, 15],
    ["audio/ogg", 44_100, 2, 15],
    ["audio/flac", 44_100, 2, 85],
    ["audio/flac", 16_000, 1, 85],
    ["audio/wav", 22_050, 1, 85],
  ])("%s at %d Hz, %d channels: the same length, nothing shifted, %d dB or better", async (format, rate, channels, least) => {
    const pcm = chord(rate, channels);
    const file = await encodeAudio(pcm, format);
    expect(sniff(file)).toBe(format);
    const got = decodedByFfmpeg(file);
    const wanted = interleaved(pcm);
    expect(got.length).toBe(wanted.length);
    expect(signalToNoise(wanted, got)).toBeGreaterThan(least);
  });

  it.each([
    [24_000, 1],
    [48_000, 2],
  ])("Opus at %d Hz, %d channels: cut to the sample, nothing shifted", async (rate, channels) => {
    const pcm = chord(rate, channels);
    const file = await encodeAudio(pcm, "audio/opus");
    const got = decodedByFfmpeg(file); // at 48 kHz always
    const step = 48_000 / rate;
    expect(got.length).toBe((pcm.channels[0]?.length ?? 0) * channels * step);
    const frames = Float32Array.from({ length: got.length / step }, (_, i) => {
      return got[Math.floor(i / channels) * step * channels + (i % channels)] as number;
    });
    expect(signalToNoise(interleaved(pcm), frames)).toBeGreaterThan(8);
  });

  it("FLAC keeps noise, silence, full scale and odd lengths to the bit", async () => {
    let seed = 7;
    const noise = Float32Array.from({ length: 9001 }, () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return (seed % 65_536) / 32_768 - 1;
    });
    const square = Float32Array.from({ length: 9001 }, (_, i) => (i % 50 < 25 ? -1 : 32_767 / 32_768));
    for (const channels of [[noise], [new Float32Array(9001)], [square, noise], [square, square], [noise.subarray(0, 5)]])
      expect(decodedByFfmpeg(await encodeAudio({ channels, rate: 8000 }, "audio/flac"))).toEqual(
        interleaved({ channels, rate: 8000 }),
      );
  });
});

it("FLAC is smaller than WAV, and says its length", async () => {
  const pcm = chord(44_100, 2);
  const file = await encodeAudio(pcm, "audio/flac");
  expect(file.length).toBeLessThan(encodeWav(pcm).length * 0.6);
  const info = parseFlac(file).blocks[0]?.data as Uint8Array;
  expect(new DataView(info.buffer, info.byteOffset).getUint32(14)).toBe(88_200);
});

it("writes the same bytes for the same sound", async () => {
  const pcm = chord(22_050);
  for (const format of audioFormats) expect(await encodeAudio(pcm, format)).toEqual(await encodeAudio(pcm, format));
});

it("Ogg pages of Opus count on, with their checksums and one end", async () => {
  const pages = parseOgg(await encodeAudio(chord(22_050, 1, 3.3), "audio/opus"));
  expect(pages.map((p) => new DataView(p.bytes.buffer, p.bytes.byteOffset).getUint32(18, true))).toEqual([...pages.keys()]);
  expect(pages.map((p) => p.flags)).toEqual([2, ...pages.slice(2).map(() => 0), 4]);
});

it("reads what it writes as WAV", () => {
  const pcm = chord(16_000, 2);
  const again = decodeWav(encodeWav(pcm));
  expect(again.rate).toBe(16_000);
  expect(signalToNoise(interleaved(pcm), interleaved(again))).toBeGreaterThan(85);
});

it("knows formats by their usual names", () => {
  expect(["mp3", "audio/x-wav", "ogg", "audio/ogg; codecs=opus", "opus", "FLAC", "aac"].map(audioFormat)).toEqual([
    "audio/mpeg",
    "audio/wav",
    "audio/ogg",
    "audio/opus",
    "audio/opus",
    "audio/flac",
    undefined,
  ]);
  expect(fileTypeOf("audio/opus")).toBe("audio/ogg");
});
