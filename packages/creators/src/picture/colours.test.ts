import { expect, test } from "vitest";
import { colourOf, mainColour } from "./colours.ts";

// the colours of CSS that are called so
test.each([
  ["red", 220, 20, 60],
  ["orange", 255, 140, 0],
  ["yellow", 255, 215, 0],
  ["green", 34, 139, 34],
  ["blue", 30, 144, 255],
  ["purple", 128, 0, 128],
  ["pink", 255, 105, 180],
  ["brown", 139, 69, 19],
  ["black", 20, 20, 20],
  ["white", 250, 250, 250],
  ["grey", 128, 128, 128],
] as const)("%s", (name, r, g, b) => {
  expect(colourOf(r / 255, g / 255, b / 255)).toBe(name);
});
test("the main colour is that of most of what can be seen, whatever its alpha has done to it", () => {
  const pixels = new Float32Array(4 * 100);
  for (let i = 0; i < 30; i++) pixels.set([0.6, 0, 0, 0.6], 4 * i);
  for (let i = 30; i < 40; i++) pixels.set([0, 0, 1, 1], 4 * i);
  expect(mainColour(pixels)).toEqual({ colour: "red", share: 0.75 });
  expect(mainColour(new Float32Array(16))).toBeUndefined();
});
