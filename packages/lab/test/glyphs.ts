/** Pictures of 8 × 8 pixels for tests: four shapes, each moved, brightened and made noisy. */
export interface Glyphs {
  /** [count, 8, 8, 1], 0 to 1. */
  readonly pictures: Float32Array;
  readonly labels: Int32Array;
}
const shapes = ["box", "cross", "bar", "line"] as const;
export const glyphKinds: number = shapes.length;

export function glyphs(count: number, random: () => number, { noise = 0.1, moved = true } = {}): Glyphs {
  const pictures = new Float32Array(count * 64);
  const labels = Int32Array.from({ length: count }, () => Math.floor(random() * shapes.length));
  labels.forEach((label, n) => {
    const [top, left] = moved ? [Math.floor(random() * 3), Math.floor(random() * 3)] : [1, 1];
    const ink = 0.7 + 0.3 * random();
    for (let y = 0; y < 8; y++)
      for (let x = 0; x < 8; x++) {
        const [a, b] = [y - top, x - left];
        const inside = a >= 0 && a < 6 && b >= 0 && b < 6;
        const on = [a === 0 || a === 5 || b === 0 || b === 5, a === b || a + b === 5, b === 2 || b === 3, a === 2 || a === 3][
          label
        ];
        const value = (inside && on ? ink : 0) + noise * (random() - 0.5);
        pictures[n * 64 + y * 8 + x] = Math.min(1, Math.max(0, value));
      }
  });
  return { pictures, labels };
}
