import type { Raster } from "@inkseal/codec";

/** Peak signal to noise over red, green and blue, dB. */
export function psnr(a: Raster, b: Raster): number {
  let squares = 0;
  for (let i = 0; i < a.data.length; i++) if (i % 4 !== 3) squares += ((a.data[i] as number) - (b.data[i] as number)) ** 2;
  return 10 * Math.log10(255 ** 2 / (squares / (0.75 * a.data.length)));
}

/** Structural similarity of BT.601 luma, Gaussian window of 11×11 with σ = 1.5, mean over all whole windows (Wang et al. 2004). */
export function ssim(a: Raster, b: Raster): number {
  const { width, height } = a;
  const luma = ({ data }: Raster): Float64Array =>
    Float64Array.from(
      { length: width * height },
      (_, i) => 0.299 * data[4 * i]! + 0.587 * data[4 * i + 1]! + 0.114 * data[4 * i + 2]!,
    );
  const kernel = Array.from({ length: 11 }, (_, i) => Math.exp(-((i - 5) ** 2) / 4.5));
  const total = kernel.reduce((p, q) => p + q);
  const smooth = (from: Float64Array): Float64Array => {
    const across = new Float64Array(from.length);
    const out = new Float64Array(from.length);
    for (let y = 0; y < height; y++)
      for (let x = 5; x < width - 5; x++) {
        let sum = 0;
        for (let k = 0; k < 11; k++) sum += kernel[k]! * from[y * width + x + k - 5]!;
        across[y * width + x] = sum / total;
      }
    for (let y = 5; y < height - 5; y++)
      for (let x = 5; x < width - 5; x++) {
        let sum = 0;
        for (let k = 0; k < 11; k++) sum += kernel[k]! * across[(y + k - 5) * width + x]!;
        out[y * width + x] = sum / total;
      }
    return out;
  };
  const [x, y] = [luma(a), luma(b)];
  const [mx, my] = [smooth(x), smooth(y)];
  const xx = smooth(x.map((v) => v * v));
  const yy = smooth(y.map((v) => v * v));
  const xy = smooth(x.map((v, i) => v * y[i]!));
  const [c1, c2] = [6.5025, 58.5225];
  let sum = 0;
  let count = 0;
  for (let row = 5; row < height - 5; row++)
    for (let column = 5; column < width - 5; column++) {
      const i = row * width + column;
      const [p, q] = [mx[i]!, my[i]!];
      sum += ((2 * p * q + c1) * (2 * (xy[i]! - p * q) + c2)) / ((p * p + q * q + c1) * (xx[i]! - p * p + yy[i]! - q * q + c2));
      count++;
    }
  return sum / count;
}
