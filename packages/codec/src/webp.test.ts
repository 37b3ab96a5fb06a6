import { InksealError } from "@inkseal/core";
import fc from "fast-check";
import sharp from "sharp";
import { expect, test } from "vitest";
import { concat, latin1, utf8 } from "./bytes.ts";
import { parseRiff, writeRiff } from "./riff.ts";
import { webpCanvas, webpXmp, withWebpXmp } from "./webp.ts";

const raw = (channels: 3 | 4, width = 70, height = 33) =>
  sharp(
    new Uint8Array(width * height * channels).map((_, i) => i * 7),
    { raw: { width, height, channels } },
  );

test.each([
  ["lossy", 3, { quality: 50 }],
  ["lossless", 3, { lossless: true }],
  ["lossy with alpha", 4, { quality: 50 }],
  ["lossless with alpha", 4, { lossless: true }],
] as const)("%s: the canvas is the picture's, and libwebp finds the packet", async (_, channels, options) => {
  const file = new Uint8Array(await raw(channels).webp(options).toBuffer());
  const riff = parseRiff(file);
  expect(webpCanvas(riff)).toEqual({ width: 70, height: 33, alpha: channels === 4, animated: false });
  const out = writeRiff(withWebpXmp(riff, utf8("<x/>")));
  expect(webpXmp(parseRiff(out))).toEqual(utf8("<x/>"));
  expect(parseRiff(out).chunks.filter((c) => c.id === "XMP " || c.id === "VP8X").length).toBe(2);
  const read = await sharp(out).metadata();
  expect([read.width, read.height, read.hasAlpha, read.xmp?.toString()]).toEqual([70, 33, channels === 4, "<x/>"]);
  expect(await sharp(out).raw().toBuffer()).toEqual(await sharp(file).raw().toBuffer());
  expect(webpXmp(parseRiff(writeRiff(withWebpXmp(parseRiff(out), utf8("<y/>")))))).toEqual(utf8("<y/>"));
});

test("arbitrary bytes behind RIFF WEBP give a canvas or bad-file", () => {
  fc.assert(
    fc.property(fc.constantFrom("VP8 ", "VP8L", "VP8X"), fc.uint8Array({ maxLength: 40 }), (id, junk) => {
      try {
        const riff = parseRiff(concat([latin1(`RIFF\x40\0\0\0WEBP${id}\x10\0\0\0`), junk]));
        expect(webpCanvas(riff).width).toBeGreaterThanOrEqual(0);
        withWebpXmp(riff, utf8("<x/>"));
      } catch (e) {
        expect(InksealError.is(e) && e.code).toBe("bad-file");
      }
    }),
  );
});
