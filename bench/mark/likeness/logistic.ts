/** Logistic regression with a penalty on the squares of its weights, by Newton's method (iteratively reweighted least squares). */
export interface Logistic {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  readonly weight: readonly number[];
  readonly bias: number;
}

export interface Example {
  readonly features: readonly number[];
  readonly machine: boolean;
  /** How much it counts. */
  readonly share: number;
}

/** Deviations beyond which a feature counts no more. */
export const bound = 4;
const rounds = 12;

/** `penalty` λ: what is minimised is Σ share·loss + λ/2·|weight|², shares scaled to a sum of the number of examples. */
export function fit(examples: readonly Example[], penalty: number): Logistic {
  const width = examples[0]!.features.length;
  const total = examples.reduce((sum, e) => sum + e.share, 0);
  const shares = examples.map((e) => (e.share * examples.length) / total);
  const columns = Array.from({ length: width }, (_, i) => i);
  const mean = columns.map((i) => examples.reduce((sum, e) => sum + e.features[i]!, 0) / examples.length);
  const deviation = columns.map((i) =>
    Math.max(1e-6, Math.sqrt(examples.reduce((sum, e) => sum + (e.features[i]! - mean[i]!) ** 2, 0) / examples.length)),
  );
  const n = width + 1; // the bias last, without penalty
  const rows = examples.map(({ features }) => Float64Array.from([...standard(features, { mean, deviation }), 1]));
  const w = new Float64Array(n);
  for (let round = 0; round < rounds; round++) {
    const hessian = new Float64Array(n * n);
    const slope = new Float64Array(n);
    rows.forEach((row, k) => {
      let z = 0;
      for (let i = 0; i < n; i++) z += row[i]! * w[i]!;
      const p = 1 / (1 + Math.exp(-z));
      const off = shares[k]! * (p - (examples[k]!.machine ? 1 : 0));
      const bend = shares[k]! * Math.max(1e-6, p * (1 - p));
      for (let i = 0; i < n; i++) {
        slope[i] = slope[i]! + off * row[i]!;
        const by = bend * row[i]!;
        for (let j = 0; j <= i; j++) hessian[i * n + j] = hessian[i * n + j]! + by * row[j]!;
      }
    });
    for (let i = 0; i < width; i++) {
      slope[i] = slope[i]! + penalty * w[i]!;
      hessian[i * n + i] = hessian[i * n + i]! + penalty;
    }
    const step = solved(hessian, slope, n);
    for (let i = 0; i < n; i++) w[i] = w[i]! - step[i]!;
    if (step.every((s) => Math.abs(s) < 1e-6)) break;
  }
  return { mean, deviation, weight: [...w.subarray(0, width)], bias: w[width]! };
}

const standard = (features: readonly number[], { mean, deviation }: Pick<Logistic, "mean" | "deviation">): number[] =>
  features.map((x, i) => Math.min(bound, Math.max(-bound, (x - mean[i]!) / deviation[i]!)));

/** Logarithm of the odds. */
export const scoreOf = (features: readonly number[], model: Logistic): number =>
  standard(features, model).reduce((sum, x, i) => sum + x * model.weight[i]!, model.bias);

/** x of A·x = b by Cholesky's factors; only the lower half of A is read, and overwritten. */
function solved(a: Float64Array, b: Float64Array, n: number): Float64Array {
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
      a[i * n + j] = i === j ? Math.sqrt(Math.max(1e-12, sum)) : sum / a[j * n + j]!;
    }
  }
  const x = b.slice();
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] = x[i]! - a[i * n + k]! * x[k]!;
    x[i] = x[i]! / a[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] = x[i]! - a[k * n + i]! * x[k]!;
    x[i] = x[i]! / a[i * n + i]!;
  }
  return x;
}
