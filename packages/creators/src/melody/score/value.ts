/** A duration as notes write it. */
export interface Value {
  /** log2 of how many make a whole note: 0 whole, 2 quarter, 5 thirty-second. */
  readonly kind: number;
  readonly dots: number;
  /** Whether it is one of three in the time of two. */
  readonly triplet: boolean;
}

const values = new Map<number, Value>();
for (let kind = 0; kind <= 5; kind++) {
  const ticks = 192 / 2 ** kind;
  values.set(ticks, { kind, dots: 0, triplet: false });
  values.set(ticks * 1.5, { kind, dots: 1, triplet: false });
  if (kind > 0) values.set((ticks * 2) / 3, { kind, dots: 0, triplet: true });
}
values.set(336, { kind: 0, dots: 2, triplet: false });
values.set(168, { kind: 1, dots: 2, triplet: false });
values.set(84, { kind: 2, dots: 2, triplet: false });
values.set(42, { kind: 3, dots: 2, triplet: false });

/** undefined for what one note cannot write. */
export const noteValue = (ticks: number): Value | undefined => values.get(ticks);

const plain = [...values].filter(([, v]) => !v.triplet && v.dots < 2).sort((a, b) => b[0] - a[0]);
/** Ticks as a sum of what single notes can write, the longest first. */
export function writable(ticks: number): number[] {
  if (values.has(ticks)) return [ticks];
  const out: number[] = [];
  for (let left = ticks; left > 0; ) {
    const [most] = plain.find(([t]) => t <= left) ?? [left];
    out.push(most);
    left -= most;
  }
  return out;
}
