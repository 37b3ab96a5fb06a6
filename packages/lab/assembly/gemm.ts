// C (+)= op(A)·op(B) in the manner of GotoBLAS (Goto & van de Geijn 2008): panels are packed so that the 4×8 micro-kernel reads both operands
// in order. V8 moves all loads of a loop's body to its beginning, and x64 has fifteen registers to spare: the tile and the single step of k are the
// largest that fit with all their operands. Larger ones keep accumulators on the stack (4×12, two steps: 45 GFLOP/s where this has 62).
import { hsum, madd, splat } from "./simd";
import { arg, scratch } from "./job";

const MR: i32 = 4;
const NR: i32 = 8;
const KC: i32 = 256;
export const ROWS: i32 = 192; // of A in one packed block
export const COLS: i32 = 480; // of B

@inline function at(p: usize, i: i32): usize {
  return p + (<usize>i << 2);
}

/** Four rows of four, transposed: store i holds column i; stores are `step` bytes apart. */
@inline function transpose4(r0: v128, r1: v128, r2: v128, r3: v128, out: usize, step: usize): void {
  const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<f64>(t0, t2, 0, 2));
  v128.store(out + step, v128.shuffle<f64>(t0, t2, 1, 3));
  v128.store(out + 2 * step, v128.shuffle<f64>(t1, t3, 0, 2));
  v128.store(out + 3 * step, v128.shuffle<f64>(t1, t3, 1, 3));
}
/**
 * One panel: `lines` (at most `size`) lines of op(X) side by side, k after k; missing lines are zeros. `across`: element (line, k) lies at
 * x[k·ld + line], else at x[line·ld + k].
 */
@inline function packPanel(x: usize, ld: i32, across: bool, lines: i32, size: i32, k: i32, out: usize): usize {
  const step = <usize>ld << 2;
  const width = <usize>size << 2;
  if (lines < size) {
    for (let p = 0; p < k; p++) {
      for (let i = 0; i < size; i++) store<f32>(at(out, i), i < lines ? load<f32>(across ? at(x, p * ld + i) : at(x, i * ld + p)) : 0);
      out += width;
    }
    return out;
  }
  if (across) {
    for (let p = 0; p < k; p++) {
      for (let i = 0; i < size; i += 4) v128.store(at(out, i), v128.load(at(x, i)));
      out += width;
      x += step;
    }
    return out;
  }
  let p = 0;
  for (; p + 4 <= k; p += 4) {
    for (let i = 0; i < size; i += 4) {
      const s = x + <usize>i * step;
      transpose4(v128.load(s), v128.load(s + step), v128.load(s + 2 * step), v128.load(s + 3 * step), at(out, i), width);
    }
    out += 4 * width;
    x += 16;
  }
  for (; p < k; p++) {
    for (let i = 0; i < size; i++) store<f32>(at(out, i), load<f32>(x + <usize>i * step));
    out += width;
    x += 4;
  }
  return out;
}
/** Two panels of A side by side, from lines that lie across: half a cache line is read at once, and not one panel after the other. */
@inline function packPair(x: usize, ld: i32, k: i32, out: usize): usize {
  const step = <usize>ld << 2;
  const panel = <usize>k * (MR << 2);
  const end = out + panel;
  while (out < end) {
    v128.store(out, v128.load(x));
    v128.store(out + panel, v128.load(x, 16));
    out += MR << 2;
    x += step;
  }
  return end + panel;
}
function packA(a: usize, lda: i32, trans: bool, rows: i32, k: i32, out: usize): void {
  let i = 0;
  if (trans) for (; i + 2 * MR <= rows; i += 2 * MR) out = packPair(at(a, i), lda, k, out);
  for (; i < rows; i += MR) out = packPanel(trans ? at(a, i) : at(a, i * lda), lda, trans, min(MR, rows - i), MR, k, out);
}
function packB(b: usize, ldb: i32, trans: bool, cols: i32, k: i32, out: usize): void {
  for (let j = 0; j < cols; j += NR) out = packPanel(trans ? at(b, j * ldb) : at(b, j), ldb, !trans, min(NR, cols - j), NR, k, out);
}

/** c[4][8] = (add ? c : 0) + pa[k][4]·pb[k][8]. */
function micro(k: i32, pa: usize, pb: usize, c: usize, ldc: i32, add: bool): void {
  let c00 = splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  for (; k > 0; k--) {
    const b0 = v128.load(pb), b1 = v128.load(pb, 16);
    let a = v128.load32_splat(pa, 0);
    c00 = madd(a, b0, c00); c01 = madd(a, b1, c01);
    a = v128.load32_splat(pa, 4);
    c10 = madd(a, b0, c10); c11 = madd(a, b1, c11);
    a = v128.load32_splat(pa, 8);
    c20 = madd(a, b0, c20); c21 = madd(a, b1, c21);
    a = v128.load32_splat(pa, 12);
    c30 = madd(a, b0, c30); c31 = madd(a, b1, c31);
    pa += 16; pb += 32;
  }
  const step = <usize>ldc << 2;
  const d0 = c, d1 = d0 + step, d2 = d1 + step, d3 = d2 + step;
  if (add) {
    c00 = f32x4.add(c00, v128.load(d0)); c01 = f32x4.add(c01, v128.load(d0, 16));
    c10 = f32x4.add(c10, v128.load(d1)); c11 = f32x4.add(c11, v128.load(d1, 16));
    c20 = f32x4.add(c20, v128.load(d2)); c21 = f32x4.add(c21, v128.load(d2, 16));
    c30 = f32x4.add(c30, v128.load(d3)); c31 = f32x4.add(c31, v128.load(d3, 16));
  }
  v128.store(d0, c00); v128.store(d0, c01, 16);
  v128.store(d1, c10); v128.store(d1, c11, 16);
  v128.store(d2, c20); v128.store(d2, c21, 16);
  v128.store(d3, c30); v128.store(d3, c31, 16);
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
