// Sums and maxima; every order of summation depends on shapes alone, so results do not depend on threads.
import { arg, argF } from "./job";
import { hmax, hsum, madd, splat } from "./simd";

@inline function at(p: i32, i: i32): usize {
  return <usize>p + (<usize>i << 2);
}
/** Job: op(0 sum, 1 max) x y outer count inner perItem: y[o, i] = over r of x[o, r, i]; inner = 1: item = block of o, else (o, block of 64 i). */
export function reduce(item: i32): void {
  const op = arg(0), outer = arg(3), count = arg(4), inner = arg(5), per = arg(6);
  if (inner == 1) {
    const end = min(outer, (item + 1) * per);
    for (let o = item * per; o < end; o++) {
      let x = at(arg(1), o * count);
      let i = 0;
      let s0 = splat(op == 0 ? 0 : -Infinity), s1 = s0;
      if (op == 0) {
        for (; i + 8 <= count; i += 8) {
          s0 = f32x4.add(s0, v128.load(x));
          s1 = f32x4.add(s1, v128.load(x, 16));
          x += 32;
        }
        let s = hsum(f32x4.add(s0, s1));
        for (; i < count; i++) {
          s += load<f32>(x);
          x += 4;
        }
        store<f32>(at(arg(2), o), s);
      } else {
        for (; i + 4 <= count; i += 4) {
          s0 = f32x4.max(s0, v128.load(x));
          x += 16;
        }
        let s = hmax(s0);
        for (; i < count; i++) {
          s = max(s, load<f32>(x));
          x += 4;
        }
        store<f32>(at(arg(2), o), s);
      }
    }
    return;
  }
  const blocks = (inner + 63) / 64;
  const o = item / blocks, i0 = (item % blocks) * 64;
  const end = min(inner, i0 + 64);
  let i = i0;
  for (; i + 4 <= end; i += 4) {
    let s = splat(op == 0 ? 0 : -Infinity);
    let x = at(arg(1), o * count * inner + i);
    const step = <usize>inner << 2;
    if (op == 0) for (let r = 0; r < count; r++) { s = f32x4.add(s, v128.load(x)); x += step; }
    else for (let r = 0; r < count; r++) { s = f32x4.max(s, v128.load(x)); x += step; }
    v128.store(at(arg(2), o * inner + i), s);
  }
  for (; i < end; i++) {
    let s: f32 = op == 0 ? 0 : -Infinity;
    for (let r = 0; r < count; r++) {
      const v = load<f32>(at(arg(1), (o * count + r) * inner + i));
      s = op == 0 ? s + v : max(s, v);
    }
    store<f32>(at(arg(2), o * inner + i), s);
  }
}
/** Job: x partials n: partials[item] = Σ x² of a chunk of 65,536. */
export function squares(item: i32): void {
  const from = item * 65536, n = min(65536, arg(2) - from);
  let x = at(arg(0), from);
  let s0 = splat(0), s1 = s0;
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    const a = v128.load(x), b = v128.load(x, 16);
    s0 = madd(a, a, s0);
    s1 = madd(b, b, s1);
    x += 32;
  }
  let s = hsum(f32x4.add(s0, s1));
  for (; i < n; i++) {
    s += load<f32>(x) * load<f32>(x);
    x += 4;
  }
  store<f32>(at(arg(1), item), s);
}

/** Job: x w b y mean rstd rows width eps centred perItem: RMSNorm, or LayerNorm when centred (b may be 0). */
export function norm(item: i32): void {
  const rows = arg(6), d = arg(7), eps = argF(8), centred = arg(9) != 0, per = arg(10);
  const end = min(rows, (item + 1) * per);
  for (let r = item * per; r < end; r++) {
    const x = at(arg(0), r * d), y = at(arg(3), r * d);
    let mean: f32 = 0;
    if (centred) {
      let s: f32 = 0;
      let v = splat(0);
      let i = 0;
      for (; i + 4 <= d; i += 4) v = f32x4.add(v, v128.load(x + (<usize>i << 2)));
      for (; i < d; i++) s += load<f32>(x + (<usize>i << 2));
      mean = (hsum(v) + s) / <f32>d;
    }
    const m = splat(mean);
    let v = splat(0);
    let s: f32 = 0;
    let i = 0;
    for (; i + 4 <= d; i += 4) {
      const c = f32x4.sub(v128.load(x + (<usize>i << 2)), m);
      v = madd(c, c, v);
    }
    for (; i < d; i++) {
      const c = load<f32>(x + (<usize>i << 2)) - mean;
      s += c * c;
    }
    const rstd: f32 = 1 / sqrt<f32>((hsum(v) + s) / <f32>d + eps);
    if (arg(4) != 0) store<f32>(at(arg(4), r), mean);
    store<f32>(at(arg(5), r), rstd);
    const q = splat(rstd);
    for (i = 0; i + 4 <= d; i += 4) {
      const o = <usize>i << 2;
      let t = f32x4.mul(f32x4.mul(f32x4.sub(v128.load(x + o), m), q), v128.load(<usize>arg(1) + o));
      if (arg(2) != 0) t = f32x4.add(t, v128.load(<usize>arg(2) + o));
      v128.store(y + o, t);
    }
    for (; i < d; i++) {
      const o = <usize>i << 2;
      let t = (load<f32>(x + o) - mean) * rstd * load<f32>(<usize>arg(1) + o);
      if (arg(2) != 0) t += load<f32>(<usize>arg(2) + o);
      store<f32>(y + o, t);
    }
  }
}
/** Job: x w dy dx mean rstd rows width - centred perItem: gradient by x. */
export function normBack(item: i32): void {
  const rows = arg(6), d = arg(7), centred = arg(9) != 0, per = arg(10);
  const w = <usize>arg(1);
  const end = min(rows, (item + 1) * per);
  for (let r = item * per; r < end; r++) {
    const x = at(arg(0), r * d), dy = at(arg(2), r * d), dx = at(arg(3), r * d);
    const mean: f32 = arg(4) != 0 ? load<f32>(at(arg(4), r)) : 0;
    const rstd = load<f32>(at(arg(5), r));
    const m = splat(mean), q = splat(rstd);
    let sg = splat(0), sx = splat(0);
    let tg: f32 = 0, tx: f32 = 0;
    let i = 0;
    for (; i + 4 <= d; i += 4) {
      const o = <usize>i << 2;
      const g = f32x4.mul(v128.load(dy + o), v128.load(w + o));
      sg = f32x4.add(sg, g);
      sx = madd(g, f32x4.mul(f32x4.sub(v128.load(x + o), m), q), sx);
    }
    for (; i < d; i++) {
      const o = <usize>i << 2;
      const g = load<f32>(dy + o) * load<f32>(w + o);
      tg += g;
      tx += g * (load<f32>(x + o) - mean) * rstd;
    }
    const meanG: f32 = centred ? (hsum(sg) + tg) / <f32>d : 0;
    const meanX: f32 = (hsum(sx) + tx) / <f32>d;
    const mg = splat(meanG), mx = splat(meanX);
    for (i = 0; i + 4 <= d; i += 4) {
      const o = <usize>i << 2;
      const g = f32x4.mul(v128.load(dy + o), v128.load(w + o));
      const h = f32x4.mul(f32x4.sub(v128.load(x + o), m), q);
      v128.store(dx + o, f32x4.mul(q, f32x4.sub(f32x4.sub(g, mg), f32x4.mul(h, mx))));
    }
    for (; i < d; i++) {
      const o = <usize>i << 2;
      const h = (load<f32>(x + o) - mean) * rstd;
      store<f32>(dx + o, rstd * (load<f32>(dy + o) * load<f32>(w + o) - meanG - h * meanX));
    }
  }
}
/** Job: x - dy dw mean rstd rows width: gradient by the weight; item = block of 16 columns. */
export function normWeight(item: i32): void {
  const rows = arg(6), d = arg(7);
  const end = min(d, (item + 1) * 16);
  let i = item * 16;
  for (; i + 4 <= end; i += 4) {
    let s = splat(0);
    for (let r = 0; r < rows; r++) {
      const o = <usize>(r * d + i) << 2;
      const m = arg(4) != 0 ? v128.load32_splat(at(arg(4), r)) : splat(0);
      s = madd(f32x4.mul(f32x4.sub(v128.load(<usize>arg(0) + o), m), v128.load32_splat(at(arg(5), r))), v128.load(<usize>arg(2) + o), s);
    }
    v128.store(at(arg(3), i), s);
  }
  for (; i < end; i++) {
    let s: f32 = 0;
    for (let r = 0; r < rows; r++) {
      const o = <usize>(r * d + i) << 2;
      s += (load<f32>(<usize>arg(0) + o) - (arg(4) != 0 ? load<f32>(at(arg(4), r)) : 0)) * load<f32>(at(arg(5), r)) * load<f32>(<usize>arg(2) + o);
    }
    store<f32>(at(arg(3), i), s);
  }
}
