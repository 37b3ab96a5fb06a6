import type { Raster } from "@inkseal/codec";
import { edge } from "./autoencoder.ts";

/** A square of colours times alpha, and alpha → pixels of width × height with the square in the middle, on a colour (RRGGBB) or on nothing. */
export function toRaster(square: Float32Array, size: number, width: number, height: number, background?: string): Raster {
  const data = new Uint8ClampedArray(width * height * 4);
  const ground = background === undefined ? undefined : rgb(background);
  if (ground !== undefined)
    for (let i = 0; i < data.length; i += 4) data.set([255 * ground[0], 255 * ground[1], 255 * ground[2], 255], i);
  const [left, top] = [(width - size) >> 1, (height - size) >> 1];
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const from = 4 * (y * size + x);
      const to = 4 * ((top + y) * width + left + x);
      const alpha = square[from + 3]!;
      if (ground === undefined) {
        // what can hardly be seen is wholly transparent
        if (alpha < 0.02) continue;
        for (let c = 0; c < 3; c++) data[to + c] = (255 * square[from + c]!) / alpha;
        data[to + 3] = 255 * alpha;
      } else for (let c = 0; c < 3; c++) data[to + c] = 255 * (square[from + c]! + (1 - alpha) * ground[c]!);
    }
  return { width, height, data };
}
export function rgb(hex: string): [number, number, number] {
  return [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255) as [number, number, number];
}

/** A picture of any size → 64 × 64, whole and in the middle: means over areas, colours times alpha, and alpha. */
export function fromRaster({ width, height, data }: Raster): Float32Array {
  const out = new Float32Array(edge * edge * 4);
  const scale = Math.max(width, height) / edge;
  const [left, top] = [(width / scale - edge) / 2, (height / scale - edge) / 2];
  for (let y = 0; y < edge; y++)
    for (let x = 0; x < edge; x++) {
      const [x0, x1] = [Math.max(0, Math.floor((x + left) * scale)), Math.min(width, Math.ceil((x + left + 1) * scale))];
      const [y0, y1] = [Math.max(0, Math.floor((y + top) * scale)), Math.min(height, Math.ceil((y + top + 1) * scale))];
      const to = 4 * (y * edge + x);
      const count = Math.max(0, x1 - x0) * Math.max(0, y1 - y0);
      for (let v = y0; v < y1; v++)
        for (let u = x0; u < x1; u++) {
          const from = 4 * (v * width + u);
          const alpha = data[from + 3]! / 255;
          for (let c = 0; c < 3; c++) out[to + c]! += ((data[from + c]! / 255) * alpha) / count;
          out[to + 3]! += alpha / count;
        }
    }
  return out;
}
