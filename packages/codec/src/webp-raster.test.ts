import sharp from "sharp";
import { expect, test } from "vitest";
import { webpEncoder } from "./webp-raster.ts";

test("sharp reads what was written: size, colour near, alpha exact", async () => {
  const data = new Uint8ClampedArray(32 * 16 * 4);
  for (let i = 0; i < 32 * 16; i++) data.set(i % 32 < 16 ? [200, 40, 40, 255] : [0, 0, 0, 0], 4 * i);
  const file = await webpEncoder().encode({ width: 32, height: 16, data }, 90);
  const { data: read, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height, info.channels]).toEqual([32, 16, 4]);
  expect(read[3]).toBe(255);
  expect(read[4 * 31 + 3]).toBe(0);
  [200, 40, 40].forEach((value, c) => {
    expect(Math.abs(read[4 * 4 + c]! - value)).toBeLessThan(8);
  });
});
