import type { QuantisedMatrix, Values } from "../weights.ts";

/** Values that share a scale: 32 along a row. */
export const groupSize = 32;

/** An empty matrix of `bits`: what {@link putGroup} fills. */
export function emptyQuantised(n: number, k: number, bits: 8 | 4): QuantisedMatrix {
  return {
    shape: [n, k],
    bits,
    data: bits === 8 ? new Int8Array(n * k) : new Uint8Array((n * k) / 2),
    scales: new Float32Array((n * k) / groupSize),
  };
}

/** Writes group `g`'s scale and its 32 integers (−127 … 127, or −8 … 7) as the kernels read them. */
export function putGroup({ bits, data, scales }: QuantisedMatrix, g: number, scale: number, integers: ArrayLike<number>): void {
  scales[g] = scale;
  if (bits === 8) for (let i = 0; i < groupSize; i++) data[g * groupSize + i] = integers[i]!;
  else for (let i = 0; i < 16; i++) data[g * 16 + i] = (integers[i]! + 8) | ((integers[i + 16]! + 8) << 4);
}

/** The integers, row-major [n, k]. */
export function integersOf({ shape, data }: QuantisedMatrix): Int8Array {
  if (data instanceof Int8Array) return data;
  const out = new Int8Array(shape[0] * shape[1]);
  for (let at = 0; at < out.length; at++) {
    const i = at % groupSize;
    out[at] = ((data[(at - i) / 2 + (i % 16)]! >> (i < 16 ? 0 : 4)) & 15) - 8;
  }
  return out;
}
/** The other way: integers [n, k] and their scales as the kernels read them. */
export function quantisedFrom(
  [n, k]: readonly [number, number],
  bits: 8 | 4,
  integers: Int8Array,
  scales: Float32Array,
): QuantisedMatrix {
  const out = emptyQuantised(n, k, bits);
  for (let g = 0; g < scales.length; g++) putGroup(out, g, scales[g]!, integers.subarray(g * groupSize, (g + 1) * groupSize));
  return out;
}
/** What the integers stand for: integer × scale, row-major [n, k]. */
export function dequantise(matrix: QuantisedMatrix): Values {
  const { shape, scales } = matrix;
  return { shape, data: Float32Array.from(integersOf(matrix), (integer, i) => integer * scales[Math.floor(i / groupSize)]!) };
}

/** The nearest integer of a value under a scale. */
export function nearest(value: number, scale: number, bits: 8 | 4): number {
  if (scale === 0) return 0;
  const integer = Math.round(value / scale);
  return bits === 8 ? Math.max(-127, Math.min(127, integer)) : Math.max(-8, Math.min(7, integer));
}

/** 8 bits: the largest magnitude becomes ±127. */
export function absmaxScale(x: ArrayLike<number>): number {
  let top = 0;
  for (let i = 0; i < groupSize; i++) top = Math.max(top, Math.abs(x[i]!));
  return Math.fround(top / 127);
}

/**
 * 4 bits: of 19 scales around the one that turns the value of largest magnitude into −8, each improved to the best for its own integers, the one of the
 * least Σ importance·(x − scale·integer)² (`make_qx_quants` of ggml-quants.c, whose way this is). The scale's sign is that of −x at the largest magnitude:
 * −8 … 7 reaches further down than up.
 */
export function searchedScale(x: ArrayLike<number>, importance?: ArrayLike<number>): number {
  let extreme = 0;
  for (let i = 0; i < groupSize; i++) if (Math.abs(x[i]!) > Math.abs(extreme)) extreme = x[i]!;
  if (extreme === 0) return 0;
  let scale = extreme / -8;
  let most = -1;
  for (let step = -9; step <= 9; step++) {
    const tried = extreme / -(8 + 0.1 * step);
    let xq = 0;
    let qq = 0;
    for (let i = 0; i < groupSize; i++) {
      const q = nearest(x[i]!, tried, 4);
      const w = importance === undefined ? 1 : importance[i]!;
      xq += w * x[i]! * q;
      qq += w * q * q;
    }
    // with these integers the best scale is xq / qq, and the error falls by xq² / qq
    if (qq > 0 && (xq * xq) / qq > most) {
      most = (xq * xq) / qq;
      scale = xq / qq;
    }
  }
  return Math.fround(scale);
}
