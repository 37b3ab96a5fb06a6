/** Pixels, 8 bits a channel, RGBA, row by row from the top; not premultiplied. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** Pictures beyond this are not decoded (256 MiB of RGBA). */
export const maxPixels = 64 * 1024 * 1024;
