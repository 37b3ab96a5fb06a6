// Attention without the T×T matrix in memory (Dao et al. 2022): 64 queries at a time, scores in the thread's scratch, log-sum-exp kept for the gradient.
import { dot, multiply } from "./gemm";
import { arg, argF, scratch } from "./job";
import { madd, splat } from "./simd";
import { e1, expRow, rowMax, scaleRow } from "./softmax";

const QUERIES: i32 = 64;
const PACKED: usize = (192 * 256 + 480 * 256 + 64) * 4; // multiply's part of the scratch

@inline function at(p: usize, i: i32): usize {
  return p + (<usize>i << 2);
}
/** Keys that query t of T sees among S: the last query sees all (a cache lies before the queries). */
@inline function visible(t: i32, T: i32, S: i32, causal: bool): i32 {
  return causal ? S - T + t + 1 : S;
}
/** Scores of queries t0… (n of them) by `keys` keys, scaled, with the mask of keys added. */
function scores(q: usize, ldq: i32, k: usize, ldk: i32, n: i32, keys: i32, dh: i32, scale: f32, mask: usize, out: usize, S: i32): void {
  if (n < 4) {
    for (let i = 0; i < n; i++)
      for (let j = 0; j < keys; j++) store<f32>(at(out, i * S + j), dot(at(q, i * ldq), at(k, j * ldk), dh) * scale);
  } else {
    multiply(q, ldq, false, k, ldk, true, out, S, n, keys, dh, false);
    for (let i = 0; i < n; i++) scaleRow(at(out, i * S), keys, scale);
  }
  if (mask != 0)
    for (let i = 0; i < n; i++)
      for (let j = 0; j < keys; j++) store<f32>(at(out, i * S + j), load<f32>(at(out, i * S + j)) + load<f32>(at(mask, j)));
}

/**
 * Job: q k v o lse B T S H Hkv dh causal scale ldq ldk ldo mask; item = (b, h). q[b, t] lies at (b·T + t)·ldq + h·dh, k and v at (b·S + s)·ldk + g·dh,
 * o at (b·T + t)·ldo + h·dh; lse is [B, H, T]; mask is [B, S], added to the scores, or 0.
 */
export function attention(item: i32): void {
  const T = arg(6), S = arg(7), H = arg(8), G = arg(9), dh = arg(10), causal = arg(11) != 0, scale = argF(12);
  const ldq = arg(13), ldk = arg(14), ldo = arg(15);
  const b = item / H, h = item % H, g = h / (H / G);
  const q = at(<usize>arg(0), b * T * ldq + h * dh), k = at(<usize>arg(1), b * S * ldk + g * dh), v = at(<usize>arg(2), b * S * ldk + g * dh);
  const o = at(<usize>arg(3), b * T * ldo + h * dh);
  const mask = arg(16) != 0 ? at(<usize>arg(16), b * S) : 0;
  const p = scratch() + PACKED;
  for (let t0 = 0; t0 < T; t0 += QUERIES) {
    const n = min(QUERIES, T - t0);
    const keys = visible(t0 + n - 1, T, S, causal);
    scores(at(q, t0 * ldq), ldq, k, ldk, n, keys, dh, scale, mask, p, S);
    for (let i = 0; i < n; i++) {
      const row = at(p, i * S), seen = visible(t0 + i, T, S, causal);
      const top = rowMax(row, seen);
      const sum = expRow(row, row, seen, top);
      scaleRow(row, seen, 1 / sum);
      if (seen < keys) memory.fill(at(row, seen), 0, (keys - seen) << 2);
      if (arg(4) != 0) store<f32>(at(<usize>arg(4), (b * H + h) * T + t0 + i), top + <f32>Math.log(<f64>sum));
    }
    if (n < 4) {
      for (let i = 0; i < n; i++) {
        const out = at(o, (t0 + i) * ldo);
        memory.fill(out, 0, dh << 2);
        for (let j = 0; j < keys; j++) axpy(load<f32>(at(p, i * S + j)), at(v, j * ldk), out, dh);
      }
    } else multiply(p, S, false, v, ldk, false, at(o, t0 * ldo), ldo, n, dh, keys, false);
  }
}
@inline function axpy(a: f32, x: usize, y: usize, n: i32): void {
  const s = splat(a);
  let i = 0;
  for (; i + 4 <= n; i += 4) v128.store(at(y, i), madd(s, v128.load(at(x, i)), v128.load(at(y, i))));
  for (; i < n; i++) store<f32>(at(y, i), load<f32>(at(y, i)) + a * load<f32>(at(x, i)));
}

/**
 * Job: q k v o lse B T S H Hkv dh causal scale ldq ldk ldo mask do dq dk dv; item = (b, group), whose heads share k and v.
 * dq has q's layout, dk and dv those of k and v; do has o's.
 */
export function attentionBack(item: i32): void {
  const T = arg(6), S = arg(7), H = arg(8), G = arg(9), dh = arg(10), causal = arg(11) != 0, scale = argF(12);
  const ldq = arg(13), ldk = arg(14), ldo = arg(15);
  const b = item / G, g = item % G, heads = H / G;
  const kv = (b * S) * ldk + g * dh;
  const k = at(<usize>arg(1), kv), v = at(<usize>arg(2), kv), dk = at(<usize>arg(19), kv), dv = at(<usize>arg(20), kv);
  const mask = arg(16) != 0 ? at(<usize>arg(16), b * S) : 0;
  const p = scratch() + PACKED;
  const d = p + <usize>(QUERIES * S * 4);
  for (let s = 0; s < S; s++) {
    memory.fill(at(dk, s * ldk), 0, dh << 2);
    memory.fill(at(dv, s * ldk), 0, dh << 2);
  }
  for (let h = g * heads; h < (g + 1) * heads; h++) {
    const qo = b * T * ldq + h * dh, oo = b * T * ldo + h * dh;
    const q = at(<usize>arg(0), qo), dq = at(<usize>arg(18), qo), o = at(<usize>arg(3), oo), gout = at(<usize>arg(17), oo);
    for (let t0 = 0; t0 < T; t0 += QUERIES) {
      const n = min(QUERIES, T - t0);
      const keys = visible(t0 + n - 1, T, S, causal);
      scores(at(q, t0 * ldq), ldq, k, ldk, n, keys, dh, scale, mask, p, S);
      multiply(at(gout, t0 * ldo), ldo, false, v, ldk, true, d, S, n, keys, dh, false); // dP = dO·V^T
      for (let i = 0; i < n; i++) {
        const row = at(p, i * S), grad = at(d, i * S), seen = visible(t0 + i, T, S, causal);
        const lse = load<f32>(at(<usize>arg(4), (b * H + h) * T + t0 + i));
        expRow(row, row, seen, lse);
        const delta = dot(at(o, (t0 + i) * ldo), at(gout, (t0 + i) * ldo), dh); // Σ P·dP
        const sd = splat(delta), ss = splat(scale);
        let j = 0;
        for (; j + 4 <= seen; j += 4)
          v128.store(at(grad, j), f32x4.mul(f32x4.mul(v128.load(at(row, j)), f32x4.sub(v128.load(at(grad, j)), sd)), ss));
        for (; j < seen; j++) store<f32>(at(grad, j), load<f32>(at(row, j)) * (load<f32>(at(grad, j)) - delta) * scale);
        if (seen < keys) {
          memory.fill(at(row, seen), 0, (keys - seen) << 2);
          memory.fill(at(grad, seen), 0, (keys - seen) << 2);
        }
      }
      multiply(p, S, true, at(gout, t0 * ldo), ldo, false, dv, ldk, keys, dh, n, true); // dV += P^T·dO
      multiply(d, S, true, at(q, t0 * ldq), ldq, false, dk, ldk, keys, dh, n, true); // dK += dS^T·Q
      multiply(d, S, false, k, ldk, false, at(dq, t0 * ldq), ldq, n, dh, keys, false); // dQ = dS·K
    }
  }
}

/** Job: x y cos sin rows heads dh T inverse perItem offset: rotates the pairs (i, i + dh/2) of each head by the angle of position row mod T + offset. */
export function rope(item: i32): void {
  const heads = arg(5), dh = arg(6), T = arg(7), sign: f32 = arg(8) != 0 ? -1 : 1, per = arg(9), end = min(arg(4), (item + 1) * per);
  const half = dh / 2;
  const s = splat(sign);
  for (let r = item * per; r < end; r++) {
    const position = (r % T) + arg(10);
    const cos = at(<usize>arg(2), position * half), sin = at(<usize>arg(3), position * half);
    for (let h = 0; h < heads; h++) {
      const x = at(<usize>arg(0), (r * heads + h) * dh), y = at(<usize>arg(1), (r * heads + h) * dh);
      let i = 0;
      for (; i + 4 <= half; i += 4) {
        const a = v128.load(at(x, i)), b = v128.load(at(x, half + i)), c = v128.load(at(cos, i)), d = f32x4.mul(s, v128.load(at(sin, i)));
        v128.store(at(y, i), f32x4.sub(f32x4.mul(a, c), f32x4.mul(b, d)));
        v128.store(at(y, half + i), f32x4.add(f32x4.mul(b, c), f32x4.mul(a, d)));
      }
      for (; i < half; i++) {
        const a = load<f32>(at(x, i)), b = load<f32>(at(x, half + i)), c = load<f32>(at(cos, i)), d = sign * load<f32>(at(sin, i));
        store<f32>(at(y, i), a * c - b * d);
        store<f32>(at(y, half + i), b * c + a * d);
      }
    }
  }
}
