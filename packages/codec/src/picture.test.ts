import sharp from "sharp";
import { expect, test } from "vitest";
import { pictureDecoder } from "./index.ts";

const photo = () => sharp({ create: { width: 40, height: 24, channels: 3, background: { r: 200, g: 100, b: 50 } } });
const decoder = pictureDecoder();

test.each([
  ["image/png", () => photo().png()],
  ["image/jpeg", () => photo().jpeg()],
  ["image/webp", () => photo().webp({ quality: 90 })],
  ["image/avif", () => photo().avif({ quality: 90 })],
])("%s: pixels as sharp wrote them", async (type, make) => {
  const raster = await decoder.decode(new Uint8Array(await make().toBuffer()), type);
  expect(raster).toMatchObject({ width: 40, height: 24 });
  const [r, g, b, a] = raster!.data.subarray(4 * 500, 4 * 501);
  for (const [got, want] of [
    [r, 200],
    [g, 100],
    [b, 50],
  ])
    expect(Math.abs((got as number) - (want as number))).toBeLessThan(6);
  expect(a).toBe(255);
});

test("cut files are bad files, other types undefined", async () => {
  const webp = new Uint8Array(await photo().webp().toBuffer());
  await expect(decoder.decode(webp.subarray(0, 40), "image/webp")).rejects.toMatchObject({ code: "bad-file" });
  const avif = new Uint8Array(await photo().avif().toBuffer());
  await expect(decoder.decode(avif.subarray(0, 60), "image/avif")).rejects.toMatchObject({ code: "bad-file" });
  expect(await decoder.decode(avif, "image/heic")).toBeUndefined();
});
