import { expect, test } from "vitest";
import { enlarge } from "./enlarge.ts";

/** A red disc with a white square in it on nothing, each pixel by its share of the shapes. */
function drawn(side = 64): Float32Array {
  const out = new Float32Array(side * side * 4);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      let [disc, square] = [0, 0];
      for (let k = 0; k < 64; k++) {
        const [u, v] = [x + ((k % 8) + 0.5) / 8, y + (Math.floor(k / 8) + 0.5) / 8];
        const inside = Math.hypot(u - 32, v - 32) < 22.3;
        if (inside) disc += 1 / 64;
        if (Math.max(Math.abs(u - 32), Math.abs(v - 32)) < 8) square += 1 / 64;
      }
      out.set([disc * 0.9 + square * 0.1, 0.1 * disc + 0.9 * square, 0.1 * disc + 0.9 * square, disc], 4 * (y * side + x));
    }
  return out;
}
const large = enlarge(drawn(), 64, { size: 1024 });
const at = (x: number, y: number) => [...large.subarray(4 * (y * 1024 + x), 4 * (y * 1024 + x) + 4)];

test("areas keep their colours", () => {
  for (const [x, y, colour] of [
    [512, 512, [1, 1, 1, 1]],
    [300, 512, [0.9, 0.1, 0.1, 1]],
    [40, 40, [0, 0, 0, 0]],
  ] as const)
    colour.forEach((value, c) => {
      expect(at(x, y)[c]).toBeCloseTo(value, 1);
    });
});
test("an edge lies where the shape's does, within a fifth of a source pixel, and is a few pixels wide, not sixteen", () => {
  // radius 22.3 of 64 pixels is 356.8 of 1,024
  for (let degrees = 0; degrees < 360; degrees += 7) {
    const along = (r: number) => {
      const [x, y] = [512 + r * Math.cos((degrees * Math.PI) / 180), 512 + r * Math.sin((degrees * Math.PI) / 180)];
      return at(Math.floor(x), Math.floor(y))[3]!;
    };
    let [first, last] = [0, 0];
    for (let r = 300; r < 420; r++) {
      if (along(r) > 0.95) first = r;
      if (along(r) > 0.05) last = r;
    }
    expect(Math.abs((first + last) / 2 + 0.5 - 356.8)).toBeLessThan(3.2);
    expect(last - first).toBeLessThan(6);
  }
});
test("a palette is kept: every area has one of its colours", () => {
  const only = [
    [0, 0.2, 0.6],
    [0.9, 0.9, 0.5],
  ] as const;
  const recoloured = enlarge(drawn(), 64, { size: 256, only });
  let exact = 0;
  let seen = 0;
  for (let i = 0; i < recoloured.length; i += 4) {
    if (recoloured[i + 3]! === 0) continue;
    seen++;
    if (only.some((colour) => colour.every((value, c) => Math.abs(recoloured[i + c]! - value) < 1e-6))) exact++;
  }
  expect(exact / seen).toBeGreaterThan(0.9); // the rest are pixels on an edge
});
