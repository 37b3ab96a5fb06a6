// Maps over one or two operands. `op` is a constant at every call of an inlined loop, so that each operation gets a loop of its own.
import { arg, argF } from "./job";
import { exp4, log4, madd, sigmoid4, splat, tanh4 } from "./simd";

const CHUNK: i32 = 16384;

@inline function one(op: i32, x: v128, alpha: v128, beta: v128): v128 {
  if (op == 0) return madd(x, alpha, beta); // αx + β
  if (op == 1) return exp4(x);
  if (op == 2) return log4(x);
  if (op == 3) return f32x4.sqrt(x);
  if (op == 4) return tanh4(x);
  if (op == 5) return sigmoid4(x);
  if (op == 6) return f32x4.max(x, splat(0)); // relu
  if (op == 7) return f32x4.abs(x);
  if (op == 8) return f32x4.div(splat(1), x);
  if (op == 9) return f32x4.mul(x, x);
  if (op == 10) return v128.bitselect(splat(1), splat(0), f32x4.gt(x, splat(0))); // step
  if (op == 11) return f32x4.min(f32x4.max(x, alpha), beta); // clamp
  if (op == 12) return f32x4.mul(x, sigmoid4(x)); // silu
  if (op == 13) { // gelu, tanh form
    const u = f32x4.mul(splat(0.7978845608), madd(f32x4.mul(f32x4.mul(x, x), x), splat(0.044715), x));
    return f32x4.mul(f32x4.mul(x, splat(0.5)), f32x4.add(splat(1), tanh4(u)));
  }
  if (op == 14) { // its derivative
    const z = f32x4.mul(x, x);
    const t = tanh4(f32x4.mul(splat(0.7978845608), madd(f32x4.mul(z, x), splat(0.044715), x)));
    const du = f32x4.mul(splat(0.7978845608), madd(z, splat(0.134145), splat(1)));
    const half = f32x4.mul(splat(0.5), f32x4.add(splat(1), t));
    return madd(f32x4.mul(f32x4.mul(splat(0.5), x), madd(f32x4.neg(t), t, splat(1))), du, half);
  }
  // softplus ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|)
  return f32x4.add(f32x4.max(x, splat(0)), log4(f32x4.add(splat(1), exp4(f32x4.neg(f32x4.abs(x))))));
}
@inline function loop1(op: i32, x: usize, y: usize, n: i32, alpha: f32, beta: f32): void {
  const a = splat(alpha), b = splat(beta);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    v128.store(y, one(op, v128.load(x), a, b));
    x += 16;
    y += 16;
  }
  for (; i < n; i++) {
    store<f32>(y, f32x4.extract_lane(one(op, v128.load32_splat(x), a, b), 0));
    x += 4;
    y += 4;
  }
}
/** Job: op x y n alpha beta; item = chunk of 16,384. */
export function unary(item: i32): void {
  const from = item * CHUNK;
  const x = <usize>arg(1) + (<usize>from << 2), y = <usize>arg(2) + (<usize>from << 2);
  const n = min(CHUNK, arg(3) - from);
  const a = argF(4), b = argF(5);
  switch (arg(0)) {
    case 0: loop1(0, x, y, n, a, b); break;
    case 1: loop1(1, x, y, n, a, b); break;
    case 2: loop1(2, x, y, n, a, b); break;
    case 3: loop1(3, x, y, n, a, b); break;
    case 4: loop1(4, x, y, n, a, b); break;
    case 5: loop1(5, x, y, n, a, b); break;
    case 6: loop1(6, x, y, n, a, b); break;
    case 7: loop1(7, x, y, n, a, b); break;
    case 8: loop1(8, x, y, n, a, b); break;
    case 9: loop1(9, x, y, n, a, b); break;
    case 10: loop1(10, x, y, n, a, b); break;
    case 11: loop1(11, x, y, n, a, b); break;
    case 12: loop1(12, x, y, n, a, b); break;
    case 13: loop1(13, x, y, n, a, b); break;
    case 14: loop1(14, x, y, n, a, b); break;
    default: loop1(15, x, y, n, a, b);
  }
}

@inline function two(op: i32, a: v128, b: v128): v128 {
  if (op == 0) return f32x4.add(a, b);
  if (op == 1) return f32x4.sub(a, b);
  if (op == 2) return f32x4.mul(a, b);
  if (op == 3) return f32x4.div(a, b);
  if (op == 4) return f32x4.max(a, b);
  if (op == 5) return f32x4.min(a, b);
  if (op == 6) return v128.bitselect(splat(1), splat(0), f32x4.gt(a, b));
  if (op == 7) return v128.bitselect(splat(1), splat(0), f32x4.ge(a, b));
  return v128.bitselect(splat(1), splat(0), f32x4.eq(a, b));
}
/** One run of n; sa and sb are 1 or 0 (a scalar repeated). */
@inline function loop2(op: i32, a: usize, sa: i32, b: usize, sb: i32, y: usize, n: i32): void {
  let i = 0;
  if (sa != 0 && sb != 0) {
    for (; i + 4 <= n; i += 4) {
      v128.store(y, two(op, v128.load(a), v128.load(b)));
      a += 16; b += 16; y += 16;
    }
  } else if (sa != 0) {
    const v = v128.load32_splat(b);
    for (; i + 4 <= n; i += 4) {
      v128.store(y, two(op, v128.load(a), v));
      a += 16; y += 16;
    }
  } else {
    const v = v128.load32_splat(a);
    for (; i + 4 <= n; i += 4) {
      v128.store(y, two(op, v, v128.load(b)));
      b += 16 * sb; y += 16;
    }
  }
  for (; i < n; i++) {
    store<f32>(y, f32x4.extract_lane(two(op, v128.load32_splat(a), v128.load32_splat(b)), 0));
    a += 4 * sa; b += 4 * sb; y += 4;
  }
}
@inline function rows(op: i32, item: i32): void {
  // dims[5] at 6…, strides of a at 11…, of b at 16… (elements); the last dimension is the run
  const run = arg(10), per = arg(4), total = arg(5);
  const end = min(total, (item + 1) * per);
  for (let row = item * per; row < end; row++) {
    let rest = row, oa = 0, ob = 0;
    for (let d = 3; d >= 0; d--) {
      const size = arg(6 + d);
      const at = rest % size;
      rest /= size;
      oa += at * arg(11 + d);
      ob += at * arg(16 + d);
    }
    loop2(op, <usize>arg(1) + (<usize>oa << 2), arg(15), <usize>arg(2) + (<usize>ob << 2), arg(20), <usize>arg(3) + (<usize>(row * run) << 2), run);
  }
}
/** Job: op a b y rowsPerItem rows dims[5] stridesA[5] stridesB[5]; item = block of rows. Broadcasting is stride 0. */
export function binary(item: i32): void {
  switch (arg(0)) {
    case 0: rows(0, item); break;
    case 1: rows(1, item); break;
    case 2: rows(2, item); break;
    case 3: rows(3, item); break;
    case 4: rows(4, item); break;
    case 5: rows(5, item); break;
    case 6: rows(6, item); break;
    case 7: rows(7, item); break;
    default: rows(8, item);
  }
}

/** Job: gate up y n; y = silu(gate)·up; item = chunk. */
export function swiglu(item: i32): void {
  const from = item * CHUNK, n = min(CHUNK, arg(3) - from), o = <usize>from << 2;
  let g = <usize>arg(0) + o, u = <usize>arg(1) + o, y = <usize>arg(2) + o;
  for (let i = 0; i < n; i += 4) {
    const x = v128.load(g);
    v128.store(y, f32x4.mul(f32x4.mul(x, sigmoid4(x)), v128.load(u)));
    g += 16; u += 16; y += 16;
  }
}
/** Job: gate up dy dgate dup n. */
export function swigluBack(item: i32): void {
  const from = item * CHUNK, n = min(CHUNK, arg(5) - from), o = <usize>from << 2;
  let g = <usize>arg(0) + o, u = <usize>arg(1) + o, d = <usize>arg(2) + o, dg = <usize>arg(3) + o, du = <usize>arg(4) + o;
  for (let i = 0; i < n; i += 4) {
    const x = v128.load(g), s = sigmoid4(x), dy = v128.load(d);
    const silu = f32x4.mul(x, s);
    v128.store(du, f32x4.mul(dy, silu));
    v128.store(dg, f32x4.mul(f32x4.mul(dy, v128.load(u)), madd(silu, f32x4.sub(splat(1), s), s)));
    g += 16; u += 16; d += 16; dg += 16; du += 16;
  }
}

/** Job: y n seed; uniforms in [0, 1) by a counter-based hash (PCG-RXS-M-XS, Jarzynski & Olano 2020); item = chunk. */
export function uniform(item: i32): void {
  const from = item * CHUNK, n = min(CHUNK, arg(1) - from), seed = <u32>arg(2), stream = <u32>arg(3);
  let y = <usize>arg(0) + (<usize>from << 2);
  for (let i = 0; i < n; i++) {
    let h = pcg(<u32>(from + i) ^ pcg(seed ^ pcg(stream)));
    store<f32>(y, <f32>(h >>> 8) * <f32>5.9604644775390625e-8);
    y += 4;
  }
}
@inline function pcg(v: u32): u32 {
  const state = v * 747796405 + 2891336453;
  const word = ((state >>> ((state >>> 28) + 4)) ^ state) * 277803737;
  return (word >>> 22) ^ word;
}
/** Job: x n value. */
export function fill(item: i32): void {
  const from = item * CHUNK, n = min(CHUNK, arg(1) - from), v = splat(argF(2));
  let x = <usize>arg(0) + (<usize>from << 2);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    v128.store(x, v);
    x += 16;
  }
  for (; i < n; i++) {
    store<f32>(x, argF(2));
    x += 4;
  }
}

/** Job: parameter gradient m v n lr beta1 beta2 eps decay(=lr·λ) correction1 correction2 scale: AdamW (Loshchilov & Hutter 2019); item = chunk. */
export function adamw(item: i32): void {
  const from = item * CHUNK, n = min(CHUNK, arg(4) - from), o = <usize>from << 2;
  let p = <usize>arg(0) + o, g = <usize>arg(1) + o, m = <usize>arg(2) + o, v = <usize>arg(3) + o;
  const b1 = splat(argF(6)), b2 = splat(argF(7)), c1 = splat(1 - argF(6)), c2 = splat(1 - argF(7)), eps = splat(argF(8));
  const keep = splat(1 - argF(9)), step = splat(argF(5) / argF(10)), inv = splat(1 / argF(11)), scale = splat(argF(12));
  for (let i = 0; i < n; i += 4) {
    const grad = f32x4.mul(v128.load(g), scale);
    const mean = f32x4.add(f32x4.mul(b1, v128.load(m)), f32x4.mul(c1, grad));
    const square = f32x4.add(f32x4.mul(b2, v128.load(v)), f32x4.mul(c2, f32x4.mul(grad, grad)));
    v128.store(m, mean);
    v128.store(v, square);
    const rms = f32x4.add(f32x4.sqrt(f32x4.mul(square, inv)), eps);
    v128.store(p, f32x4.sub(f32x4.mul(v128.load(p), keep), f32x4.div(f32x4.mul(step, mean), rms)));
    p += 16; g += 16; m += 16; v += 16;
  }
}
