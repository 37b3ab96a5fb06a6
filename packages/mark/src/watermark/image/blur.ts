import type { Plane } from "./plane.ts";
import { scratch } from "./scratch.ts";

/** Mean over a square of `2·radius + 1`, smaller at the edges, `times` over, in place: running sums along the rows, then down the columns. */
export function boxBlur({ width, height, data }: Plane, radius: number, times = 1): void {
  if (radius < 1 || data.length === 0) return;
  const other = scratch(0, data.length);
  for (let pass = 0; pass < 2 * times; pass++) {
    const [from, to] = pass % 2 === 0 ? [data, other] : [other, data];
    (pass < times ? along : down)(to, from, width, height, radius);
  }
}

/** Edge, middle, edge: without a question per sample it takes half the time. */
function along(out: Float32Array, data: Float32Array, width: number, height: number, radius: number): void {
  const whole = 1 / (2 * radius + 1);
  for (let y = 0; y < height; y++) {
    const begin = y * width;
    const end = begin + width;
    let sum = 0;
    for (let i = begin; i < Math.min(end, begin + radius); i++) sum += data[i] as number;
    let i = begin;
    for (; i < end && i <= begin + radius; i++) {
      if (i + radius < end) sum += data[i + radius] as number;
      out[i] = sum / (Math.min(end - 1, i + radius) - begin + 1);
    }
    for (; i < end - radius; i++) {
      sum += (data[i + radius] as number) - (data[i - radius - 1] as number);
      out[i] = sum * whole;
    }
    for (; i < end; i++) {
      sum -= data[i - radius - 1] as number;
      out[i] = sum / (end - i + radius);
    }
  }
}

/** Four columns at a time, which share their cache lines; the last may be counted more than once. */
function down(out: Float32Array, data: Float32Array, width: number, height: number, radius: number): void {
  const inverse = Float64Array.from(
    { length: height },
    (_, y) => 1 / (Math.min(height - 1, y + radius) - Math.max(0, y - radius) + 1),
  );
  for (let x = 0; x < width; x += 4) {
    const q = Math.min(1, width - 1 - x);
    const r = Math.min(2, width - 1 - x);
    const s = Math.min(3, width - 1 - x);
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let y = 0, i = x; y < radius && y < height; y++, i += width) {
      a += data[i] as number;
      b += data[i + q] as number;
      c += data[i + r] as number;
      d += data[i + s] as number;
    }
    let enters = x + radius * width;
    let leaves = x - (radius + 1) * width;
    for (let y = 0, i = x; y < height; y++, i += width, enters += width, leaves += width) {
      if (y + radius < height) {
        a += data[enters] as number;
        b += data[enters + q] as number;
        c += data[enters + r] as number;
        d += data[enters + s] as number;
      }
      if (y > radius) {
        a -= data[leaves] as number;
        b -= data[leaves + q] as number;
        c -= data[leaves + r] as number;
        d -= data[leaves + s] as number;
      }
      const by = inverse[y] as number;
      out[i] = a * by;
      out[i + q] = b * by;
      out[i + r] = c * by;
      out[i + s] = d * by;
    }
  }
}
