/** Fast Fourier transforms in place, of lengths that are powers of 2 (Cooley and Tukey 1965); forward: exp(−2πi·kn/N). */

interface Table {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
  /** Index of each value with its bits in reverse. */
  readonly reversed: Uint32Array;
}
const tables = new Map<number, Table>();

function tableOf(n: number): Table {
  let table = tables.get(n);
  if (table === undefined) {
    if (!(n >= 2) || (n & (n - 1)) !== 0) throw new RangeError(`a transform of ${n}: a power of 2 is needed`);
    const reversed = new Uint32Array(n);
    for (let i = 1; i < n; i++) reversed[i] = (reversed[i >> 1]! >> 1) | ((i & 1) * (n / 2));
    table = {
      cos: Float64Array.from({ length: n / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / n)),
      sin: Float64Array.from({ length: n / 2 }, (_, k) => Math.sin((2 * Math.PI * k) / n)),
      reversed,
    };
    tables.set(n, table);
  }
  return table;
}

/** Transforms `re + i·im`, both of one length of 2 or more; RangeError for a length that is no power of 2. */
export function fft(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  const { cos, sin, reversed } = tableOf(n);
  for (let i = 0; i < n; i++) {
    const j = reversed[i]!;
    if (j <= i) continue;
    const a = re[i]!;
    const b = im[i]!;
    re[i] = re[j]!;
    im[i] = im[j]!;
    re[j] = a;
    im[j] = b;
  }
  for (let half = 1, step = n / 2; half < n; half *= 2, step /= 2) {
    for (let at = 0; at < n; at += 2 * half) {
      for (let k = 0; k < half; k++) {
        const c = cos[k * step]!;
        const s = sin[k * step]!;
        const a = at + k;
        const b = a + half;
        const x = c * re[b]! + s * im[b]!;
        const y = c * im[b]! - s * re[b]!;
        re[b] = re[a]! - x;
        im[b] = im[a]! - y;
        re[a]! += x;
        im[a]! += y;
      }
    }
  }
}

/** Transforms an image, [height, width], both sides powers of 2; only the first `rows` rows are not zero. */
export function fft2(re: Float32Array, im: Float32Array, width: number, height: number, rows = height): void {
  const rowRe = new Float64Array(width);
  const rowIm = new Float64Array(width);
  for (let at = 0; at < rows * width; at += width) {
    rowRe.set(re.subarray(at, at + width));
    rowIm.set(im.subarray(at, at + width));
    fft(rowRe, rowIm);
    re.set(rowRe, at);
    im.set(rowIm, at);
  }
  const columnRe = new Float64Array(height);
  const columnIm = new Float64Array(height);
  for (let x = 0; x < width; x++) {
    for (let y = 0, i = x; y < height; y++, i += width) {
      columnRe[y] = re[i]!;
      columnIm[y] = im[i]!;
    }
    fft(columnRe, columnIm);
    for (let y = 0, i = x; y < height; y++, i += width) {
      re[i] = columnRe[y]!;
      im[i] = columnIm[y]!;
    }
  }
}
