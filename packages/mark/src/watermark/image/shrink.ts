import type { Raster } from "@inkseal/codec";
import { type Plane, type Planes, readRow, workingSize } from "./plane.ts";

/** A picture on the working grid, without planes of its own size in between. */
export function workingPlanes(raster: Raster, size = workingSize): Planes {
  const [luma, chroma] = shrunkRows(raster, size, 2, (y, [grey, colour]) => readRow(raster, y, grey, colour));
  return { luma, chroma };
}

/** And the means of the squares of its luma. */
export function workingPlanesAndSquares(raster: Raster): Planes & { readonly squares: Plane } {
  const [luma, chroma, squares] = shrunkRows(raster, workingSize, 3, (y, [grey, colour, square]) => {
    readRow(raster, y, grey, colour);
    for (let x = 0; x < square.length; x++) square[x] = (grey[x] as number) ** 2;
  });
  return { luma, chroma, squares };
}

/** Both planes, shrunk. */
export const shrunkPlanes = ({ luma, chroma }: Planes, size = workingSize): Planes => ({
  luma: shrunk(luma, size),
  chroma: shrunk(chroma, size),
});

/** Averages over areas, so that √(width·height) is `size` at most; never enlarges. */
export function shrunk(plane: Plane, size = workingSize): Plane {
  const { width, data } = plane;
  if (Math.sqrt(width * plane.height) <= size) return plane;
  return shrunkRows(plane, size, 1, (y, [line]) => line.set(data.subarray(y * width, (y + 1) * width)))[0];
}

/** As many as there are planes. */
type Of<T, N extends 1 | 2 | 3> = N extends 1 ? [T] : N extends 2 ? [T, T] : [T, T, T];

/** The same for `count` planes at once, whose rows `read` puts into the lines that it is given. */
function shrunkRows<N extends 1 | 2 | 3>(
  from: { readonly width: number; readonly height: number },
  size: number,
  count: N,
  read: (y: number, lines: Of<Float32Array, N>) => void,
): Of<Plane, N> {
  const ratio = Math.max(1, Math.sqrt(from.width * from.height) / size);
  const width = Math.max(1, Math.round(from.width / ratio));
  const height = Math.max(1, Math.round(from.height / ratio));
  const columns = spans(from.width, width);
  const { starts, counts, weights, widest } = spans(from.height, height);
  const each = <T>(make: () => T): T[] => Array.from({ length: count }, make);
  const lines = each(() => new Float32Array(from.width));
  const sums = each(() => new Float64Array(from.width));
  const out = each(() => new Float32Array(width * height));
  let last = -1;
  for (let y = 0; y < height; y++) {
    for (let k = 0; k < (counts[y] as number); k++) {
      const row = (starts[y] as number) + k;
      if (row !== last) read(row, lines as Of<Float32Array, N>); // a row that lies in two is read once
      last = row;
      for (let n = 0; n < count; n++)
        add(sums[n] as Float64Array, lines[n] as Float32Array, weights[y * widest + k] as number, k === 0);
    }
    for (let n = 0; n < count; n++)
      narrow(out[n] as Float32Array, y * width, sums[n] as Float64Array, columns.starts, columns.counts, columns.weights);
  }
  return out.map((data) => ({ width, height, data })) as Of<Plane, N>;
}

function add(sums: Float64Array, line: Float32Array, weight: number, first: boolean): void {
  if (first) for (let x = 0; x < sums.length; x++) sums[x] = weight * (line[x] as number);
  else for (let x = 0; x < sums.length; x++) sums[x] = (sums[x] as number) + weight * (line[x] as number);
}

function narrow(
  out: Float32Array,
  at: number,
  sums: Float64Array,
  starts: Int32Array,
  counts: Int32Array,
  weights: Float32Array,
): void {
  const widest = weights.length / starts.length;
  for (let x = 0; x < starts.length; x++) {
    const from = starts[x] as number;
    const n = counts[x] as number;
    let sum = 0;
    for (let k = 0, w = x * widest; k < n; k++, w++) sum += (sums[from + k] as number) * (weights[w] as number);
    out[at + x] = sum;
  }
}

/** Which source samples make one sample, and how much each. */
interface Spans {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  /** `widest` for each. */
  readonly weights: Float32Array;
  readonly widest: number;
}

function spans(from: number, to: number): Spans {
  const step = from / to;
  const widest = Math.ceil(step) + 1;
  const starts = new Int32Array(to);
  const counts = new Int32Array(to);
  const weights = new Float32Array(to * widest);
  for (let x = 0; x < to; x++) {
    const start = Math.floor(x * step);
    const end = Math.min(from, Math.ceil((x + 1) * step - 1e-9));
    starts[x] = start;
    counts[x] = end - start;
    for (let k = start; k < end; k++)
      weights[x * widest + k - start] = (Math.min(k + 1, (x + 1) * step) - Math.max(k, x * step)) / step;
  }
  return { starts, counts, weights, widest };
}
