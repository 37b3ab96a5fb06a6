import type { Raster } from "@inkseal/codec";

/** One number a pixel, row by row. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** √(width·height) of what detection works on: four tiles of 112 samples, 3.5 for a period of the highest line. */
export const workingSize = 448;

/** A picture as the mark sees it. */
export interface Planes {
  /** BT.601 luma, 0 to 255. */
  readonly luma: Plane;
  /** Green against red and blue, along `opponent`. */
  readonly chroma: Plane;
}

/** Direction of the chroma plane in red, green and blue: length 1, blind to grey. */
export const opponent = [-0.06, 0.73, -0.67] as const;

/** Luma and chroma of one row of pixels. Transparent ones count as white. */
export function readRow({ width, data }: Raster, y: number, luma: Float32Array, chroma: Float32Array): void {
  const [or, og, ob] = opponent;
  for (let x = 0, p = 4 * y * width; x < width; x++, p += 4) {
    const r = data[p] as number;
    const g = data[p + 1] as number;
    const b = data[p + 2] as number;
    const a = data[p + 3] as number;
    const grey = 0.299 * r + 0.587 * g + 0.114 * b;
    const colour = or * r + og * g + ob * b;
    luma[x] = a === 255 ? grey : 255 + ((grey - 255) * a) / 255;
    chroma[x] = a === 255 ? colour : (colour * a) / 255;
  }
}

export function product({ width, height, data }: Plane, by: Plane, out: Float32Array = new Float32Array(data.length)): Plane {
  multiply(out, data, by.data);
  return { width, height, data: out };
}

function multiply(out: Float32Array, a: Float32Array, b: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = (a[i] as number) * (b[i] as number);
}

/** Grey levels of one byte each, as a plane. */
export const planeOfBytes = (width: number, height: number, bytes: Uint8Array): Plane => ({
  width,
  height,
  data: new Float32Array(bytes),
});
