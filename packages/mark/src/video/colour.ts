import type { Raster } from "@inkseal/codec";
import type { VideoFormat, VideoFrame } from "./coder.ts";

/** How a film's luma and colour differences are made from red, green and blue (ITU-R BT.601, BT.709; H.273, table 4). */
export interface Matrix {
  /** Shares of red, green and blue in luma. */
  readonly weights: readonly [red: number, green: number, blue: number];
  /** Level of black. */
  readonly black: number;
  /** Levels that one grey level of luma, of blue less luma and of red less luma are coded in. */
  readonly luma: number;
  readonly blue: number;
  readonly red: number;
}

export function matrixOf({ limited, bt709 }: VideoFormat): Matrix {
  const weights = bt709 ? ([0.2126, 0.7152, 0.0722] as const) : ([0.299, 0.587, 0.114] as const);
  const chroma = limited ? 224 / 255 : 1;
  return {
    weights,
    black: limited ? 16 : 0,
    luma: limited ? 219 / 255 : 1,
    blue: chroma / (2 * (1 - weights[2])),
    red: chroma / (2 * (1 - weights[0])),
  };
}

/** A frame as red, green and blue. */
export function rasterOfFrame({ luma, blue, red }: VideoFrame, format: VideoFormat): Raster {
  const { width, height } = format;
  const { weights, black, ...by } = matrixOf(format);
  const data = new Uint8ClampedArray(4 * width * height);
  const half = width >> 1;
  for (let y = 0, i = 0, p = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++, p += 4) {
      const c = (y >> 1) * half + (x >> 1);
      const grey = ((luma[i] as number) - black) / by.luma;
      const r = grey + ((red[c] as number) - 128) / by.red;
      const b = grey + ((blue[c] as number) - 128) / by.blue;
      data[p] = r;
      data[p + 1] = (grey - weights[0] * r - weights[2] * b) / weights[1];
      data[p + 2] = b;
      data[p + 3] = 255;
    }
  return { width, height, data };
}
