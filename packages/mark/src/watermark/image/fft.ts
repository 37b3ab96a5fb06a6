/** Radix-2 complex FFT in place, after Cooley and Tukey (1965); all that the watermark needs of one, on arrays of 32-bit floats. */

const tables = new Map<number, { cos: Float64Array; sin: Float64Array; swap: Uint32Array }>();

function tableOf(n: number) {
  let table = tables.get(n);
  if (table === undefined) {
    const cos = Float64Array.from({ length: n / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / n));
    const sin = Float64Array.from({ length: n / 2 }, (_, i) => -Math.sin((2 * Math.PI * i) / n));
    const swap = new Uint32Array(n);
    for (let i = 1; i < n; i++) swap[i] = ((swap[i >> 1] as number) >> 1) | (i & 1 ? n >> 1 : 0);
    table = { cos, sin, swap };
    tables.set(n, table);
  }
  return table;
}

/** Forward transform (negative exponent) of `re + i·im`, both of one length, a power of two. */
export function fft(re: Float32Array | Float64Array, im: Float32Array | Float64Array): void {
  const n = re.length;
  const { cos, sin, swap } = tableOf(n);
  for (let i = 0; i < n; i++) {
    const j = swap[i] as number;
    if (j > i) {
      const a = re[i] as number;
      re[i] = re[j] as number;
      re[j] = a;
      const b = im[i] as number;
      im[i] = im[j] as number;
      im[j] = b;
    }
  }
  for (let half = 1, stride = n >> 1; half < n; half <<= 1, stride >>= 1) {
    for (let block = 0; block < n; block += half << 1) {
      for (let k = block, t = 0; k < block + half; k++, t += stride) {
        const c = cos[t] as number;
        const s = sin[t] as number;
        const xr = re[k + half] as number;
        const xi = im[k + half] as number;
        const yr = xr * c - xi * s;
        const yi = xr * s + xi * c;
        re[k + half] = (re[k] as number) - yr;
        im[k + half] = (im[k] as number) - yi;
        re[k] = (re[k] as number) + yr;
        im[k] = (im[k] as number) + yi;
      }
    }
  }
}

/** Two-dimensional forward transform in place; `re` and `im` are rows of `width`, both sides powers of two. `rows` that are not zero come first. */
export function fft2(re: Float32Array, im: Float32Array, width: number, height: number, rows = height): void {
  for (let y = 0; y < rows; y++) fft(re.subarray(y * width, (y + 1) * width), im.subarray(y * width, (y + 1) * width));
  const columnRe = new Float64Array(height);
  const columnIm = new Float64Array(height);
  for (let x = 0; x < width; x++) {
    for (let y = 0, i = x; y < height; y++, i += width) {
      columnRe[y] = re[i] as number;
      columnIm[y] = im[i] as number;
    }
    fft(columnRe, columnIm);
    for (let y = 0, i = x; y < height; y++, i += width) {
      re[i] = columnRe[y] as number;
      im[i] = columnIm[y] as number;
    }
  }
}
