// Weights of 8 or 4 bits in groups of 32 with one f32 scale each (the layout of llama.cpp's Q8_0 and Q4_0, scales apart); activations are quantised to 8 bits by the same groups.
import { arg, scratch } from "./job";
import { hsum, splat } from "./simd";

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
/** Job: q s w ws y m n k ldy perItem: y[m, n] = Σ over groups of sx·sw·Σ q·w with int8 weights w[n, k]; item = block of n. */
export function gemm8(item: i32): void {
  const m = arg(5), n = arg(6), k = arg(7), ldy = arg(8), per = arg(9), groups = k / 32;
  const end = min(n, (item + 1) * per);
  for (let j = item * per; j < end; j++)
    for (let i = 0; i < m; i++) {
      let q = <usize>arg(0) + (<usize>(i * k) << 1), w = <usize>arg(2) + <usize>(j * k);
      let sx = at(<usize>arg(1), i * groups), sw = at(<usize>arg(3), j * groups);
      let sum = splat(0);
      for (let g = 0; g < groups; g++) {
        const a = v128.load(w), b = v128.load(w, 16);
        const d0 = i32x4.add(
          i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(a), v128.load(q)),
          i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(a), v128.load(q, 16)),
        );
        const d1 = i32x4.add(
          i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(b), v128.load(q, 32)),
          i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(b), v128.load(q, 48)),
        );
        sum = f32x4.add(sum, f32x4.mul(f32x4.convert_i32x4_s(i32x4.add(d0, d1)), splat(load<f32>(sx) * load<f32>(sw))));
        q += 64; w += 32; sx += 4; sw += 4;
      }
      store<f32>(at(<usize>arg(4), i * ldy + j), hsum(sum));
    }
}
/** As gemm8 with 4-bit weights: byte i of a group holds value i in its low and value i + 16 in its high half, both plus 8. */
export function gemm4(item: i32): void {
  const m = arg(5), n = arg(6), k = arg(7), ldy = arg(8), per = arg(9), groups = k / 32;
  const end = min(n, (item + 1) * per);
  const low = i8x16.splat(15), eight = i8x16.splat(8);
  for (let j = item * per; j < end; j++)
    for (let i = 0; i < m; i++) {
      let q = <usize>arg(0) + (<usize>(i * k) << 1), w = <usize>arg(2) + <usize>(j * (k >> 1));
      let sx = at(<usize>arg(1), i * groups), sw = at(<usize>arg(3), j * groups);
      let sum = splat(0);
      for (let g = 0; g < groups; g++) {
        const packed = v128.load(w);
        const a = i8x16.sub(v128.and(packed, low), eight), b = i8x16.sub(i8x16.shr_u(packed, 4), eight);
        const d0 = i32x4.add(
          i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(a), v128.load(q)),
          i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(a), v128.load(q, 16)),
        );
        const d1 = i32x4.add(
          i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(b), v128.load(q, 32)),
          i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(b), v128.load(q, 48)),
        );
        sum = f32x4.add(sum, f32x4.mul(f32x4.convert_i32x4_s(i32x4.add(d0, d1)), splat(load<f32>(sx) * load<f32>(sw))));
        q += 64; w += 16; sx += 4; sw += 4;
      }
      store<f32>(at(<usize>arg(4), i * ldy + j), hsum(sum));
    }
}
