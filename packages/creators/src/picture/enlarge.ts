import { distance, paletteOf, replaced } from "./palette.ts";

/**
 * 64 pixels → `size` with edges as crisp as drawn ones. Every colour of the palette has a map of how much of each pixel it is; the maps are
 * enlarged as cubic B-splines, whose contours are smooth, and where one overtakes the other is the edge. Inside an area its own slow changes
 * of shade are kept.
 */
export interface Enlarging {
  readonly size: number;
  /** At most so many colours; 14. */
  readonly colours?: number;
  /** Areas have these colours alone, each the one nearest to what was drawn. Red, green and blue, 0 to 1. */
  readonly only?: readonly (readonly [number, number, number])[];
}
/** Pixels [side, side, 4], colours times alpha and alpha, 0 to 1 → the same of `size`. */
export function enlarge(pixels: Float32Array, side: number, { size, colours = 14, only }: Enlarging): Float32Array {
  const clean = pixels.map((value, i) => Math.min(i % 4 === 3 ? 1 : clamp(pixels[i | 3]!), clamp(value)));
  const palette = paletteOf(clean, side, colours);
  const { count } = palette;
  const maps = shares(clean, side, palette.colours, count);
  const shades =
    only === undefined
      ? shadesOf(clean, side, maps, palette.colours, count)
      : flatShades(replaced(palette.colours, only), count, side);
  const rows = Array.from({ length: count }, (_, k) =>
    widened(maps.subarray(k * side * side, (k + 1) * side * side), side, size),
  );
  const out = new Float32Array(size * size * 4);
  const taps = splineTaps(side, size);
  // the second map's lead changes by about 2 · side/size a pixel at an edge; one and a half pixels of transition
  const steep = Math.max(1, size / side / 1.5);
  const shade = new Float32Array(8);
  for (let y = 0; y < size; y++) {
    const [y0, y1, y2, y3] = [0, 1, 2, 3].map((k) => taps.places[4 * y + k]! * size) as [number, number, number, number];
    const [v0, v1, v2, v3] = [0, 1, 2, 3].map((k) => taps.weights[4 * y + k]!) as [number, number, number, number];
    for (let x = 0; x < size; x++) {
      let [first, second, a, b] = [0, 0, -1, -1];
      for (let k = 0; k < count; k++) {
        const row = rows[k]!;
        const share = v0 * row[y0 + x]! + v1 * row[y1 + x]! + v2 * row[y2 + x]! + v3 * row[y3 + x]!;
        if (share > a) [second, b, first, a] = [first, a, k, share];
        else if (share > b) [second, b] = [k, share];
      }
      const lead = Math.min(1, 0.5 + (a - b) * steep * 0.5);
      shadeAt(shades, first, side, (x + 0.5) * (side / size) - 0.5, (y + 0.5) * (side / size) - 0.5, shade, 0);
      if (lead < 1) shadeAt(shades, second, side, (x + 0.5) * (side / size) - 0.5, (y + 0.5) * (side / size) - 0.5, shade, 4);
      const at = 4 * (y * size + x);
      for (let c = 0; c < 4; c++) out[at + c] = lead < 1 ? lead * shade[c]! + (1 - lead) * shade[4 + c]! : shade[c]!;
    }
  }
  return out;
}
const clamp = (x: number): number => Math.min(1, Math.max(0, x));

/** How much of each pixel is which colour: all of the nearest, or between the two nearest by where it lies between them. [count, side²]. */
function shares(pixels: Float32Array, side: number, colours: Float32Array, count: number): Float32Array {
  const out = new Float32Array(count * side * side);
  for (let i = 0; i < side * side; i++) {
    const near = Array.from({ length: count }, (_, k) => [distance(pixels, i, colours, k), k] as const).sort(
      (p, q) => p[0] - q[0],
    );
    const [d, k] = near[0]!;
    out[k * side * side + i] = 1;
    if (d < 0.01 || count < 2) continue;
    // the pair of colours among the neighbours' whose mixture is nearest to the pixel
    const around = neighbours(pixels, i, side, colours, count);
    let best = d;
    for (const p of around)
      for (const q of around) {
        if (p >= q) continue;
        const { off, share } = between(pixels, i, colours, p, q);
        if (off >= best * 0.8) continue;
        best = off;
        for (let m = 0; m < count; m++) out[m * side * side + i] = m === p ? 1 - share : m === q ? share : 0;
      }
  }
  return out;
}
function neighbours(pixels: Float32Array, i: number, side: number, colours: Float32Array, count: number): number[] {
  const found = new Set<number>();
  const [x, y] = [i % side, Math.floor(i / side)];
  for (let dy = -2; dy <= 2; dy++)
    for (let dx = -2; dx <= 2; dx++) {
      if (x + dx < 0 || x + dx >= side || y + dy < 0 || y + dy >= side) continue;
      const j = i + dy * side + dx;
      for (let k = 0; k < count; k++) if (distance(pixels, j, colours, k) < 0.01) found.add(k);
    }
  return [...found];
}
/** The point of the line from colour p to colour q that is nearest to a pixel: how far off, and how much of q. */
function between(pixels: Float32Array, i: number, colours: Float32Array, p: number, q: number): { off: number; share: number } {
  let along = 0;
  let length = 0;
  for (let c = 0; c < 4; c++) {
    const line = colours[4 * q + c]! - colours[4 * p + c]!;
    along += (pixels[4 * i + c]! - colours[4 * p + c]!) * line;
    length += line * line;
  }
  const share = clamp(along / Math.max(length, 1e-9));
  let off = 0;
  for (let c = 0; c < 4; c++) {
    const there = colours[4 * p + c]! + share * (colours[4 * q + c]! - colours[4 * p + c]!);
    off += (pixels[4 * i + c]! - there) ** 2;
  }
  return { off, share };
}
/** The shade of each colour near each pixel: the mean of the pixels around that are wholly of it, the palette's where there is none. */
function shadesOf(pixels: Float32Array, side: number, maps: Float32Array, colours: Float32Array, count: number): Float32Array {
  const out = new Float32Array(count * side * side * 4);
  for (let k = 0; k < count; k++) {
    const map = maps.subarray(k * side * side, (k + 1) * side * side);
    const sums = new Float32Array(side * side * 5);
    for (let i = 0; i < side * side; i++) {
      if (map[i]! < 0.9) continue;
      sums[5 * i + 4] = 1;
      for (let c = 0; c < 4; c++) sums[5 * i + c] = pixels[4 * i + c]!;
    }
    const soft = blurred(blurred(sums, side, 1), side, side);
    for (let i = 0; i < side * side; i++)
      for (let c = 0; c < 4; c++) {
        const weight = soft[5 * i + 4]!;
        // a little of the palette's own, which rules where nothing is near
        out[4 * (k * side * side + i) + c] = (soft[5 * i + c]! + 0.02 * colours[4 * k + c]!) / (weight + 0.02);
      }
  }
  return out;
}
function flatShades(colours: Float32Array, count: number, side: number): Float32Array {
  return Float32Array.from(
    { length: count * side * side * 4 },
    (_, i) => colours[4 * Math.floor(i / (4 * side * side)) + (i % 4)]!,
  );
}
/** Five numbers a pixel, by (1 2 3 2 1)/9 along rows (`step` 1) or columns (`step` side). */
function blurred(x: Float32Array, side: number, step: number): Float32Array {
  const out = new Float32Array(x.length);
  for (let i = 0; i < side * side; i++) {
    const place = step === 1 ? i % side : Math.floor(i / side);
    for (let d = -2; d <= 2; d++) {
      const j = Math.min(side - 1, Math.max(0, place + d));
      for (let c = 0; c < 5; c++) out[5 * i + c]! += (x[5 * (i + (j - place) * step) + c]! * (3 - Math.abs(d))) / 9;
    }
  }
  return out;
}
function shadeAt(shades: Float32Array, k: number, side: number, x: number, y: number, out: Float32Array, at: number): void {
  const [cx, cy] = [Math.min(side - 1, Math.max(0, x)), Math.min(side - 1, Math.max(0, y))];
  const [x0, y0] = [Math.min(side - 2, Math.floor(cx)), Math.min(side - 2, Math.floor(cy))];
  const [fx, fy] = [cx - x0, cy - y0];
  const base = 4 * (k * side * side + y0 * side + x0);
  for (let c = 0; c < 4; c++) {
    const top = shades[base + c]! * (1 - fx) + shades[base + 4 + c]! * fx;
    const low = shades[base + 4 * side + c]! * (1 - fx) + shades[base + 4 * side + 4 + c]! * fx;
    out[at + c] = top * (1 - fy) + low * fy;
  }
}
/** The four places and weights of a uniform cubic B-spline at each of `size` points. */
function splineTaps(side: number, size: number): { readonly places: Int32Array; readonly weights: Float32Array } {
  const places = new Int32Array(4 * size);
  const weights = new Float32Array(4 * size);
  for (let i = 0; i < size; i++) {
    const at = ((i + 0.5) * side) / size - 0.5;
    const from = Math.floor(at);
    const f = at - from;
    const w = [(1 - f) ** 3, 3 * f ** 3 - 6 * f ** 2 + 4, -3 * f ** 3 + 3 * f ** 2 + 3 * f + 1, f ** 3];
    for (let k = 0; k < 4; k++) {
      places[4 * i + k] = Math.min(side - 1, Math.max(0, from - 1 + k));
      weights[4 * i + k] = w[k]! / 6;
    }
  }
  return { places, weights };
}
/** Rows of `side` → rows of `size`. */
function widened(map: Float32Array, side: number, size: number): Float32Array {
  const { places, weights } = splineTaps(side, size);
  const out = new Float32Array(side * size);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < size; x++)
      for (let k = 0; k < 4; k++) out[y * size + x]! += weights[4 * x + k]! * map[y * side + places[4 * x + k]!]!;
  return out;
}
