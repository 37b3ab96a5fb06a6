import { arg, argF } from "./job";
import { exp4, hmax, hsum, madd, splat } from "./simd";

@inline function at(p: usize, i: i32): usize {
  return p + (<usize>i << 2);
}
@inline export function e1(x: f32): f32 {
  return f32x4.extract_lane(exp4(splat(x)), 0);
}
@inline export function rowMax(x: usize, n: i32): f32 {
  let m = splat(-Infinity);
  let i = 0;
  for (; i + 4 <= n; i += 4) m = f32x4.max(m, v128.load(at(x, i)));
  let top = hmax(m);
  for (; i < n; i++) top = max(top, load<f32>(at(x, i)));
  return top;
}
/** y = e^(x - shift); returns the sum. */
@inline export function expRow(x: usize, y: usize, n: i32, shift: f32): f32 {
  const s = splat(shift);
  let sum = splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const e = exp4(f32x4.sub(v128.load(at(x, i)), s));
    v128.store(at(y, i), e);
    sum = f32x4.add(sum, e);
  }
  let total = hsum(sum);
  for (; i < n; i++) {
    const e = e1(load<f32>(at(x, i)) - shift);
    store<f32>(at(y, i), e);
    total += e;
  }
  return total;
}
@inline export function scaleRow(x: usize, n: i32, by: f32): void {
  const s = splat(by);
  let i = 0;
  for (; i + 4 <= n; i += 4) v128.store(at(x, i), f32x4.mul(v128.load(at(x, i)), s));
  for (; i < n; i++) store<f32>(at(x, i), load<f32>(at(x, i)) * by);
}
/** Job: x y rows width perItem: softmax of each row. */
export function softmax(item: i32): void {
  const d = arg(3), per = arg(4), end = min(arg(2), (item + 1) * per);
  for (let r = item * per; r < end; r++) {
    const x = at(<usize>arg(0), r * d), y = at(<usize>arg(1), r * d);
    const sum = expRow(x, y, d, rowMax(x, d));
    scaleRow(y, d, 1 / sum);
  }
}
/** Job: y dy dx rows width perItem: dx = y·(dy − Σ y·dy). */
export function softmaxBack(item: i32): void {
  const d = arg(4), per = arg(5), end = min(arg(3), (item + 1) * per);
  for (let r = item * per; r < end; r++) {
    const y = at(<usize>arg(0), r * d), g = at(<usize>arg(1), r * d), x = at(<usize>arg(2), r * d);
    let s = splat(0);
    let t: f32 = 0;
    let i = 0;
    for (; i + 4 <= d; i += 4) s = madd(v128.load(at(y, i)), v128.load(at(g, i)), s);
    for (; i < d; i++) t += load<f32>(at(y, i)) * load<f32>(at(g, i));
    const dot = hsum(s) + t, v = splat(dot);
    for (i = 0; i + 4 <= d; i += 4) v128.store(at(x, i), f32x4.mul(v128.load(at(y, i)), f32x4.sub(v128.load(at(g, i)), v)));
    for (; i < d; i++) store<f32>(at(x, i), load<f32>(at(y, i)) * (load<f32>(at(g, i)) - dot));
  }
}
/** Job: logits ids loss lse rows width perItem: loss = ln Σe^x − x[id]; an id below 0 costs nothing. */
export function crossEntropy(item: i32): void {
  const d = arg(5), per = arg(6), end = min(arg(4), (item + 1) * per);
  for (let r = item * per; r < end; r++) {
    const x = at(<usize>arg(0), r * d);
    const id = load<i32>(at(<usize>arg(1), r));
    const top = rowMax(x, d);
    const shift = splat(top);
    let sum = splat(0);
    let total: f32 = 0;
    let i = 0;
    for (; i + 4 <= d; i += 4) sum = f32x4.add(sum, exp4(f32x4.sub(v128.load(at(x, i)), shift)));
    for (; i < d; i++) total += e1(load<f32>(at(x, i)) - top);
    const lse = top + <f32>Math.log(<f64>(hsum(sum) + total));
    store<f32>(at(<usize>arg(3), r), lse);
    store<f32>(at(<usize>arg(2), r), id < 0 ? 0 : lse - load<f32>(at(x, id)));
  }
}
/** Job: logits ids lse dloss dlogits rows width perItem: dlogits = dloss·(softmax − onehot). */
export function crossEntropyBack(item: i32): void {
  const d = arg(6), per = arg(7), end = min(arg(5), (item + 1) * per);
  for (let r = item * per; r < end; r++) {
    const x = at(<usize>arg(0), r * d), y = at(<usize>arg(4), r * d);
    const id = load<i32>(at(<usize>arg(1), r));
    if (id < 0) {
      memory.fill(y, 0, d << 2);
      continue;
    }
    const g = load<f32>(at(<usize>arg(3), r)), lse = load<f32>(at(<usize>arg(2), r));
    const v = splat(g), s = splat(lse);
    let i = 0;
    for (; i + 4 <= d; i += 4) v128.store(at(y, i), f32x4.mul(v, exp4(f32x4.sub(v128.load(at(x, i)), s))));
    for (; i < d; i++) store<f32>(at(y, i), g * e1(load<f32>(at(x, i)) - lse));
    store<f32>(at(y, id), load<f32>(at(y, id)) - g);
  }
}
