/** A square of numbers, `size` a side, row by row. */
export interface Square {
  readonly size: number;
  readonly data: Float32Array;
}

/** Half the size: means of two by two. */
export function halved({ size, data }: Square): Square {
  const half = size >> 1;
  const out = new Float32Array(half * half);
  for (let y = 0, i = 0; y < half; y++)
    for (let x = 0, p = 2 * y * size; x < half; x++, i++, p += 2)
      out[i] = (data[p]! + data[p + 1]! + data[p + size]! + data[p + size + 1]!) / 4;
  return { size: half, data: out };
}

/** First or second differences along rows or columns; as many at either end, so that a mirror changes nothing. */
export const difference = ({ size, data }: Square, down: boolean, second: boolean): Square => {
  const step = down ? size : 1;
  const end = second ? size - 1 : size - 2;
  const out = new Float32Array(data.length);
  for (let y = 1; y < end; y++)
    for (let x = 1, i = y * size + 1; x < end; x++, i++)
      out[i] = second ? data[i - step]! - 2 * data[i]! + data[i + step]! : data[i + step]! - data[i]!;
  return { size, data: out };
};

/** What a plane does not explain: second differences across and down, one after the other, over 4 (the 3×3 kernel of Ker and Böhme 2008). */
export function residual({ size, data: p }: Square): Square {
  const out = new Float32Array(p.length);
  for (let y = 1; y < size - 1; y++)
    for (let x = 1, i = y * size + 1; x < size - 1; x++, i++) {
      const [a, b] = [i - size, i + size];
      out[i] = p[i]! + (p[a - 1]! + p[a + 1]! + p[b - 1]! + p[b + 1]!) / 4 - (p[a]! + p[b]! + p[i - 1]! + p[i + 1]!) / 2;
    }
  return { size, data: out };
}

/** Mean of products of two squares, the second shifted; the outermost pixels, which have no residual, do not count. */
export function meanProduct(a: Square, b: Square, dx = 0, dy = 0): number {
  const { size } = a;
  const [left, right] = [Math.max(1, 1 - dx), Math.min(size - 1, size - 1 - dx)];
  const [top, bottom] = [Math.max(1, 1 - dy), Math.min(size - 1, size - 1 - dy)];
  let sum = 0;
  for (let y = top; y < bottom; y++)
    for (let x = left, i = y * size + left, j = (y + dy) * size + left + dx; x < right; x++, i++, j++)
      sum += a.data[i]! * b.data[j]!;
  return sum / ((right - left) * (bottom - top));
}

// loops, here and below: the callbacks of typed arrays' own methods took a third of the time

export function absolute({ size, data }: Square): Square {
  const out = new Float32Array(data.length);
  for (let i = 0; i < out.length; i++) out[i] = Math.abs(data[i]!);
  return { size, data: out };
}

export function sumOf(data: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]!;
  return sum;
}

/** a − b, pixel by pixel. */
export function lessThe(a: Square, b: Square): Square {
  const out = new Float32Array(a.data.length);
  for (let i = 0; i < out.length; i++) out[i] = a.data[i]! - b.data[i]!;
  return { size: a.size, data: out };
}

/** How far from Gaussian: ln of the mean square over the squared mean of absolute values (0.45 for Gaussian noise, more for sparse detail). */
export const peaked = (s: Square, meanSquare: number): number => {
  const mean = sumOf(absolute(s).data) / (s.size - 2) ** 2;
  return Math.log((meanSquare + 0.01) / (mean * mean + 0.01));
};
