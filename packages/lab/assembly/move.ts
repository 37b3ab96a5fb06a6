// Copies: strided, by index, and pictures unfolded into patches.
import { arg, argF } from "./job";

@inline function at(p: i32, i: i32): usize {
  return <usize>p + (<usize>i << 2);
}
/** Job: src dst rows perItem dims[6] srcStrides[6] dstStrides[6] add: dst[…] (+)= src[…] over all of dims; strides in elements, 0 repeats; the last dimension is the run. */
export function copy(item: i32): void {
  const per = arg(3), end = min(arg(2), (item + 1) * per), run = arg(9), ss = arg(15), sd = arg(21), add = arg(22) != 0;
  for (let row = item * per; row < end; row++) {
    let rest = row, os = 0, od = 0;
    for (let d = 4; d >= 0; d--) {
      const size = arg(4 + d);
      const i = rest % size;
      rest /= size;
      os += i * arg(10 + d);
      od += i * arg(16 + d);
    }
    let s = at(arg(0), os), t = at(arg(1), od);
    if (add) {
      for (let i = 0; i < run; i++) {
        store<f32>(t, load<f32>(t) + load<f32>(s));
        s += <usize>ss << 2;
        t += <usize>sd << 2;
      }
    } else if (ss == 1 && sd == 1) memory.copy(t, s, run << 2);
    else
      for (let i = 0; i < run; i++) {
        store<u32>(t, load<u32>(s));
        s += <usize>ss << 2;
        t += <usize>sd << 2;
      }
  }
}
/** Job: table ids y rows width perItem: y[r] = table[ids[r]]; zeros where the id is below 0. */
export function gather(item: i32): void {
  const width = arg(4), per = arg(5), end = min(arg(3), (item + 1) * per);
  for (let r = item * per; r < end; r++) {
    const id = load<i32>(at(arg(1), r));
    if (id < 0) memory.fill(at(arg(2), r * width), 0, width << 2);
    else memory.copy(at(arg(2), r * width), at(arg(0), id * width), width << 2);
  }
}
/** Job: y ids x rows width: y[ids[r]] += x[r] in order of r; item = block of 32 columns. */
export function scatterAdd(item: i32): void {
  const width = arg(4), rows = arg(3), from = item * 32, end = min(width, from + 32);
  for (let r = 0; r < rows; r++) {
    const id = load<i32>(at(arg(1), r));
    if (id < 0) continue;
    const y = arg(0) + id * width * 4, x = arg(2) + r * width * 4;
    let i = from;
    for (; i + 4 <= end; i += 4) v128.store(at(y, i), f32x4.add(v128.load(at(y, i)), v128.load(at(x, i))));
    for (; i < end; i++) store<f32>(at(y, i), load<f32>(at(y, i)) + load<f32>(at(x, i)));
  }
}
/** Job: x y B H W C kh kw stride pad OH OW: y[b, oy, ox, ky, kx, c] = x[b, oy·stride + ky − pad, …, c], zeros outside; item = (b, oy). */
export function unfold(item: i32): void {
  const H = arg(3), W = arg(4), C = arg(5), kh = arg(6), kw = arg(7), stride = arg(8), pad = arg(9), OH = arg(10), OW = arg(11);
  const b = item / OH, oy = item % OH;
  let y = at(arg(1), item * OW * kh * kw * C);
  const bytes = C << 2;
  for (let ox = 0; ox < OW; ox++)
    for (let ky = 0; ky < kh; ky++) {
      const iy = oy * stride + ky - pad;
      for (let kx = 0; kx < kw; kx++) {
        const ix = ox * stride + kx - pad;
        if (iy < 0 || iy >= H || ix < 0 || ix >= W) memory.fill(y, 0, bytes);
        else memory.copy(y, at(arg(0), ((b * H + iy) * W + ix) * C), bytes);
        y += bytes;
      }
    }
}
/** Job: the adjoint of unfold: y[b, …] = Σ of the patches x; item = b. */
export function fold(item: i32): void {
  const H = arg(3), W = arg(4), C = arg(5), kh = arg(6), kw = arg(7), stride = arg(8), pad = arg(9), OH = arg(10), OW = arg(11);
  const out = arg(1) + item * H * W * C * 4;
  memory.fill(<usize>out, 0, (H * W * C) << 2);
  let x = at(arg(0), item * OH * OW * kh * kw * C);
  for (let oy = 0; oy < OH; oy++)
    for (let ox = 0; ox < OW; ox++)
      for (let ky = 0; ky < kh; ky++) {
        const iy = oy * stride + ky - pad;
        for (let kx = 0; kx < kw; kx++) {
          const ix = ox * stride + kx - pad;
          if (iy >= 0 && iy < H && ix >= 0 && ix < W) {
            const y = at(out, (iy * W + ix) * C);
            for (let c = 0; c < C; c++) {
              const o = <usize>c << 2;
              store<f32>(y + o, load<f32>(y + o) + load<f32>(x + o));
            }
          }
          x += <usize>C << 2;
        }
      }
}
