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

/** Transparent pixels count as white. */
export function planesOf({ width, height, data }: Raster): Planes {
  const luma = new Float32Array(width * height);
  const chroma = new Float32Array(width * height);
  const [or, og, ob] = opponent;
  for (let i = 0, p = 0; i < luma.length; i++, p += 4) {
    const r = data[p] as number;
    const g = data[p + 1] as number;
    const b = data[p + 2] as number;
    const a = data[p + 3] as number;
    const y = 0.299 * r + 0.587 * g + 0.114 * b;
    const c = or * r + og * g + ob * b;
    luma[i] = a === 255 ? y : 255 + ((y - 255) * a) / 255;
    chroma[i] = a === 255 ? c : (c * a) / 255;
  }
  return { luma: { width, height, data: luma }, chroma: { width, height, data: chroma } };
}

/** Both planes, shrunk. */
export const shrunkPlanes = ({ luma, chroma }: Planes, size = workingSize): Planes => ({
  luma: shrunk(luma, size),
  chroma: shrunk(chroma, size),
});

/** Averages over areas, so that √(width·height) is `size` at most; never enlarges. */
export function shrunk(plane: Plane, size = workingSize): Plane {
  const ratio = Math.sqrt(plane.width * plane.height) / size;
  if (ratio <= 1) return plane;
  const width = Math.max(1, Math.round(plane.width / ratio));
  const height = Math.max(1, Math.round(plane.height / ratio));
  const { starts, weights, counts, widest } = spans(plane.width, width);
  const out = new Float32Array(width * height);
  const row = new Float32Array(width);
  const step = plane.height / height;
  for (let y = 0; y < plane.height; y++) {
    const base = y * plane.width;
    for (let x = 0; x < width; x++) {
      let sum = 0;
      const from = base + (starts[x] as number);
      const n = counts[x] as number;
      for (let k = 0, w = x * widest; k < n; k++, w++) sum += (plane.data[from + k] as number) * (weights[w] as number);
      row[x] = sum;
    }
    const first = Math.min(height - 1, Math.floor(y / step));
    const last = Math.min(height - 1, Math.floor((y + 1) / step));
    for (let to = first; to <= last; to++) {
      const share = (Math.min(y + 1, (to + 1) * step) - Math.max(y, to * step)) / step;
      if (share <= 0) continue;
      for (let x = 0, i = to * width; x < width; x++, i++) out[i] = (out[i] as number) + share * (row[x] as number);
    }
  }
  return { width, height, data: out };
}

/** Which source samples make one of `to` samples, and how much each. */
function spans(from: number, to: number) {
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

/** Mean over a square of `2·radius + 1`, smaller at the edges; `out` may not be the input. Two passes of running sums. */
export function boxBlur(plane: Plane, radius: number): Plane {
  const { width, height, data } = plane;
  if (radius < 1) return { width, height, data: data.slice() };
  const across = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    const base = y * width;
    let sum = 0;
    for (let x = 0; x < Math.min(radius, width); x++) sum += data[base + x] as number;
    for (let x = 0; x < width; x++) {
      if (x + radius < width) sum += data[base + x + radius] as number;
      if (x - radius > 0) sum -= data[base + x - radius - 1] as number;
      across[base + x] = sum / (Math.min(width - 1, x + radius) - Math.max(0, x - radius) + 1);
    }
  }
  const out = new Float32Array(data.length);
  const sums = new Float64Array(width);
  for (let y = 0; y < Math.min(radius, height); y++)
    for (let x = 0; x < width; x++) sums[x] = (sums[x] as number) + (across[y * width + x] as number);
  for (let y = 0; y < height; y++) {
    const enter = y + radius < height ? (y + radius) * width : -1;
    const leave = y - radius > 0 ? (y - radius - 1) * width : -1;
    const inverse = 1 / (Math.min(height - 1, y + radius) - Math.max(0, y - radius) + 1);
    for (let x = 0; x < width; x++) {
      let sum = sums[x] as number;
      if (enter >= 0) sum += across[enter + x] as number;
      if (leave >= 0) sum -= across[leave + x] as number;
      sums[x] = sum;
      out[y * width + x] = sum * inverse;
    }
  }
  return { width, height, data: out };
}

export function product({ width, height, data }: Plane, by: Plane): Plane {
  const out = new Float32Array(data.length);
  for (let i = 0; i < out.length; i++) out[i] = (data[i] as number) * (by.data[i] as number);
  return { width, height, data: out };
}

/** Grey levels of one byte each, as a plane. */
export const planeOfBytes = (width: number, height: number, bytes: Uint8Array): Plane => ({
  width,
  height,
  data: new Float32Array(bytes),
});
