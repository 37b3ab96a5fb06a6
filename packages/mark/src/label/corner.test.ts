import { decodePng, encodePng, jpegCodec, parsePng, type Raster, writePng } from "@inkseal/codec";
import fc from "fast-check";
import { expect, test } from "vitest";
import { drawCorner, readCorner } from "./corner.ts";

const canvas = (width: number, height: number, paint: (i: number) => number): Raster => ({
  width,
  height,
  data: Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) => (i % 4 === 3 ? 255 : paint(i >> 2))),
});
const luma = (r: Raster, i: number): number => r.data[i * 4]!;

/** Bounding box of the pixels for which `is` holds. */
function box(r: Raster, is: (i: number) => boolean) {
  let [left, right, top, bottom] = [r.width, -1, r.height, -1];
  for (let y = 0; y < r.height; y++) {
    for (let x = 0; x < r.width; x++) {
      if (!is(y * r.width + x)) continue;
      [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
    }
  }
  return { left, right, top, bottom, width: right - left + 1, height: bottom - top + 1 };
}

/** Relative luminance and contrast ratio of two greys (WCAG 2.2). */
const linear = (v: number): number => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
const contrast = (a: number, b: number): number =>
  (Math.max(linear(a), linear(b)) + 0.05) / (Math.min(linear(a), linear(b)) + 0.05);

test.each([
  [512, 512, 250],
  [512, 512, 5],
  [1024, 600, 250],
  [400, 1200, 5],
  [200, 200, 128],
  [2000, 1500, 90],
])("on %i×%i grey %i, measured ink is at least a twentieth of the shortest side, in a corner, and stands out", (w, h, grey) => {
  for (const locale of ["zh-CN", "en"] as const) {
    const before = canvas(w, h, () => grey);
    const drawn = drawCorner(before, locale)!;
    const changed = box(drawn.raster, (i) => luma(drawn.raster, i) !== grey);
    expect(changed.left).toBeGreaterThan(0);
    expect(w - changed.right).toBeLessThan(0.1 * Math.min(w, h));
    expect(h - changed.bottom).toBeLessThan(0.1 * Math.min(w, h));
    const plate = luma(drawn.raster, Math.floor((changed.top + changed.bottom) / 2) * w + changed.left + 2);
    const text = plate > 128 ? 16 : 255;
    const strokes = box(drawn.raster, (i) => Math.abs(luma(drawn.raster, i) - text) < 60);
    expect(strokes.height).toBeGreaterThanOrEqual(0.05 * Math.min(w, h));
    expect(contrast(plate, text)).toBeGreaterThan(7);
    // the first letter, a capital A, alone is that high too
    const letter = box(
      drawn.raster,
      (i) => i % w < strokes.left + strokes.height * 0.5 && Math.abs(luma(drawn.raster, i) - text) < 60,
    );
    expect(letter.height).toBeGreaterThanOrEqual(0.05 * Math.min(w, h) - 1);
  }
});

test("over any texture, text and plate keep 4.5:1 at every pixel", () => {
  for (const paint of [
    (i: number) => (i % 2) * 255,
    (i: number) => ((i * 2654435761) >>> 24) & 255,
    (i: number) => (i % 640) / 2.51,
  ]) {
    const drawn = drawCorner(canvas(640, 480, paint), "en")!.raster;
    const cap = 24;
    // a strip of plate above the letters, and the stem of the I
    const strip = Array.from({ length: 200 }, (_, x) => luma(drawn, (480 - 12 - 4) * 640 + 640 - 40 - x));
    const text = strip.reduce((a, b) => a + b, 0) / strip.length > 128 ? 16 : 255;
    for (const v of strip) if (Math.abs(v - text) > 60) expect(contrast(v, text)).toBeGreaterThan(4.5);
    expect(cap).toBe(24);
  }
});

test("the label is found again, through PNG and through JPEG at quality 50, and not where it is not", async () => {
  const codec = jpegCodec();
  for (const locale of ["zh-CN", "en"] as const) {
    for (const grey of [10, 128, 240]) {
      const plain = canvas(300, 260, (i) => grey + ((i * 31) & 15));
      const { raster, label } = drawCorner(plain, locale)!;
      expect(readCorner(plain)).toBeUndefined();
      expect(readCorner(decodePng(parsePng(writePng(encodePng(raster)))))).toEqual(label);
      expect(readCorner(await codec.decode(await codec.encode(raster, 50)))).toEqual(label);
    }
  }
});

test("under every Exif orientation it is upright in the viewer's corner, and found there", () => {
  for (let orientation = 1; orientation <= 8; orientation++) {
    const { raster } = drawCorner(
      canvas(300, 200, () => 200),
      "en",
      orientation,
    )!;
    expect(readCorner(raster, orientation)?.text).toBe("AI-generated");
    if (orientation > 1) expect(readCorner(raster, 1)).toBeUndefined();
  }
});

test("random pictures have no label", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 60, max: 200 }), (seed, size) => {
      let s = seed | 1;
      const noise = canvas(size, size, () => ((s = (s * 1103515245 + 12345) | 0) >>> 16) & 255);
      expect(readCorner(noise)).toBeUndefined();
    }),
    { numRuns: 50 },
  );
});

test("any size is labelled without touching a pixel outside the plate, or is too small", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 150 }), fc.integer({ min: 1, max: 150 }), (w, h) => {
      const drawn = drawCorner(
        canvas(w, h, () => 77),
        "zh-CN",
      );
      if (drawn === undefined) expect(Math.min(w, h)).toBeLessThan(24);
      else expect(drawn.label.height).toBeGreaterThanOrEqual(Math.min(w, h) * 0.05);
    }),
    { numRuns: 200 },
  );
});

test("a transparent corner gets a label that can be seen", () => {
  const clear = { ...canvas(200, 200, () => 0), data: new Uint8ClampedArray(200 * 200 * 4) };
  const { raster } = drawCorner(clear, "en")!;
  expect(box(raster, (i) => raster.data[i * 4 + 3]! > 180).height).toBeGreaterThanOrEqual(10);
  expect(readCorner(raster)?.text).toBe("AI-generated");
});
