/**
 * Digits of MNIST's size and kind, 28 × 28 grey, drawn and not scanned: ten shapes as strokes, each picture with control points, slant,
 * size, place and pen of its own. From a seed, so that every machine has the same pictures; easier than handwriting, so that no score on
 * them compares with a published one on MNIST.
 */
import { mulberry, normal } from "./peers/step.ts";

export interface Digits {
  /** [count, 28, 28], 0 (paper) to 255 (ink). */
  readonly pictures: Uint8Array;
  /** [count], 0 to 9. */
  readonly labels: Uint8Array;
}

const side = 28;
/** As in MNIST a digit fills a box of 20 pixels in the middle. */
const box = 20;

type Point = readonly [x: number, y: number];
/** A stroke is a smooth curve through its points; x to the right and y down, each 0 to 1. */
const shapes: readonly (readonly (readonly Point[])[])[] = [
  [
    [
      [0.5, 0.08],
      [0.78, 0.25],
      [0.8, 0.6],
      [0.5, 0.92],
      [0.2, 0.6],
      [0.22, 0.25],
      [0.5, 0.08],
    ],
  ],
  [
    [
      [0.34, 0.26],
      [0.52, 0.08],
    ],
    [
      [0.52, 0.08],
      [0.5, 0.92],
    ],
  ],
  [
    [
      [0.22, 0.28],
      [0.4, 0.09],
      [0.7, 0.14],
      [0.74, 0.36],
      [0.5, 0.62],
      [0.2, 0.9],
    ],
    [
      [0.2, 0.9],
      [0.8, 0.88],
    ],
  ],
  [
    [
      [0.25, 0.15],
      [0.55, 0.08],
      [0.74, 0.26],
      [0.46, 0.46],
    ],
    [
      [0.46, 0.46],
      [0.78, 0.66],
      [0.55, 0.92],
      [0.22, 0.84],
    ],
  ],
  [
    [
      [0.58, 0.08],
      [0.2, 0.6],
    ],
    [
      [0.2, 0.6],
      [0.82, 0.6],
    ],
    [
      [0.62, 0.32],
      [0.6, 0.93],
    ],
  ],
  [
    [
      [0.75, 0.1],
      [0.32, 0.1],
    ],
    [
      [0.32, 0.1],
      [0.28, 0.45],
    ],
    [
      [0.28, 0.45],
      [0.6, 0.4],
      [0.78, 0.64],
      [0.58, 0.9],
      [0.22, 0.86],
    ],
  ],
  [
    [
      [0.68, 0.1],
      [0.38, 0.35],
      [0.24, 0.68],
      [0.48, 0.92],
      [0.74, 0.74],
      [0.56, 0.52],
      [0.28, 0.64],
    ],
  ],
  [
    [
      [0.2, 0.12],
      [0.8, 0.12],
    ],
    [
      [0.8, 0.12],
      [0.52, 0.5],
      [0.42, 0.92],
    ],
  ],
  [
    [
      [0.5, 0.48],
      [0.26, 0.3],
      [0.5, 0.08],
      [0.74, 0.28],
      [0.5, 0.48],
      [0.24, 0.7],
      [0.5, 0.92],
      [0.76, 0.7],
      [0.5, 0.48],
    ],
  ],
  [
    [
      [0.72, 0.34],
      [0.48, 0.5],
      [0.26, 0.32],
      [0.46, 0.1],
      [0.72, 0.2],
      [0.72, 0.5],
      [0.6, 0.92],
    ],
  ],
];

/** `count` pictures with labels in random order; the same seed gives the same pictures, a longer list begins with a shorter one. */
export function digits(count: number, seed = 1): Digits {
  const uniform = mulberry(seed);
  const gaussian = normal(seed ^ 0x9e3779b9);
  const pictures = new Uint8Array(count * side * side);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = Math.floor(uniform() * 10);
    draw(labels[i]!, uniform, gaussian, pictures.subarray(i * side * side, (i + 1) * side * side));
  }
  return { pictures, labels };
}

function draw(digit: number, uniform: () => number, gaussian: () => number, into: Uint8Array): void {
  const turn = 0.12 * gaussian();
  const slant = 0.2 * gaussian();
  const wide = box * (0.75 + 0.3 * uniform());
  const tall = box * (0.88 + 0.14 * uniform());
  const [left, top] = [side / 2 + 0.7 * gaussian(), side / 2 + 0.7 * gaussian()];
  const pen = 0.7 + 0.7 * uniform(); // half its width, pixels
  const place = ([px, py]: Point): Point => {
    const y = (py - 0.5 + 0.025 * gaussian()) * tall;
    const x = (px - 0.5 + 0.025 * gaussian()) * wide - slant * y;
    return [left + x * Math.cos(turn) - y * Math.sin(turn), top + x * Math.sin(turn) + y * Math.cos(turn)];
  };
  // a corner where two strokes meet stays one point
  const seen = new Map<string, Point>();
  const once = (point: Point): Point => {
    const key = point.join();
    const placed = seen.get(key) ?? place(point);
    seen.set(key, placed);
    return placed;
  };
  for (const stroke of shapes[digit]!) {
    const line = curve(stroke.map(once));
    for (let i = 1; i < line.length; i++) ink(line[i - 1]!, line[i]!, pen, into);
  }
}

/** Catmull–Rom through the points, six pieces between two. */
function curve(points: readonly Point[]): Point[] {
  const line: Point[] = [points[0]!];
  for (let i = 0; i + 1 < points.length; i++) {
    const [b, c] = [points[i]!, points[i + 1]!];
    const [a, d] = [points[i - 1] ?? b, points[i + 2] ?? c];
    for (let step = 1; step <= 6; step++) {
      const t = step / 6;
      const at = (k: 0 | 1): number =>
        0.5 *
        (2 * b[k] +
          (c[k] - a[k]) * t +
          (2 * a[k] - 5 * b[k] + 4 * c[k] - d[k]) * t * t +
          (3 * b[k] - a[k] - 3 * c[k] + d[k]) * t ** 3);
      line.push([at(0), at(1)]);
    }
  }
  return line;
}

/** Darkens the pixels near a straight piece, their edge one pixel soft. */
function ink([ax, ay]: Point, [bx, by]: Point, pen: number, into: Uint8Array): void {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy || 1e-9;
  const from = (a: number, b: number): number => Math.max(0, Math.floor(Math.min(a, b) - pen - 1));
  const to = (a: number, b: number): number => Math.min(side - 1, Math.ceil(Math.max(a, b) + pen + 1));
  for (let y = from(ay, by); y <= to(ay, by); y++)
    for (let x = from(ax, bx); x <= to(ax, bx); x++) {
      const [px, py] = [x + 0.5 - ax, y + 0.5 - ay];
      const t = Math.min(1, Math.max(0, (px * dx + py * dy) / length));
      const value = 255 * Math.min(1, Math.max(0, pen + 0.5 - Math.hypot(px - t * dx, py - t * dy)));
      const i = y * side + x;
      if (value > into[i]!) into[i] = Math.round(value);
    }
}
