// Weights of 8 or 4 bits in groups of 32 with one f32 scale each (the layout of llama.cpp's Q8_0 and Q4_0, scales apart); activations are quantised to 8 bits by the same groups.
import { arg, scratch } from "./job";
import { hsum, madd, splat } from "./simd";

@inline function at(p: usize, i: i32): usize {
  return p + (<usize>i << 2);
}
/** Job: x q scales rows k: activations to 8 bits kept as i16 (so that products need no widening); item = row. k is a multiple of 32. */
export function quantiseRows(item: i32): void {
  const k = arg(4);
  let x = at(<usize>arg(0), item * k), q = <usize>arg(1) + (<usize>(item * k) << 1), s = at(<usize>arg(2), item * (k / 32));
  for (let g = 0; g < k; g += 32) {
    let top = splat(0);
    for (let i = 0; i < 128; i += 16) top = f32x4.max(top, f32x4.abs(v128.load(x + i)));
    const m = max(max(f32x4.extract_lane(top, 0), f32x4.extract_lane(top, 1)), max(f32x4.extract_lane(top, 2), f32x4.extract_lane(top, 3)));
    const inv = splat(m > 0 ? 127 / m : 0);
    for (let i = 0; i < 128; i += 32) {
      const a = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x + i), inv)));
      const b = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x + i, 16), inv)));
      v128.store(q, v128.narrow<i32>(a, b));
      q += 16;
    }
    store<f32>(s, m / 127);
    s += 4;
    x += 128;
  }
}
/** Σ q·w of one group: 32 int8 weights (as two vectors) by 32 activations (as four). */
@inline function group(a: v128, b: v128, q0: v128, q1: v128, q2: v128, q3: v128): v128 {
  const d0 = i32x4.add(i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(a), q0), i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(a), q1));
  const d1 = i32x4.add(i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(b), q2), i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(b), q3));
  return f32x4.convert_i32x4_s(i32x4.add(d0, d1));
}
@inline function put(y: usize, value: f32, add: bool): void {
  store<f32>(y, add ? load<f32>(y) + value : value);
}
/** Four-bit weights of a group as int8: low halves and high halves, less 8. */
@inline function low4(w: usize): v128 {
  return i8x16.sub(v128.and(v128.load(w), i8x16.splat(15)), i8x16.splat(8));
}
@inline function high4(w: usize): v128 {
  return i8x16.sub(i8x16.shr_u(v128.load(w), 4), i8x16.splat(8));
}
/** Two output columns at once share the loads of the activations. */
@inline function product(item: i32, bits: i32): void {
  const m = arg(5), n = arg(6), k = arg(7), ldy = arg(8), per = arg(9), add = arg(10) != 0, groups = k / 32;
  const bytes: usize = bits == 8 ? 32 : 16;
  const rowBytes = <usize>groups * bytes;
  const end = min(n, (item + 1) * per);
  for (let j = item * per; j < end; j += 2) {
    const pair = j + 1 < end;
    for (let i = 0; i < m; i++) {
      let q = <usize>arg(0) + (<usize>(i * k) << 1), sx = at(<usize>arg(1), i * groups);
      let w = <usize>arg(2) + <usize>j * rowBytes, sw = at(<usize>arg(3), j * groups);
      const next = pair ? rowBytes : 0;
      const nextScale: usize = pair ? <usize>groups << 2 : 0;
      let sum = splat(0), sum2 = splat(0);
      for (let g = 0; g < groups; g++) {
        const q0 = v128.load(q), q1 = v128.load(q, 16), q2 = v128.load(q, 32), q3 = v128.load(q, 48);
        const x = load<f32>(sx);
        const w2 = w + next;
        if (bits == 8) {
          sum = madd(group(v128.load(w), v128.load(w, 16), q0, q1, q2, q3), splat(x * load<f32>(sw)), sum);
          sum2 = madd(group(v128.load(w2), v128.load(w2, 16), q0, q1, q2, q3), splat(x * load<f32>(sw + nextScale)), sum2);
        } else {
          sum = madd(group(low4(w), high4(w), q0, q1, q2, q3), splat(x * load<f32>(sw)), sum);
          sum2 = madd(group(low4(w2), high4(w2), q0, q1, q2, q3), splat(x * load<f32>(sw + nextScale)), sum2);
        }
        q += 64; w += bytes; sx += 4; sw += 4;
      }
      const y = at(<usize>arg(4), i * ldy + j);
      put(y, hsum(sum), add);
      if (pair) put(y + 4, hsum(sum2), add);
    }
  }
}
/** Job: q s w ws y m n k ldy perItem add: y[m, n] (+)= Σ over groups of sx·sw·Σ q·w with int8 weights w[n, k]; item = block of n. */
export function gemm8(item: i32): void {
  product(item, 8);
}
/** As gemm8 with 4-bit weights: byte i of a group holds value i in its low and value i + 16 in its high half, both plus 8. */
export function gemm4(item: i32): void {
  product(item, 4);
}
