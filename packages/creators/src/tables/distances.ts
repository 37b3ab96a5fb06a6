import type { Columns, Row } from "@inkseal/lab";

/**
 * Gower's distance of rows (1971): the mean over columns of |a − b| by the range that holds nine tenths of the numbers, at most 1, and of 0 or 1 for
 * categories; a missing number differs from every other by 1.
 */
export class RowSpace {
  readonly #width: number;
  readonly #scales: Float64Array;
  readonly #columns: Columns;

  constructor(columns: Columns, like: readonly Row[]) {
    this.#columns = columns;
    this.#width = columns.length;
    this.#scales = Float64Array.from(columns, (column, i) => {
      if (column.type === "category") return 0;
      const numbers = like
        .map((row) => row[i]!)
        .filter((x) => !Number.isNaN(x))
        .sort((a, b) => a - b);
      const at = (share: number): number => numbers[Math.min(numbers.length - 1, Math.floor(share * numbers.length))] ?? 0;
      return at(0.95) - at(0.05) || Math.abs(at(0.5)) || 1;
    });
  }

  distance(a: Row, b: Row, limit = Infinity): number {
    let sum = 0;
    const enough = limit * this.#width;
    for (let i = 0; i < this.#width; i++) {
      const [x, y] = [a[i]!, b[i]!];
      if (x !== y) sum += this.#scales[i] === 0 ? 1 : one(Math.abs(x - y) / this.#scales[i]!, x, y);
      if (sum >= enough) return sum / this.#width;
    }
    return sum / this.#width;
  }
  /** From each row to the nearest of `others`. */
  nearest(rows: readonly Row[], others: readonly Row[]): Float64Array {
    return Float64Array.from(rows, (row) => {
      let least = Infinity;
      for (const other of others) least = Math.min(least, this.distance(row, other, least));
      return least;
    });
  }
  /** Whether rows are the same as a file would show them: numbers to their decimals. */
  key(row: Row): string {
    return this.#columns
      .map((column, i) =>
        column.type === "number" ? row[i]!.toFixed(column.decimals ?? 6).replace(/^-(0(\.0*)?)$/, "$1") : row[i]!,
      )
      .join("\t");
  }
}

/** NaN beside NaN is the same, beside a number another. */
const one = (share: number, x: number, y: number): number =>
  Number.isNaN(share) ? (Number.isNaN(x) && Number.isNaN(y) ? 0 : 1) : Math.min(1, share);

/** Area under the ROC curve of scores that should be higher for `positive`; ties count half. NaN where there are none of one kind. */
export function auc(scores: ArrayLike<number>, positive: ArrayLike<boolean>): number {
  const order = Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[a]! - scores[b]!);
  let ranks = 0;
  let count = 0;
  for (let i = 0; i < order.length; ) {
    let j = i;
    while (j < order.length && scores[order[j]!] === scores[order[i]!]) j++;
    for (let k = i; k < j; k++)
      if (positive[order[k]!]) {
        ranks += (i + j + 1) / 2;
        count++;
      }
    i = j;
  }
  return (ranks - (count * (count + 1)) / 2) / (count * (scores.length - count));
}
