import type { Raster } from "@inkseal/codec";

/** Sides of pictures that a model takes, and 1 channel (grey) or 3 (red, green, blue). */
export interface PictureSize {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * A picture as a model takes it, [H, W, C], 0 to 255: on white where it is transparent, cut to the model's ratio of sides round its middle,
 * each pixel the mean of the area that it covers. Grey by the weights of ITU-R BT.601.
 */
export function fitPicture({ width, height, data }: Raster, size: PictureSize): Uint8Array {
  const ratio = Math.min(width / size.width, height / size.height);
  const [left, top] = [(width - ratio * size.width) / 2, (height - ratio * size.height) / 2];
  const out = new Uint8Array(size.height * size.width * size.channels);
  const across = Array.from({ length: size.width }, (_, x) => covered(left + x * ratio, left + (x + 1) * ratio, width));
  const down = Array.from({ length: size.height }, (_, y) => covered(top + y * ratio, top + (y + 1) * ratio, height));
  for (const [y, rows] of down.entries())
    for (const [x, columns] of across.entries()) {
      const rgb = [0, 0, 0];
      for (const [row, tall] of rows)
        for (const [column, wide] of columns) {
          const at = (row * width + column) * 4;
          const alpha = data[at + 3]! / 255;
          for (let c = 0; c < 3; c++) rgb[c]! += tall * wide * (alpha * data[at + c]! + 255 * (1 - alpha));
        }
      const [r, g, b] = rgb as [number, number, number];
      const values = size.channels === 1 ? [0.299 * r + 0.587 * g + 0.114 * b] : rgb;
      for (let c = 0; c < size.channels; c++) out[(y * size.width + x) * size.channels + c] = Math.round(values[c]!);
    }
  return out;
}
/** Source pixels under an interval, each with its share of it. */
function covered(from: number, to: number, limit: number): [pixel: number, share: number][] {
  const parts: [number, number][] = [];
  for (let pixel = Math.floor(from); pixel < to - 1e-9; pixel++) {
    const share = (Math.min(to, pixel + 1) - Math.max(from, pixel)) / (to - from);
    if (share > 1e-9) parts.push([Math.min(limit - 1, Math.max(0, pixel)), share]);
  }
  return parts;
}

/** Grey bytes [H, W], or [H, W, 3], as a raster. */
export function toRaster(pixels: Uint8Array, { height, width, channels }: PictureSize): Raster {
  const data = new Uint8ClampedArray(height * width * 4).fill(255);
  for (let i = 0; i < height * width; i++)
    for (let c = 0; c < 3; c++) data[i * 4 + c] = pixels[i * channels + (channels >= 3 ? c : 0)]!;
  return { width, height, data };
}

/** Pictures [count, H, W, C] side by side on one sheet, as square as can be, two grey pixels between. */
export function contactSheet(pictures: Uint8Array, size: PictureSize): Raster {
  const each = size.height * size.width * size.channels;
  const count = pictures.length / each;
  const columns = Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  const [width, height] = [columns * (size.width + 2) - 2, rows * (size.height + 2) - 2];
  const data = new Uint8ClampedArray(width * height * 4).fill(128);
  for (let i = 3; i < data.length; i += 4) data[i] = 255;
  for (let n = 0; n < count; n++) {
    const { data: from } = toRaster(pictures.subarray(n * each, (n + 1) * each), size);
    const [left, top] = [(n % columns) * (size.width + 2), Math.floor(n / columns) * (size.height + 2)];
    for (let y = 0; y < size.height; y++)
      data.set(from.subarray(y * size.width * 4, (y + 1) * size.width * 4), ((top + y) * width + left) * 4);
  }
  return { width, height, data };
}
