/** The Fréchet distance of two sets of features, as in FID (Heusel et al. 2017): |μ₁ − μ₂|² + tr(C₁ + C₂ − 2(C₁C₂)^½). */
export function frechet(a: Features, b: Features): number {
  const [p, q] = [moments(a), moments(b)];
  const d = a.width;
  const root = symmetricRoot(p.covariance, d);
  const middle = product(product(root, q.covariance, d), root, d);
  const cross = eigenvalues(middle, d).reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
  let distance = -2 * cross;
  for (let i = 0; i < d; i++) distance += (p.mean[i]! - q.mean[i]!) ** 2 + p.covariance[i * d + i]! + q.covariance[i * d + i]!;
  return distance;
}
/** [count, width], row-major. */
export interface Features {
  readonly values: Float32Array;
  readonly width: number;
}

function moments({ values, width: d }: Features): { mean: Float64Array; covariance: Float64Array } {
  const count = values.length / d;
  const mean = new Float64Array(d);
  values.forEach((x, i) => {
    mean[i % d]! += x / count;
  });
  const covariance = new Float64Array(d * d);
  for (let n = 0; n < count; n++)
    for (let i = 0; i < d; i++)
      for (let j = 0; j < d; j++)
        covariance[i * d + j]! += ((values[n * d + i]! - mean[i]!) * (values[n * d + j]! - mean[j]!)) / (count - 1);
  return { mean, covariance };
}
function product(a: Float64Array, b: Float64Array, d: number): Float64Array {
  const out = new Float64Array(d * d);
  for (let i = 0; i < d; i++)
    for (let k = 0; k < d; k++) for (let j = 0; j < d; j++) out[i * d + j]! += a[i * d + k]! * b[k * d + j]!;
  return out;
}
function symmetricRoot(matrix: Float64Array, d: number): Float64Array {
  const { values, vectors } = jacobi(matrix, d);
  const out = new Float64Array(d * d);
  for (let k = 0; k < d; k++) {
    const root = Math.sqrt(Math.max(0, values[k]!));
    for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) out[i * d + j]! += root * vectors[i * d + k]! * vectors[j * d + k]!;
  }
  return out;
}
const eigenvalues = (matrix: Float64Array, d: number): Float64Array => jacobi(matrix, d).values;

/** Eigenvalues and vectors (columns) of a symmetric matrix by Jacobi's rotations (Golub & Van Loan, §8.5). */
export function jacobi(matrix: Float64Array, d: number): { values: Float64Array; vectors: Float64Array } {
  const a = matrix.slice();
  const v = Float64Array.from({ length: d * d }, (_, i) => (i % (d + 1) === 0 ? 1 : 0));
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    for (let p = 0; p < d; p++) for (let q = p + 1; q < d; q++) off += a[p * d + q]! ** 2;
    if (off < 1e-22) break;
    for (let p = 0; p < d; p++)
      for (let q = p + 1; q < d; q++) {
        const apq = a[p * d + q]!;
        if (Math.abs(apq) < 1e-300) continue;
        const theta = (a[q * d + q]! - a[p * d + p]!) / (2 * apq);
        const tangent = Math.sign(theta || 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const c = 1 / Math.hypot(tangent, 1);
        const s = tangent * c;
        for (let k = 0; k < d; k++) {
          const [x, y] = [a[k * d + p]!, a[k * d + q]!];
          a[k * d + p] = c * x - s * y;
          a[k * d + q] = s * x + c * y;
        }
        for (let k = 0; k < d; k++) {
          const [x, y] = [a[p * d + k]!, a[q * d + k]!];
          a[p * d + k] = c * x - s * y;
          a[q * d + k] = s * x + c * y;
          const [e, f] = [v[k * d + p]!, v[k * d + q]!];
          v[k * d + p] = c * e - s * f;
          v[k * d + q] = s * e + c * f;
        }
      }
  }
  return { values: Float64Array.from({ length: d }, (_, i) => a[i * d + i]!), vectors: v };
}
