// C (+)= op(A)·op(B) in the manner of GotoBLAS (Goto & van de Geijn 2008): panels are packed so that the 6×8 micro-kernel
// reads both operands in order and keeps its twelve accumulators in registers (x64 has 16, V8 takes one).
import { madd, splat, hsum } from "./simd";
import { arg, scratch } from "./job";

const MR: i32 = 6;
const NR: i32 = 8;
const KC: i32 = 256;
export const ROWS: i32 = 192; // of A in one packed block
export const COLS: i32 = 512; // of B

@inline function at(p: usize, i: i32): usize {
  return p + (<usize>i << 2);
}

/** Rows i… of op(A), columns k0…: panels of 6 rows, each k by k. Missing rows are zeros. */
function packA(a: usize, lda: i32, trans: bool, rows: i32, k: i32, out: usize): void {
  for (let i = 0; i < rows; i += MR) {
    const m = min(MR, rows - i);
    if (trans) {
      // element (i, k) at a[k·lda + i]
      for (let p = 0; p < k; p++) {
        const s = at(a, p * lda + i);
        if (m == MR) {
          v128.store(out, v128.load(s));
          store<u64>(out, load<u64>(s, 16), 16);
        } else {
          for (let r = 0; r < MR; r++) store<f32>(at(out, r), r < m ? load<f32>(at(s, r)) : 0);
        }
        out += MR << 2;
      }
    } else if (m == MR) {
      let s0 = at(a, i * lda), s1 = at(s0, lda), s2 = at(s1, lda), s3 = at(s2, lda), s4 = at(s3, lda), s5 = at(s4, lda);
      let p = 0;
      for (; p + 4 <= k; p += 4) {
        const r0 = v128.load(s0), r1 = v128.load(s1), r2 = v128.load(s2), r3 = v128.load(s3), r4 = v128.load(s4), r5 = v128.load(s5);
        const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
        const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
        const t4 = v128.shuffle<f32>(r4, r5, 0, 4, 1, 5), t5 = v128.shuffle<f32>(r4, r5, 2, 6, 3, 7);
        v128.store(out, v128.shuffle<f64>(t0, t2, 0, 2), 0);
        v128.store64_lane(out, t4, 0, 16);
        v128.store(out, v128.shuffle<f64>(t0, t2, 1, 3), 24);
        v128.store64_lane(out, t4, 1, 40);
        v128.store(out, v128.shuffle<f64>(t1, t3, 0, 2), 48);
        v128.store64_lane(out, t5, 0, 64);
        v128.store(out, v128.shuffle<f64>(t1, t3, 1, 3), 72);
        v128.store64_lane(out, t5, 1, 88);
        out += 96;
        s0 += 16; s1 += 16; s2 += 16; s3 += 16; s4 += 16; s5 += 16;
      }
      for (; p < k; p++) {
        store<f32>(out, load<f32>(s0), 0);
        store<f32>(out, load<f32>(s1), 4);
        store<f32>(out, load<f32>(s2), 8);
        store<f32>(out, load<f32>(s3), 12);
        store<f32>(out, load<f32>(s4), 16);
        store<f32>(out, load<f32>(s5), 20);
        out += 24;
        s0 += 4; s1 += 4; s2 += 4; s3 += 4; s4 += 4; s5 += 4;
      }
    } else {
      for (let p = 0; p < k; p++) {
        for (let r = 0; r < MR; r++) store<f32>(at(out, r), r < m ? load<f32>(at(a, (i + r) * lda + p)) : 0);
        out += MR << 2;
      }
    }
  }
}

/** Columns j… of op(B): panels of 8 columns, each k by k. Missing columns are zeros. */
function packB(b: usize, ldb: i32, trans: bool, cols: i32, k: i32, out: usize): void {
  for (let j = 0; j < cols; j += NR) {
    const n = min(NR, cols - j);
    if (!trans && n == NR) {
      let s = at(b, j);
      const step = <usize>ldb << 2;
      for (let p = 0; p < k; p++) {
        v128.store(out, v128.load(s), 0);
        v128.store(out, v128.load(s, 16), 16);
        out += 32;
        s += step;
      }
    } else if (trans && n == NR) {
      // element (k, j) at b[j·ldb + k]
      const step = <usize>ldb << 2;
      let s0 = at(b, j * ldb), s1 = s0 + step, s2 = s1 + step, s3 = s2 + step, s4 = s3 + step, s5 = s4 + step, s6 = s5 + step, s7 = s6 + step;
      let p = 0;
      for (; p + 4 <= k; p += 4) {
        const r0 = v128.load(s0), r1 = v128.load(s1), r2 = v128.load(s2), r3 = v128.load(s3);
        let t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
        let t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
        v128.store(out, v128.shuffle<f64>(t0, t2, 0, 2), 0);
        v128.store(out, v128.shuffle<f64>(t0, t2, 1, 3), 32);
        v128.store(out, v128.shuffle<f64>(t1, t3, 0, 2), 64);
        v128.store(out, v128.shuffle<f64>(t1, t3, 1, 3), 96);
        const r4 = v128.load(s4), r5 = v128.load(s5), r6 = v128.load(s6), r7 = v128.load(s7);
        t0 = v128.shuffle<f32>(r4, r5, 0, 4, 1, 5); t1 = v128.shuffle<f32>(r4, r5, 2, 6, 3, 7);
        t2 = v128.shuffle<f32>(r6, r7, 0, 4, 1, 5); t3 = v128.shuffle<f32>(r6, r7, 2, 6, 3, 7);
        v128.store(out, v128.shuffle<f64>(t0, t2, 0, 2), 16);
        v128.store(out, v128.shuffle<f64>(t0, t2, 1, 3), 48);
        v128.store(out, v128.shuffle<f64>(t1, t3, 0, 2), 80);
        v128.store(out, v128.shuffle<f64>(t1, t3, 1, 3), 112);
        out += 128;
        s0 += 16; s1 += 16; s2 += 16; s3 += 16; s4 += 16; s5 += 16; s6 += 16; s7 += 16;
      }
      for (; p < k; p++) {
        for (let c = 0; c < NR; c++) store<f32>(at(out, c), load<f32>(at(b, (j + c) * ldb + p)));
        out += 32;
      }
    } else {
      for (let p = 0; p < k; p++) {
        for (let c = 0; c < NR; c++)
          store<f32>(at(out, c), c < n ? load<f32>(trans ? at(b, (j + c) * ldb + p) : at(b, p * ldb + j + c)) : 0);
        out += 32;
      }
    }
  }
}

/** c[6][8] = (add ? c : 0) + pa[k][6]·pb[k][8]. */
function micro(k: i32, pa: usize, pb: usize, c: usize, ldc: i32, add: bool): void {
  let c00 = splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00;
  let p = k;
  for (; p >= 2; p -= 2) {
    let b0 = v128.load(pb), b1 = v128.load(pb, 16);
    let a = v128.load32_splat(pa);
    c00 = madd(a, b0, c00); c01 = madd(a, b1, c01);
    a = v128.load32_splat(pa, 4);
    c10 = madd(a, b0, c10); c11 = madd(a, b1, c11);
    a = v128.load32_splat(pa, 8);
    c20 = madd(a, b0, c20); c21 = madd(a, b1, c21);
    a = v128.load32_splat(pa, 12);
    c30 = madd(a, b0, c30); c31 = madd(a, b1, c31);
    a = v128.load32_splat(pa, 16);
    c40 = madd(a, b0, c40); c41 = madd(a, b1, c41);
    a = v128.load32_splat(pa, 20);
    c50 = madd(a, b0, c50); c51 = madd(a, b1, c51);
    b0 = v128.load(pb, 32); b1 = v128.load(pb, 48);
    a = v128.load32_splat(pa, 24);
    c00 = madd(a, b0, c00); c01 = madd(a, b1, c01);
    a = v128.load32_splat(pa, 28);
    c10 = madd(a, b0, c10); c11 = madd(a, b1, c11);
    a = v128.load32_splat(pa, 32);
    c20 = madd(a, b0, c20); c21 = madd(a, b1, c21);
    a = v128.load32_splat(pa, 36);
    c30 = madd(a, b0, c30); c31 = madd(a, b1, c31);
    a = v128.load32_splat(pa, 40);
    c40 = madd(a, b0, c40); c41 = madd(a, b1, c41);
    a = v128.load32_splat(pa, 44);
    c50 = madd(a, b0, c50); c51 = madd(a, b1, c51);
    pa += 48; pb += 64;
  }
  if (p > 0) {
    const b0 = v128.load(pb), b1 = v128.load(pb, 16);
    let a = v128.load32_splat(pa);
    c00 = madd(a, b0, c00); c01 = madd(a, b1, c01);
    a = v128.load32_splat(pa, 4);
    c10 = madd(a, b0, c10); c11 = madd(a, b1, c11);
    a = v128.load32_splat(pa, 8);
    c20 = madd(a, b0, c20); c21 = madd(a, b1, c21);
    a = v128.load32_splat(pa, 12);
    c30 = madd(a, b0, c30); c31 = madd(a, b1, c31);
    a = v128.load32_splat(pa, 16);
    c40 = madd(a, b0, c40); c41 = madd(a, b1, c41);
    a = v128.load32_splat(pa, 20);
    c50 = madd(a, b0, c50); c51 = madd(a, b1, c51);
  }
  const step = <usize>ldc << 2;
  const d0 = c, d1 = d0 + step, d2 = d1 + step, d3 = d2 + step, d4 = d3 + step, d5 = d4 + step;
  if (add) {
    c00 = f32x4.add(c00, v128.load(d0)); c01 = f32x4.add(c01, v128.load(d0, 16));
    c10 = f32x4.add(c10, v128.load(d1)); c11 = f32x4.add(c11, v128.load(d1, 16));
    c20 = f32x4.add(c20, v128.load(d2)); c21 = f32x4.add(c21, v128.load(d2, 16));
    c30 = f32x4.add(c30, v128.load(d3)); c31 = f32x4.add(c31, v128.load(d3, 16));
    c40 = f32x4.add(c40, v128.load(d4)); c41 = f32x4.add(c41, v128.load(d4, 16));
    c50 = f32x4.add(c50, v128.load(d5)); c51 = f32x4.add(c51, v128.load(d5, 16));
  }
  v128.store(d0, c00); v128.store(d0, c01, 16);
  v128.store(d1, c10); v128.store(d1, c11, 16);
  v128.store(d2, c20); v128.store(d2, c21, 16);
  v128.store(d3, c30); v128.store(d3, c31, 16);
  v128.store(d4, c40); v128.store(d4, c41, 16);
  v128.store(d5, c50); v128.store(d5, c51, 16);
}

/** One thread's product of up to any size; blocks of it are packed into the thread's scratch. */
export function multiply(
  a: usize, lda: i32, transA: bool, b: usize, ldb: i32, transB: bool, c: usize, ldc: i32, m: i32, n: i32, k: i32, accumulate: bool,
): void {
  const pa = scratch();
  const pb = pa + <usize>(ROWS * KC * 4);
  const edge = pb + <usize>(COLS * KC * 4);
  if (k == 0 && !accumulate) {
    for (let i = 0; i < m; i++) memory.fill(at(c, i * ldc), 0, n << 2);
    return;
  }
  for (let j0 = 0; j0 < n; j0 += COLS) {
    const cols = min(COLS, n - j0);
    for (let p0 = 0; p0 < k; p0 += KC) {
      const depth = min(KC, k - p0);
      const add = accumulate || p0 > 0;
      packB(transB ? at(b, j0 * ldb + p0) : at(b, p0 * ldb + j0), ldb, transB, cols, depth, pb);
      for (let i0 = 0; i0 < m; i0 += ROWS) {
        const rows = min(ROWS, m - i0);
        packA(transA ? at(a, p0 * lda + i0) : at(a, i0 * lda + p0), lda, transA, rows, depth, pa);
        for (let j = 0; j < cols; j += NR) {
          const panel = pb + <usize>(j * depth * 4);
          const w = min(NR, cols - j);
          for (let i = 0; i < rows; i += MR) {
            const h = min(MR, rows - i);
            const out = at(c, (i0 + i) * ldc + j0 + j);
            if (h == MR && w == NR) micro(depth, pa + <usize>(i * depth * 4), panel, out, ldc, add);
            else {
              micro(depth, pa + <usize>(i * depth * 4), panel, edge, NR, false);
              for (let r = 0; r < h; r++)
                for (let s = 0; s < w; s++) {
                  const d = at(out, r * ldc + s);
                  const v = load<f32>(at(edge, r * NR + s));
                  store<f32>(d, add ? load<f32>(d) + v : v);
                }
            }
          }
        }
      }
    }
  }
}

/** Job: args A B C m n k lda ldb ldc flags(1 A^T, 2 B^T, 4 accumulate) strideA strideB strideC rows cols; item = (batch, row block, column block). */
export function gemm(item: i32): void {
  const m = arg(3), n = arg(4), k = arg(5), lda = arg(6), ldb = arg(7), ldc = arg(8), flags = arg(9), rows = arg(13), cols = arg(14);
  const colBlocks = (n + cols - 1) / cols, rowBlocks = (m + rows - 1) / rows;
  const j0 = (item % colBlocks) * cols;
  item /= colBlocks;
  const i0 = (item % rowBlocks) * rows;
  const batch = item / rowBlocks;
  const a = at(<usize>arg(0), batch * arg(10)), b = at(<usize>arg(1), batch * arg(11)), c = at(<usize>arg(2), batch * arg(12));
  const transA = (flags & 1) != 0, transB = (flags & 2) != 0;
  multiply(
    transA ? at(a, i0) : at(a, i0 * lda), lda, transA,
    transB ? at(b, j0 * ldb) : at(b, j0), ldb, transB,
    at(c, i0 * ldc + j0), ldc, min(rows, m - i0), min(cols, n - j0), k, (flags & 4) != 0,
  );
}

@inline export function dot(a: usize, b: usize, n: i32): f32 {
  let s0 = splat(0), s1 = s0, s2 = s0, s3 = s0;
  let i = 0;
  for (; i + 16 <= n; i += 16) {
    s0 = madd(v128.load(a), v128.load(b), s0);
    s1 = madd(v128.load(a, 16), v128.load(b, 16), s1);
    s2 = madd(v128.load(a, 32), v128.load(b, 32), s2);
    s3 = madd(v128.load(a, 48), v128.load(b, 48), s3);
    a += 64; b += 64;
  }
  for (; i + 4 <= n; i += 4) {
    s0 = madd(v128.load(a), v128.load(b), s0);
    a += 16; b += 16;
  }
  let s = hsum(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
  for (; i < n; i++) {
    s += load<f32>(a) * load<f32>(b);
    a += 4; b += 4;
  }
  return s;
}

/** Job for few rows: C[m,n] = A[m,k]·B[n,k]^T, nothing packed. Args as gemm; item = block of `cols` columns. */
export function gemv(item: i32): void {
  const m = arg(3), n = arg(4), k = arg(5), lda = arg(6), ldb = arg(7), ldc = arg(8), add = (arg(9) & 4) != 0, cols = arg(14);
  const a = <usize>arg(0), b = <usize>arg(1), c = <usize>arg(2);
  const end = min(n, (item + 1) * cols);
  for (let j = item * cols; j < end; j++)
    for (let i = 0; i < m; i++) {
      const d = at(c, i * ldc + j);
      const v = dot(at(a, i * lda), at(b, j * ldb), k);
      store<f32>(d, add ? load<f32>(d) + v : v);
    }
}
