import { expect, it } from "vitest";
import { moveOf, viewAt } from "./camera.ts";
import { blend, emptyFrame, frameOf, lay, layerOf, look } from "./frame.ts";

const size = { width: 1600, height: 900 };

it.each(["auto", "zoom", "pan", "still"] as const)(
  "%s: the view stays inside, starts and ends at rest, and never jumps",
  (camera) => {
    for (let shot = 0; shot < 6; shot++) {
      let seed = shot + 1;
      const move = moveOf(camera, shot, () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647);
      const views = Array.from({ length: 251 }, (_, i) => viewAt(move, i / 250, size));
      for (const v of views) {
        expect(Math.min(v.x, v.y)).toBeGreaterThanOrEqual(0);
        expect(v.x + v.width).toBeLessThanOrEqual(size.width + 1e-9);
        expect(v.y + v.height).toBeLessThanOrEqual(size.height + 1e-9);
      }
      const speed = views.slice(1).map((v, i) => Math.hypot(v.x - views[i]!.x, v.width - views[i]!.width));
      const top = Math.max(...speed);
      expect(speed[0]!).toBeLessThanOrEqual(top * 0.05 + 1e-9);
      expect(speed.at(-1)!).toBeLessThanOrEqual(top * 0.05 + 1e-9);
      for (const [i, s] of speed.slice(1).entries()) expect(Math.abs(s - speed[i]!)).toBeLessThan(top * 0.06 + 1e-9);
    }
  },
);

/** A picture with a smooth slope, so that every shift shows in the values. */
const slope = (width: number, height: number) =>
  frameOf(
    Uint8Array.from({ length: width * height * 4 }, (_, i) => (i % 4 === 3 ? 255 : ((i >> 2) % width) * (200 / width) + 20)),
    width,
    height,
  );

it("a look follows the view to parts of a pixel", () => {
  const picture = slope(160, 90);
  const out = emptyFrame(128, 72);
  const at = (x: number) => {
    look(picture, { x, y: 4, width: 128, height: 72 }, out);
    return out.planes[0].reduce((a, b) => a + b, 0) / out.planes[0].length;
  };
  const steps = Array.from({ length: 9 }, (_, i) => at(i / 4))
    .map((v, i, all) => v - (all[i - 1] ?? v))
    .slice(1);
  // eight bits hide some steps of a quarter pixel; nothing goes back, and the way is right
  for (const step of steps) expect(step).toBeGreaterThanOrEqual(0);
  expect(steps.reduce((a, b) => a + b, 0)).toBeCloseTo((200 / 160) * 0.859 * 2, 1);
  look(picture, { x: 16, y: 9, width: 128, height: 72 }, out);
  expect(out.planes[0][5]).toBe(picture.planes[0][9 * 160 + 21]); // one to one: the very pixels
});

it("black, white and grey are BT.709's, and layers cover by their alpha", () => {
  const white = frameOf(new Uint8Array(4 * 4 * 4).fill(255), 4, 4);
  expect([white.planes[0][0], white.planes[1][0], white.planes[2][0]]).toEqual([235, 128, 128]);
  const frame = emptyFrame(8, 8);
  expect([frame.planes[0][0], frame.planes[1][0]]).toEqual([16, 128]);
  const rgba = new Uint8Array(8 * 8 * 4);
  for (const [x, alpha] of [
    [2, 255],
    [3, 255],
    [4, 128],
    [5, 128],
  ] as const)
    for (let y = 2; y < 6; y++) rgba.set([255, 255, 255, alpha], (y * 8 + x) * 4);
  const layer = layerOf(rgba, 8, 8)!;
  expect([layer.x, layer.y, layer.frame.width, layer.frame.height]).toEqual([2, 2, 4, 4]);
  lay(frame, layer, 1);
  expect([...frame.planes[0].subarray(3 * 8, 4 * 8)]).toEqual([16, 16, 235, 235, 126, 126, 16, 16]);
  expect(layerOf(new Uint8Array(64), 4, 4)).toBeUndefined();
  const half = emptyFrame(4, 4);
  blend(half, white, 0.5);
  expect(half.planes[0][0]).toBe(126);
});
