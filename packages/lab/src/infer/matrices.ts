import { kernel } from "../kernels/kernel.ts";
import type { Pool } from "../kernels/pool.ts";
import type { MixedWeights, QuantisedMatrix, Values } from "../weights.ts";

/** A weight in the kernels' memory. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly bits: 32 | 8 | 4;
  readonly at: number;
  /** Of a quantised matrix. */
  readonly scales: number;
}

/** All weights of a model in the kernels' memory, as they come: f32, int8 or int4. */
export function loadMatrices(pool: Pool, weights: MixedWeights): { matrices: ReadonlyMap<string, Matrix>; free(): void } {
  const { heap } = pool;
  const blocks: [number, number][] = [];
  const put = (bytes: Uint8Array): number => {
    const at = heap.allocate(bytes.length);
    blocks.push([at, bytes.length]);
    new Uint8Array(heap.memory.buffer).set(bytes, at);
    return at;
  };
  const bytesOf = (a: Float32Array | Int8Array | Uint8Array): Uint8Array =>
    new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
  const matrices = new Map<string, Matrix>();
  for (const [name, value] of weights) {
    const [rows, columns = 1] = value.shape;
    const bits = isQuantised(value) ? value.bits : 32;
    const scales = isQuantised(value) ? put(bytesOf(value.scales)) : 0;
    matrices.set(name, { rows: rows!, columns, bits, at: put(bytesOf(value.data)), scales });
  }
  return {
    matrices,
    free() {
      for (const [at, bytes] of blocks.splice(0)) heap.release(at, bytes);
    },
  };
}
export function isQuantised(value: Values | QuantisedMatrix): value is QuantisedMatrix {
  return "bits" in value;
}

/** Activations of m rows, also quantised to 8 bits when a quantised matrix asks; made once for several products. */
export interface Rows {
  readonly at: number;
  readonly m: number;
  readonly k: number;
  quantised: boolean;
  /** Room for the 16-bit integers and their scales. */
  readonly q: number;
  readonly s: number;
}

/** y[m, matrix.rows] (+)= x·matrixᵀ. */
export function project(pool: Pool, x: Rows, matrix: Matrix, y: number, add = false): void {
  const { m, k } = x;
  const n = matrix.rows;
  const per = Math.max(8, Math.ceil(n / (pool.threads * 4) / 2) * 2);
  if (matrix.bits === 32) {
    const few = m <= 4;
    const rows = Math.min(192, Math.max(24, Math.ceil(Math.ceil(m / pool.threads) / 4) * 4));
    const cols = few ? per : Math.min(480, Math.max(64, Math.ceil(n / 8) * 8));
    const items = few ? Math.ceil(n / per) : Math.ceil(m / rows) * Math.ceil(n / cols);
    pool.run(few ? kernel.gemv : kernel.gemm, items, [x.at, matrix.at, y, m, n, k, k, k, n, add ? 6 : 2, 0, 0, 0, rows, cols]);
    return;
  }
  if (!x.quantised) {
    pool.run(kernel.quantiseRows, m, [x.at, x.q, x.s, m, k]);
    x.quantised = true;
  }
  pool.run(matrix.bits === 8 ? kernel.gemm8 : kernel.gemm4, Math.ceil(n / per), [
    x.q,
    x.s,
    matrix.at,
    matrix.scales,
    y,
    m,
    n,
    k,
    n,
    per,
    add ? 1 : 0,
  ]);
}
