// Four lanes of f32 at a time. FMA is set by the build: the relaxed build fuses multiply and add where the machine can.

@inline export function madd(a: v128, b: v128, c: v128): v128 {
  if (isDefined(FMA)) return v128.relaxed_madd<f32>(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}
@inline export function splat(x: f32): v128 {
  return f32x4.splat(x);
}
@inline export function hsum(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}
@inline export function hmax(v: v128): f32 {
  return max(
    max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)),
    max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)),
  );
}

/** e^x as Cephes' expf: 2^n · p(r), r in ±ln2/2; relative error below 2^-22. NaN stays NaN, below -87.3 it is 0. */
@inline export function exp4(x0: v128): v128 {
  const x = f32x4.min(f32x4.max(x0, splat(-87.336)), splat(88.722));
  const n = f32x4.nearest(f32x4.mul(x, splat(1.44269504088896341)));
  const r = madd(n, splat(2.12194440e-4), madd(n, splat(-0.693359375), x));
  let p = splat(1.9875691500e-4);
  p = madd(p, r, splat(1.3981999507e-3));
  p = madd(p, r, splat(8.3334519073e-3));
  p = madd(p, r, splat(4.1665795894e-2));
  p = madd(p, r, splat(1.6666665459e-1));
  p = madd(p, r, splat(5.0000001201e-1));
  p = madd(f32x4.mul(r, r), p, f32x4.add(r, splat(1)));
  // 2^n in two steps, so that n = 128 does not overflow the exponent
  const i = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(i, 1);
  const one = i32x4.splat(127);
  const a = i32x4.shl(i32x4.add(half, one), 23);
  const b = i32x4.shl(i32x4.add(i32x4.sub(i, half), one), 23);
  const y = f32x4.mul(f32x4.mul(p, a), b);
  return v128.or(v128.and(y, f32x4.ge(x0, splat(-87.336))), nan4(x0));
}
@inline function nan4(x: v128): v128 {
  return v128.and(x, f32x4.ne(x, x));
}

/** ln x as Cephes' logf; 0 gives -Infinity, negatives NaN. */
@inline export function log4(x: v128): v128 {
  const bits = v128.and(x, i32x4.splat(0x007fffff));
  let e = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_u(x, 23), i32x4.splat(126)));
  let m = v128.or(bits, i32x4.splat(0x3f000000)); // in [0.5, 1)
  const small = f32x4.lt(m, splat(0.707106781186547524));
  e = f32x4.sub(e, v128.and(small, splat(1)));
  m = f32x4.sub(f32x4.add(m, v128.and(small, m)), splat(1));
  const z = f32x4.mul(m, m);
  let p = splat(7.0376836292e-2);
  p = madd(p, m, splat(-1.1514610310e-1));
  p = madd(p, m, splat(1.1676998740e-1));
  p = madd(p, m, splat(-1.2420140846e-1));
  p = madd(p, m, splat(1.4249322787e-1));
  p = madd(p, m, splat(-1.6668057665e-1));
  p = madd(p, m, splat(2.0000714765e-1));
  p = madd(p, m, splat(-2.4999993993e-1));
  p = madd(p, m, splat(3.3333331174e-1));
  let y = f32x4.mul(f32x4.mul(p, m), z);
  y = madd(e, splat(-2.12194440e-4), y);
  y = madd(z, splat(-0.5), y);
  y = madd(e, splat(0.693359375), f32x4.add(m, y));
  y = v128.bitselect(splat(-Infinity), y, f32x4.eq(x, splat(0)));
  y = v128.bitselect(splat(Infinity), y, f32x4.eq(x, splat(Infinity)));
  return v128.or(y, v128.or(f32x4.lt(x, splat(0)), f32x4.ne(x, x)));
}
@inline export function sigmoid4(x: v128): v128 {
  return f32x4.div(splat(1), f32x4.add(splat(1), exp4(f32x4.neg(x))));
}
/** By e^-2|x|, so that large arguments do not overflow; small ones by the odd series, so that they keep their digits. */
@inline export function tanh4(x: v128): v128 {
  const a = f32x4.abs(x);
  const e = exp4(f32x4.mul(a, splat(-2)));
  const large = f32x4.div(f32x4.sub(splat(1), e), f32x4.add(splat(1), e));
  const z = f32x4.mul(x, x);
  let p = splat(-5.70498872745e-3);
  p = madd(p, z, splat(2.06390887954e-2));
  p = madd(p, z, splat(-5.37397155531e-2));
  p = madd(p, z, splat(1.33314422036e-1));
  p = madd(p, z, splat(-3.33332819422e-1));
  const small = madd(f32x4.mul(p, z), x, x);
  const sign = v128.and(x, i32x4.splat(0x80000000));
  return v128.bitselect(small, v128.or(large, sign), f32x4.lt(a, splat(0.625)));
}
