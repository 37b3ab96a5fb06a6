import { InksealError } from "@inkseal/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { concat, latin1, viewOf } from "./bytes.ts";
import { parseRiff, type Riff, withRiffChunk, writeRiff } from "./riff.ts";
import { frameBytes, readPcm, type WavFormat, wavFormat, writePcm } from "./wav.ts";

const fmt = (f: WavFormat): Uint8Array => {
  const out = new Uint8Array(16);
  const v = viewOf(out);
  v.setUint16(0, f.encoding === "int" ? 1 : 3, true);
  v.setUint16(2, f.channels, true);
  v.setUint32(4, f.rate, true);
  v.setUint32(8, f.rate * frameBytes(f), true);
  v.setUint16(12, frameBytes(f), true);
  v.setUint16(14, f.bits, true);
  return out;
};
const chunk = (id: string, data: Uint8Array) => ({ id, data, offset: 0 });
const wav = (f: WavFormat, data: Uint8Array): Riff => ({
  form: "WAVE",
  chunks: [chunk("fmt ", fmt(f)), chunk("data", data)],
  trailing: new Uint8Array(0),
});
const formats: WavFormat[] = (
  [
    ["int", 8],
    ["int", 16],
    ["int", 24],
    ["int", 32],
    ["float", 32],
    ["float", 64],
  ] as const
).flatMap(([encoding, bits]) => [1, 2].map((channels) => ({ encoding, bits, channels, rate: 44_100 })));

test("chunks are written with even padding and read back", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.stringMatching(/^[ -~]{4}$/), fc.uint8Array({ maxLength: 40 }))), (list) => {
      const riff: Riff = { form: "WAVE", chunks: list.map(([id, data]) => chunk(id, data)), trailing: latin1("tail") };
      const file = writeRiff(riff);
      const again = parseRiff(file);
      expect(again.chunks.map((c) => [c.id, c.data])).toEqual(list);
      expect(again.trailing).toEqual(latin1("tail"));
      expect(writeRiff(again)).toEqual(file);
    }),
  );
});

test("a chunk replaces all of its name and goes behind the one asked for", () => {
  let riff: Riff = {
    form: "WAVE",
    chunks: ["fmt ", "AIGC", "data", "AIGC"].map((id) => chunk(id, new Uint8Array(1))),
    trailing: new Uint8Array(0),
  };
  riff = withRiffChunk(riff, "AIGC", latin1("new"), "fmt ");
  expect(riff.chunks.map((c) => c.id)).toEqual(["fmt ", "AIGC", "data"]);
  expect(withRiffChunk(riff, "C2PA", new Uint8Array(0)).chunks.at(-1)?.id).toBe("C2PA");
});

test.each([0, 0xffffffff])("a streamed WAV with size %i is read to its end", (size) => {
  const f: WavFormat = { encoding: "int", bits: 16, channels: 1, rate: 24_000 };
  const file = writeRiff(wav(f, new Uint8Array(10)));
  viewOf(file).setUint32(4, size, true);
  viewOf(file).setUint32(40, 0xffffffff, true);
  expect(parseRiff(file).chunks.at(-1)?.data.length).toBe(10);
});

test.each(formats)("$encoding $bits bits, $channels channels: samples come back", (f) => {
  const samples = Float32Array.from({ length: 300 }, (_, i) => Math.sin(i / 7) * 0.9);
  const riff = parseRiff(writeRiff(wav(f, writePcm(samples, f))));
  expect(wavFormat(riff)).toEqual(f);
  const back = readPcm(riff.chunks[1]!.data, f);
  const tolerance = f.encoding === "int" ? 2 / 2 ** (f.bits - 1) + 1e-7 : 1e-7;
  for (let i = 0; i < samples.length; i++) expect(Math.abs(back[i]! - samples[i]!)).toBeLessThanOrEqual(tolerance);
});

test("arbitrary bytes behind RIFF give chunks or bad-file", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (junk) => {
      try {
        const riff = parseRiff(concat([latin1("RIFF\x40\0\0\0WAVEfmt \x10\0\0\0"), junk]));
        const f = wavFormat(riff);
        readPcm(junk, f);
      } catch (e) {
        expect(InksealError.is(e) && e.code).toBe("bad-file");
      }
    }),
  );
});
