import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readIdx } from "./idx.ts";
import { contactSheet, fitPicture, toRaster } from "./picture.ts";

describe("pictures for a model", () => {
  it("of the right size stay as they are", () => {
    const size = { height: 3, width: 5, channels: 3 };
    const pixels = Uint8Array.from({ length: 45 }, (_, i) => 5 * i);
    expect(fitPicture(toRaster(pixels, size), size)).toEqual(pixels);
  });
  it("keep their mean when made smaller, and any size fits", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 255 }),
        (h, w, grey) => {
          const raster = toRaster(new Uint8Array(h * w).fill(grey), { height: h, width: w, channels: 1 });
          const out = fitPicture(raster, { height: 4, width: 4, channels: 1 });
          expect(out.every((x) => Math.abs(x - grey) <= 1)).toBe(true);
        },
      ),
    );
    const checks = Uint8Array.from({ length: 64 }, (_, i) => ((i + (i >> 3)) % 2) * 200);
    const half = fitPicture(toRaster(checks, { height: 8, width: 8, channels: 1 }), { height: 4, width: 4, channels: 1 });
    expect([...half]).toEqual(new Array<number>(16).fill(100));
  });
  it("are cut to the model's ratio round the middle, and white where transparent", () => {
    const wide = Uint8Array.from({ length: 2 * 6 }, (_, i) => (i % 6 >= 2 && i % 6 < 4 ? 10 : 250));
    const raster = toRaster(wide, { height: 2, width: 6, channels: 1 });
    expect([...fitPicture(raster, { height: 2, width: 2, channels: 1 })]).toEqual([10, 10, 10, 10]);
    raster.data.fill(0);
    expect([...fitPicture(raster, { height: 1, width: 1, channels: 3 })]).toEqual([255, 255, 255]);
  });
  it("lie on one sheet", () => {
    const sheet = contactSheet(new Uint8Array(5 * 4).fill(7), { height: 2, width: 2, channels: 1 });
    expect([sheet.width, sheet.height]).toEqual([10, 6]);
    expect(sheet.data[0]).toBe(7);
    expect(sheet.data[2 * 4]).toBe(128);
  });
});

describe("IDX", () => {
  it("is read, and refused when cut or of other numbers", () => {
    const file = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6);
    expect(readIdx(file)).toEqual({ shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
    expect(() => readIdx(file.subarray(0, 17))).toThrow(/2 × 3 bytes were promised and 5/);
    expect(() => readIdx(file.with(2, 13))).toThrow(/type 13/);
    expect(() => readIdx(new Uint8Array(3))).toThrow(/no IDX header/);
  });
});
