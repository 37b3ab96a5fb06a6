/** The few colours of a drawing, found where it is flat: edges are mixtures and would make colours of their own. */
export interface Palette {
  /** Colours times alpha, and alpha, four a colour. */
  readonly colours: Float32Array;
  readonly count: number;
}
const far = 0.07;

/** At most `most` colours of pixels [side, side, 4]. */
export function paletteOf(pixels: Float32Array, side: number, most: number): Palette {
  const flat = flatPixels(pixels, side);
  // from the commonest on: the first is the one with the largest crowd around it, each next the worst served by those before, weighed by
  // how many are near it
  const samples = flat.length >= 64 ? flat : Array.from({ length: side * side }, (_, i) => i);
  const nearest = new Float32Array(samples.length).fill(4);
  const chosen: number[] = [];
  while (chosen.length < most) {
    let best = -1;
    let worst = 0;
    samples.forEach((_, s) => {
      if (nearest[s]! > worst) [worst, best] = [nearest[s]!, s];
    });
    if (best < 0 || worst < far * far) break;
    chosen.push(samples[best]!);
    samples.forEach((i, s) => {
      nearest[s] = Math.min(nearest[s]!, distance(pixels, i, pixels, samples[best]!));
    });
  }
  let colours = Float32Array.from(chosen.flatMap((i) => [...pixels.subarray(4 * i, 4 * i + 4)]));
  let members = new Float32Array(chosen.length);
  for (let round = 0; round < 8; round++) {
    const sums = new Float32Array(colours.length);
    members = new Float32Array(chosen.length);
    for (const i of samples) {
      const k = closest(colours, pixels, i);
      members[k]!++;
      for (let c = 0; c < 4; c++) sums[4 * k + c]! += pixels[4 * i + c]!;
    }
    colours = colours.map((old, j) => (members[j >> 2]! > 0 ? sums[j]! / members[j >> 2]! : old));
  }
  const kept = [...members.keys()].filter((k) => members[k]! >= 3);
  return { colours: Float32Array.from(kept.flatMap((k) => [...colours.subarray(4 * k, 4 * k + 4)])), count: kept.length };
}
/** Pixels that hardly differ from their four neighbours. */
function flatPixels(pixels: Float32Array, side: number): number[] {
  const out: number[] = [];
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const i = y * side + x;
      const near = [x > 0 ? i - 1 : i, x < side - 1 ? i + 1 : i, y > 0 ? i - side : i, y < side - 1 ? i + side : i];
      if (near.every((j) => distance(pixels, i, pixels, j) < 0.02)) out.push(i);
    }
  return out;
}
export function distance(a: Float32Array, i: number, b: Float32Array, j: number): number {
  let sum = 0;
  for (let c = 0; c < 4; c++) sum += (a[4 * i + c]! - b[4 * j + c]!) ** 2;
  return sum;
}
function closest(colours: Float32Array, pixels: Float32Array, i: number): number {
  let best = 0;
  for (let k = 1; k < colours.length / 4; k++)
    if (distance(pixels, i, colours, k) < distance(pixels, i, colours, best)) best = k;
  return best;
}

/** Each colour becomes the nearest of `only` (lightness counts most, by which shapes are told apart), or wholly transparent. */
export function replaced(colours: Float32Array, only: readonly (readonly [number, number, number])[]): Float32Array {
  return Float32Array.from(
    Array.from({ length: colours.length / 4 }, (_, k) => {
      const [r, g, b, alpha] = colours.subarray(4 * k, 4 * k + 4) as unknown as [number, number, number, number];
      if (alpha < 0.5) return [0, 0, 0, 0];
      const own = [r / alpha, g / alpha, b / alpha] as const;
      const off = only.map((other) => unlike(own, other));
      return [...only[off.indexOf(Math.min(...off))]!, 1];
    }).flat(),
  );
}
function unlike(a: readonly [number, number, number], b: readonly [number, number, number]): number {
  const light = ([r, g, b]: readonly [number, number, number]): number => 0.299 * r + 0.587 * g + 0.114 * b;
  return 3 * (light(a) - light(b)) ** 2 + a.reduce((sum, x, c) => sum + (x - b[c]!) ** 2, 0);
}
