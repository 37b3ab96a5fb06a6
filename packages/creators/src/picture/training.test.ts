import { expect, test } from "vitest";
import { hueTurn, writeChanged } from "../../train/picture/augment.ts";
import { caption } from "../../train/picture/captions.ts";
import type { Concept } from "../../train/picture/concepts.ts";
import { mainColour } from "./colours.ts";

const square = (): Uint8Array => {
  const pixels = new Uint8Array(64 * 64 * 4);
  for (let y = 20; y < 40; y++) for (let x = 10; x < 30; x++) pixels.set([200, 30, 30, 255], 4 * (y * 64 + x));
  return pixels;
};
const still = { flip: false, dx: 0, dy: 0, hue: 0 };
test("mirrored and shifted: the same pixels elsewhere", () => {
  const out = new Float32Array(64 * 64 * 4);
  writeChanged(square(), { ...still, flip: true, dx: 2, dy: -1 }, out, 0);
  const alpha = (x: number, y: number) => out[4 * (y * 64 + x) + 3];
  // 10 … 29, two to the right and one up, then mirrored
  expect([alpha(31, 25), alpha(32, 25), alpha(51, 25), alpha(52, 25)]).toEqual([0, 1, 1, 0]);
  expect([alpha(40, 18), alpha(40, 19), alpha(40, 38), alpha(40, 39)]).toEqual([0, 1, 1, 0]);
});
test("a turn of the hue changes the colour's name and not what is transparent; grey stays grey", () => {
  const out = new Float32Array(64 * 64 * 4);
  writeChanged(square(), { ...still, hue: (2 * Math.PI) / 3 }, out, 0);
  expect(mainColour(out)?.colour).toBe("green");
  expect(out[3]).toBe(0);
  const turn = hueTurn(1);
  for (let row = 0; row < 3; row++) expect(turn[3 * row]! + turn[3 * row + 1]! + turn[3 * row + 2]!).toBeCloseTo(1, 6);
});
test("what is said of a recoloured picture names its new colour and none of the old", () => {
  const concept: Concept = {
    hexcode: "1F34E",
    names: { en: ["red apple", "fruit", "red"], zh: ["红苹果", "水果", "红"], hant: ["紅蘋果"] },
    held: false,
    mirror: true,
  };
  let seed = 1;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let i = 0; i < 200; i++) {
    const said = caption(concept, "blue", true, random);
    expect(said).toMatch(/^(blue|蓝)/);
    expect(said).not.toMatch(/red|红|紅/);
  }
});
