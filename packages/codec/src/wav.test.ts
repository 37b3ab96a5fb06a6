import fc from "fast-check";
import { expect, test } from "vitest";
import { frameBytes, readChannels, readPcm, type WavFormat, writeChannels } from "./wav.ts";

const formats: readonly WavFormat[] = [
  { encoding: "int", bits: 8, channels: 1, rate: 8000 },
  { encoding: "int", bits: 16, channels: 2, rate: 44_100 },
  { encoding: "int", bits: 24, channels: 3, rate: 48_000 },
];

test.each(formats)("$bits bits, $channels channels: bytes come back as they were", (format) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const whole = bytes.subarray(0, bytes.length - (bytes.length % frameBytes(format)));
      const channels = readChannels(bytes, format);
      expect(channels).toHaveLength(format.channels);
      expect(writeChannels(channels, format)).toEqual(whole);
    }),
  );
});

test("the mix is the mean of the channels", () => {
  const format = formats[1]!;
  const data = writeChannels([Float32Array.of(0.5, -1), Float32Array.of(-0.25, -1)], format);
  expect([...readPcm(data, format)]).toEqual([0.125, -1]);
});

test("what is too loud is clipped", () => {
  const format: WavFormat = { encoding: "int", bits: 32, channels: 1, rate: 8000 };
  const [back] = readChannels(writeChannels([Float32Array.of(3, -3, 0)], format), format);
  expect([...back!]).toEqual([1, -1, 0]);
});
