import { encodePng, type Raster, writePng } from "@inkseal/codec";

/** Pictures of `side` pixels (colours times alpha, and alpha) on white, in rows of `across`. */
export function contactSheet(pictures: readonly Float32Array[], side: number, across: number, gap = 8): Raster {
  const down = Math.ceil(pictures.length / across);
  const [width, height] = [across * (side + gap) + gap, down * (side + gap) + gap];
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  pictures.forEach((picture, i) => {
    const [left, top] = [gap + (i % across) * (side + gap), gap + Math.floor(i / across) * (side + gap)];
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        const from = 4 * (y * side + x);
        const to = 4 * ((top + y) * width + left + x);
        for (let c = 0; c < 3; c++) data[to + c] = 255 * (picture[from + c]! + 1 - picture[from + 3]!);
      }
  });
  return { width, height, data };
}
export const sheetPng = (raster: Raster): Uint8Array => writePng(encodePng(raster));
