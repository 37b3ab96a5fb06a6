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
      cos: Float64Array.from({ length: n }, (_, k) => Math.cos((2 * Math.PI * k) / n)),
      sin: Float64Array.from({ length: n }, (_, k) => Math.sin((2 * Math.PI * k) / n)),
      reversed,
    };
    tables.set(n, table);
  }
  return table;
}

/**
 * Transforms `re + i·im`, both of one length of 2 or more; RangeError for a length that is no power of 2. Two stages go through memory at a time
 * (radix 4), which takes half the time of one by one.
 */
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
  const odd = (31 - Math.clz32(n)) % 2 === 1;
  if (odd)
    for (let a = 0; a < n; a += 2) {
      const x = re[a + 1]!;
      const y = im[a + 1]!;
      re[a + 1] = re[a]! - x;
      im[a + 1] = im[a]! - y;
      re[a]! += x;
      im[a]! += y;
    }
  for (let part = odd ? 2 : 1; part < n; part *= 4) {
    const step = n / (4 * part);
    for (let at = 0; at < n; at += 4 * part)
      for (let k = 0, j = 0; k < part; k++, j += step) {
        const a = at + k;
        const b = a + part;
        const c = b + part;
        const d = c + part;
        // the quarters are in reversed order, so that b is turned by 2k, c by k, d by 3k
        const bRe = cos[2 * j]! * re[b]! + sin[2 * j]! * im[b]!;
        const bIm = cos[2 * j]! * im[b]! - sin[2 * j]! * re[b]!;
        const cRe = cos[j]! * re[c]! + sin[j]! * im[c]!;
        const cIm = cos[j]! * im[c]! - sin[j]! * re[c]!;
        const dRe = cos[3 * j]! * re[d]! + sin[3 * j]! * im[d]!;
        const dIm = cos[3 * j]! * im[d]! - sin[3 * j]! * re[d]!;
        const evenRe = re[a]! + bRe;
        const evenIm = im[a]! + bIm;
        const oddRe = re[a]! - bRe;
        const oddIm = im[a]! - bIm;
        re[a] = evenRe + cRe + dRe;
        im[a] = evenIm + cIm + dIm;
        re[b] = oddRe + cIm - dIm;
        im[b] = oddIm - cRe + dRe;
        re[c] = evenRe - cRe - dRe;
        im[c] = evenIm - cIm - dIm;
        re[d] = oddRe - cIm + dIm;
        im[d] = oddIm + cRe - dRe;
      }
  }
}

/**
 * Transforms an image, [height, width], both sides powers of 2; only the first `rows` rows are not zero, and only columns of frequencies up to
 * `reach` are wanted: the others hold nothing of use. Other rows of zeros cost nothing.
 */
export function fft2(
  re: Float32Array,
  im: Float32Array,
  width: number,
  height: number,
  rows = height,
  reach = width / 2,
): void {
  const rowRe = new Float64Array(width);
  const rowIm = new Float64Array(width);
  for (let at = 0; at < rows * width; at += width) {
    if (isZero(re, at, width) && isZero(im, at, width)) continue;
    rowRe.set(re.subarray(at, at + width));
    rowIm.set(im.subarray(at, at + width));
    fft(rowRe, rowIm);
    re.set(rowRe, at);
    im.set(rowIm, at);
  }
  const columnRe = new Float64Array(height);
  const columnIm = new Float64Array(height);
  for (let x = 0; x < width; x++) {
    if (Math.min(x, width - x) > reach) continue;
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

function isZero(data: Float32Array, from: number, length: number): boolean {
  for (let i = from; i < from + length; i++) if (data[i] !== 0) return false;
  return true;
}
