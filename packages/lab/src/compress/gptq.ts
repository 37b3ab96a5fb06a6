import type { QuantisedMatrix, Values } from "../weights.ts";
import { absmaxScale, emptyQuantised, groupSize, nearest, putGroup, searchedScale } from "./group.ts";

/**
 * Rounding that knows how a matrix is used (GPTQ, Frantar et al. 2022): columns are rounded one after the other, and what each rounding gets wrong is made
 * good by the columns still to come, as far as their inputs go together. What is 0 (pruned) stays 0. `moments`: E[x·xᵀ] of the inputs, [k, k].
 */
export function gptq({ shape, data }: Values, bits: 8 | 4, moments: Float32Array): QuantisedMatrix {
  const [n, k] = shape as [number, number];
  const out = emptyQuantised(n, k, bits);
  const u = inverseRoot(moments, k);
  // a rounding error e of column j costs (e / u[j, j])²
  const importance = Float64Array.from({ length: k }, (_, j) => 1 / u[j * k + j]! ** 2);
  const row = new Float64Array(k);
  const kept = new Float64Array(groupSize);
  const integers = new Int8Array(groupSize);
  for (let r = 0; r < n; r++) {
    row.set(data.subarray(r * k, (r + 1) * k));
    for (let from = 0; from < k; from += groupSize) {
      for (let i = 0; i < groupSize; i++) kept[i] = data[r * k + from + i] === 0 ? 0 : row[from + i]!;
      const scale = bits === 8 ? absmaxScale(kept) : searchedScale(kept, importance.subarray(from, from + groupSize));
      for (let j = from; j < from + groupSize; j++) {
        const q = data[r * k + j] === 0 ? 0 : nearest(row[j]!, scale, bits);
        integers[j - from] = q;
        const wrong = (row[j]! - q * scale) / u[j * k + j]!;
        for (let i = j; i < k; i++) row[i]! -= wrong * u[j * k + i]!;
      }
      putGroup(out, (r * k + from) / groupSize, scale, integers);
    }
  }
  return out;
}

/** The upper U with UᵀU = (H + 1 % of its mean diagonal)⁻¹: row j is what column j's error does to the later ones. H [k, k] is positive semi-definite. */
function inverseRoot(h: Float32Array, k: number): Float64Array {
  let mean = 0;
  for (let j = 0; j < k; j++) mean += h[j * k + j]! / k;
  const damping = mean > 0 ? 0.01 * mean : 1;
  const damped = Float64Array.from(h);
  for (let j = 0; j < k; j++) damped[j * k + j]! += damping;
  const l = cholesky(damped, k);
  // L⁻¹ by forward substitution, then H⁻¹ = L⁻ᵀ·L⁻¹
  const inverse = new Float64Array(k * k);
  for (let c = 0; c < k; c++)
    for (let r = c; r < k; r++) {
      let sum = r === c ? 1 : 0;
      for (let i = c; i < r; i++) sum -= l[r * k + i]! * inverse[i * k + c]!;
      inverse[r * k + c] = sum / l[r * k + r]!;
    }
  const product = new Float64Array(k * k);
  for (let i = 0; i < k; i++)
    for (let a = 0; a <= i; a++) {
      const by = inverse[i * k + a]!;
      for (let b = 0; b <= i; b++) product[a * k + b]! += by * inverse[i * k + b]!;
    }
  const lower = cholesky(product, k);
  const upper = new Float64Array(k * k);
  for (let r = 0; r < k; r++) for (let c = 0; c <= r; c++) upper[c * k + r] = lower[r * k + c]!;
  return upper;
}

/** The lower L with L·Lᵀ = A. */
function cholesky(a: Float64Array, k: number): Float64Array {
  const l = new Float64Array(k * k);
  for (let r = 0; r < k; r++)
    for (let c = 0; c <= r; c++) {
      let sum = a[r * k + c]!;
      for (let i = 0; i < c; i++) sum -= l[r * k + i]! * l[c * k + i]!;
      // rounding may leave a hair less than nothing
      l[r * k + c] = r === c ? Math.sqrt(Math.max(sum, 1e-30)) : sum / l[c * k + c]!;
    }
  return l;
}
