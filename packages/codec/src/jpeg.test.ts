import { InksealError } from "@inkseal/core";
import fc from "fast-check";
import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import { app11Boxes, app11Segments } from "./app11.ts";
import { concat, equalBytes, utf8 } from "./bytes.ts";
import { readExif } from "./exif.ts";
import {
  exifOf,
  isExif,
  isXmp,
  jpegInsertionPoint,
  jpegSegment,
  jpegSize,
  parseJpeg,
  writeJpeg,
  xmpOf,
  xmpSegment,
} from "./jpeg.ts";
import { jpegCodec } from "./jpeg-raster.ts";
import { isoBox } from "./jumbf.ts";

let file: Uint8Array;
beforeAll(async () => {
  const data = Uint8Array.from({ length: 64 * 48 * 3 }, (_, i) => (i >> 4) & 255);
  const image = sharp(data, { raw: { width: 64, height: 48, channels: 3 } });
  file = await image
    .withExif({ IFD0: { Software: "x" }, IFD2: { UserComment: "ASCII   hello" } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
});

test("a parsed file is written back byte for byte", () => {
  expect(writeJpeg(parseJpeg(file))).toEqual(new Uint8Array(file));
  expect(jpegSize(parseJpeg(file))).toEqual({ width: 64, height: 48 });
});

test("an XMP segment goes behind Exif and other readers find it", async () => {
  const jpeg = parseJpeg(file);
  const segments = [...jpeg.segments];
  const at = jpegInsertionPoint(segments);
  expect(segments.slice(0, at).some(isExif)).toBe(true);
  segments.splice(at, 0, xmpSegment(utf8("<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")));
  const out = writeJpeg({ ...jpeg, segments });
  expect((await sharp(out).metadata()).xmp?.toString()).toContain("xmpmeta");
  expect(new TextDecoder().decode(xmpOf(parseJpeg(out).segments.find(isXmp)!))).toContain("xmpmeta");
  expect(await sharp(out).raw().toBuffer()).toEqual(await sharp(file).raw().toBuffer());
});

test("Exif orientation and UserComment are read, in both byte orders", () => {
  expect(readExif(exifOf(parseJpeg(file).segments.find(isExif)!)).orientation).toBe(6);
  for (const little of [true, false]) {
    const tiff = new Uint8Array(80);
    const v = new DataView(tiff.buffer);
    tiff.set(utf8(little ? "II" : "MM"));
    v.setUint16(2, 42, little);
    v.setUint32(4, 8, little);
    v.setUint16(8, 1, little); // IFD0: one entry, pointing at the Exif IFD
    v.setUint16(10, 0x8769, little);
    v.setUint16(12, 4, little);
    v.setUint32(14, 1, little);
    v.setUint32(18, 26, little);
    v.setUint16(26, 1, little);
    v.setUint16(28, 0x9286, little);
    v.setUint16(30, 7, little);
    v.setUint32(32, 13, little);
    v.setUint32(36, 50, little);
    tiff.set(utf8("ASCII\0\0\0hello"), 50);
    expect(readExif(tiff)).toEqual({ orientation: 1, userComment: "hello", userCommentAt: 58 });
    expect(readExif(tiff.subarray(0, 60)).userComment).toBeUndefined();
  }
});

test("a JUMBF box of any size comes back from its APP11 segments", () => {
  for (const size of [0, 1, 63_999, 64_000, 64_001, 200_000]) {
    const box = isoBox(
      "jumb",
      Uint8Array.from({ length: size }, (_, i) => i & 255),
    );
    const segments = app11Segments(box, 7);
    const jpeg = parseJpeg(
      writeJpeg({ segments: [...segments, jpegSegment(0xfe, utf8("other"))], scan: Uint8Array.of(0xff, 0xda) }),
    );
    const [found, ...more] = app11Boxes(jpeg.segments);
    expect([found?.instance, more.length, equalBytes(found!.box, box)]).toEqual([7, 0, true]);
  }
});

test("pixels survive MozJPEG closely, and what is no picture is bad-file", async () => {
  const codec = jpegCodec();
  const raster = await codec.decode(file);
  expect([raster.width, raster.height]).toEqual([64, 48]);
  const again = await codec.encode(raster, 95);
  const [a, b] = await Promise.all([sharp(file).raw().toBuffer(), sharp(again).raw().toBuffer()]);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  expect(sum / a.length).toBeLessThan(3);
  await expect(codec.decode(concat([file.subarray(0, 200), new Uint8Array(20)]))).rejects.toMatchObject({ code: "bad-file" });
});

test("arbitrary cuts and changes give segments or bad-file", () => {
  fc.assert(
    fc.property(fc.nat(file.length), fc.nat(700), fc.nat(255), (cut, at, value) => {
      const bad = file.slice(0, cut);
      if (at < cut) bad[at] = value;
      try {
        const { segments } = parseJpeg(bad);
        app11Boxes(segments);
        for (const s of segments) if (isExif(s)) readExif(exifOf(s));
      } catch (e) {
        expect(InksealError.is(e) && e.code).toBe("bad-file");
      }
    }),
    { numRuns: 1000 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (junk) => void readExif(concat([utf8("II*\0"), junk]))));
});
