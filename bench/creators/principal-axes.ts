/**
 * Anomaly by principal axes (Shyu et al. 2003): of standardised examples the sum over all axes of the squared place by the axis's variance, which
 * for all axes is Mahalanobis's distance.
 */
export function principalAxes(examples: readonly (readonly number[])[]): (x: readonly number[]) => number {
  const width = examples[0]!.length;
  const mean = Array.from({ length: width }, (_, i) => examples.reduce((sum, x) => sum + x[i]!, 0) / examples.length);
  const covariance = Array.from({ length: width }, (_, i) =>
    Array.from(
      { length: width },
      (_, j) => examples.reduce((sum, x) => sum + (x[i]! - mean[i]!) * (x[j]! - mean[j]!), 0) / examples.length,
    ),
  );
  const inverse = inverted(covariance);
  return (x) => {
    const off = x.map((value, i) => value - mean[i]!);
    return off.reduce((sum, a, i) => sum + a * off.reduce((inner, b, j) => inner + inverse[i]![j]! * b, 0), 0);
  };
}

/** Gauss and Jordan's way, with the largest pivot. */
function inverted(matrix: readonly (readonly number[])[]): number[][] {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...Array.from({ length: n }, (_, j) => (i === j ? 1 : 0))]);
  for (let c = 0; c < n; c++) {
    const pivot = rows.slice(c).reduce((best, row, i) => (Math.abs(row[c]!) > Math.abs(rows[best]![c]!) ? i + c : best), c);
    [rows[c], rows[pivot]] = [rows[pivot]!, rows[c]!];
    const by = rows[c]![c]!;
    rows[c] = rows[c]!.map((x) => x / by);
    for (let r = 0; r < n; r++) {
      const factor = rows[r]![c]!;
      if (r !== c) rows[r] = rows[r]!.map((x, j) => x - factor * rows[c]![j]!);
    }
  }
  return rows.map((row) => row.slice(n));
}
