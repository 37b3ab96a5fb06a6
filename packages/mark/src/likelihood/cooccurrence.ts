import { difference, type Square } from "./residual.ts";

/** Steps are cut off beyond ±2. */
const reach = 2;
const steps = 2 * reach + 1;

/** Three steps in a row, and for each the class of those that a mirror or a negative makes of it (SRM's symmetries, Fridrich and Kodovský 2012). */
const { classes, count } = classesOfThree();
function classesOfThree(): { classes: Uint8Array; count: number } {
  const classes = new Uint8Array(steps ** 3);
  const seen = new Map<string, number>();
  for (let i = 0; i < classes.length; i++) {
    const three = [Math.floor(i / steps ** 2), Math.floor(i / steps) % steps, i % steps].map((s) => s - reach);
    const back = [...three].reverse();
    const ways = [three, back, three.map((s) => -s), back.map((s) => -s)].map((w) => w.map((s) => s + reach).join());
    const name = ways.sort()[0]!;
    if (!seen.has(name)) seen.set(name, seen.size);
    classes[i] = seen.get(name)!;
  }
  return { classes, count: seen.size };
}

/** A table for threes along the difference and one for threes across it. */
export const cooccurrences = 2 * count;

/** Adds to `table` how often threes of second differences of each class come, in units of `unit` grey levels; each call adds 1 to both halves. */
export function addCooccurrences(luma: Square, unit: number, table: Float64Array): void {
  const { size } = luma;
  const inside = (size - 4) ** 2;
  const step = new Uint8Array(size * size);
  for (const down of [false, true]) {
    const { data } = difference(luma, down, true);
    for (let i = 0; i < data.length; i++) step[i] = Math.min(steps - 1, Math.max(0, Math.round(data[i]! / unit) + reach));
    for (const along of [true, false]) {
      const far = along === down ? size : 1;
      const start = along ? 0 : count;
      const share = 0.5 / inside;
      for (let y = 2; y < size - 2; y++)
        for (let x = 2, i = y * size + 2; x < size - 2; x++, i++) {
          const at = start + classes[step[i - far]! * steps * steps + step[i]! * steps + step[i + far]!]!;
          table[at] = table[at]! + share;
        }
    }
  }
}
