import { expect, test } from "vitest";
import { fromRaster, toRaster } from "./raster.ts";

test("a square stands in the middle of its canvas, on a colour or on nothing", () => {
  const square = Float32Array.from({ length: 4 * 4 * 4 }, (_, i) => [0.25, 0, 0, 0.5][i % 4]!);
  const clear = toRaster(square, 4, 8, 4);
  expect([...clear.data.subarray(0, 4)]).toEqual([0, 0, 0, 0]);
  expect([...clear.data.subarray(8, 12)]).toEqual([128, 0, 0, 128]);
  const onBlue = toRaster(square, 4, 8, 4, "0000ff");
  expect([...onBlue.data.subarray(0, 4)]).toEqual([0, 0, 255, 255]);
  expect([...onBlue.data.subarray(8, 12)]).toEqual([64, 0, 128, 255]);
});
test("a picture of any shape comes whole into 64 × 64, with nothing beside it", () => {
  const data = new Uint8ClampedArray(128 * 64 * 4).fill(255);
  const small = fromRaster({ width: 128, height: 64, data });
  const row = (y: number) => small[4 * (y * 64 + 30) + 3];
  expect([row(10), row(15), row(16), row(47), row(48)]).toEqual([0, 0, 1, 1, 0]);
});
