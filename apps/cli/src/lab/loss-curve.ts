import { pad } from "../screen/width.ts";

/** A point of the curve: a step and a loss. */
export type Point = readonly [step: number, loss: number];

export interface CurveSize {
  /** Of the whole, scale included. */
  readonly columns: number;
  readonly rows: number;
}

/**
 * Losses over steps as lines of text: `train` as a line of braille dots (2 × 4 to a character), each of `held` as ●. The scale reaches from the least to
 * the largest of what is shown. Nothing is drawn of less than two points.
 */
export function lossCurve(train: readonly Point[], held: readonly Point[], { columns, rows }: CurveSize): string[] {
  const all = [...train, ...held].filter(([, loss]) => Number.isFinite(loss));
  if (train.length < 2 || all.length < 2) return [];
  const [first, last] = [train[0]![0], Math.max(...[train.at(-1), held.at(-1)].map((p) => p?.[0] ?? 0))];
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [, loss] of all) {
    low = Math.min(low, loss);
    high = Math.max(high, loss);
  }
  const digits = high - low < 0.1 ? 3 : 2;
  const labels = [high.toFixed(digits), low.toFixed(digits)];
  const margin = Math.max(...labels.map((l) => l.length));
  const across = columns - margin - 2;
  if (across < 4 || rows < 2) return [];

  const dots = { columns: across * 2, rows: rows * 4 };
  const x = (step: number): number => Math.round(((step - first) / Math.max(1, last - first)) * (dots.columns - 1));
  const y = (loss: number): number => Math.round(((high - loss) / Math.max(1e-12, high - low)) * (dots.rows - 1));
  const cells = Array.from({ length: rows }, () => new Uint8Array(across));
  const dot = (column: number, row: number): void => {
    cells[row >> 2]![column >> 1]! |= braille[row & 3]![column & 1]!;
  };
  let before: readonly [number, number] | undefined;
  for (const [column, loss] of means(train, x)) {
    const row = y(loss);
    dot(column, row);
    if (before !== undefined) joined(before, [column, row], dot);
    before = [column, row];
  }
  const lines = cells.map((row) => Array.from(row, (bits) => (bits === 0 ? " " : String.fromCharCode(0x2800 + bits))));
  for (const [step, loss] of held) if (step >= first && Number.isFinite(loss)) lines[y(loss) >> 2]![x(step) >> 1] = "●";
  const scale = (row: number): string => (row === 0 ? labels[0]! : row === rows - 1 ? labels[1]! : "").padStart(margin);
  const ends = `${" ".repeat(margin + 2)}${pad(String(first), across - String(last).length)}${last}`;
  return [...lines.map((line, row) => `${scale(row)} ┤${line.join("")}`), ends];
}

/** The bits of a braille character (Unicode block 2800), by row and column of its dots. */
const braille = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

/** One mean loss for each column that has points. */
function means(points: readonly Point[], x: (step: number) => number): Map<number, number> {
  const sums = new Map<number, [sum: number, count: number]>();
  for (const [step, loss] of points) {
    if (!Number.isFinite(loss)) continue;
    const [sum, count] = sums.get(x(step)) ?? [0, 0];
    sums.set(x(step), [sum + loss, count + 1]);
  }
  return new Map([...sums].map(([column, [sum, count]]) => [column, sum / count]));
}

/** The dots between two, so that few points make a line too. */
function joined(
  [x0, y0]: readonly [number, number],
  [x1, y1]: readonly [number, number],
  dot: (column: number, row: number) => void,
): void {
  const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0));
  for (let i = 1; i < steps; i++) dot(Math.round(x0 + ((x1 - x0) * i) / steps), Math.round(y0 + ((y1 - y0) * i) / steps));
}
