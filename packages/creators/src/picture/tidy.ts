/**
 * What a generator leaves of noise in flat areas goes, edges stay: a bilateral filter (Tomasi & Manduchi 1998), and specks that hang together
 * with nothing are taken away. Pixels [side, side, 4], colours times alpha, and alpha.
 */
export function tidied(pixels: Float32Array, side: number, { rounds = 3, unlike = 0.12 } = {}): Float32Array {
  let now = pixels.map((value, i) => Math.min(i % 4 === 3 ? 1 : clamp(pixels[i | 3]!), clamp(value)));
  for (let round = 0; round < rounds; round++) now = smoothed(now, side, unlike);
  return withoutSpecks(now, side);
}
const clamp = (x: number): number => Math.min(1, Math.max(0, x));

const reach = 2;
function smoothed(pixels: Float32Array, side: number, unlike: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(pixels.length);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const at = 4 * (y * side + x);
      let total = 0;
      const sum = [0, 0, 0, 0];
      for (let v = Math.max(0, y - reach); v <= Math.min(side - 1, y + reach); v++)
        for (let u = Math.max(0, x - reach); u <= Math.min(side - 1, x + reach); u++) {
          const from = 4 * (v * side + u);
          let off = 0;
          for (let c = 0; c < 4; c++) off += (pixels[from + c]! - pixels[at + c]!) ** 2;
          const weight = Math.exp(-off / (2 * unlike ** 2) - ((u - x) ** 2 + (v - y) ** 2) / 4);
          total += weight;
          for (let c = 0; c < 4; c++) sum[c]! += weight * pixels[from + c]!;
        }
      for (let c = 0; c < 4; c++) out[at + c] = sum[c]! / total;
    }
  return out;
}

/** Fewer visible pixels than this, by themselves, are a speck, when there is something larger. */
const speck = 14;
function withoutSpecks(pixels: Float32Array, side: number): Float32Array {
  const group = new Int32Array(side * side).fill(-1);
  const sizes: number[] = [];
  for (let start = 0; start < group.length; start++) {
    if (group[start] !== -1 || pixels[4 * start + 3]! < 0.3) continue;
    const todo = [start];
    group[start] = sizes.length;
    let count = 0;
    for (let i = todo.pop(); i !== undefined; i = todo.pop()) {
      count++;
      const [x, y] = [i % side, Math.floor(i / side)];
      for (const [u, v] of [
        [x - 1, y],
        [x + 1, y],
        [x, y - 1],
        [x, y + 1],
      ] as const) {
        if (u < 0 || v < 0 || u >= side || v >= side) continue;
        const j = v * side + u;
        if (group[j] !== -1 || pixels[4 * j + 3]! < 0.3) continue;
        group[j] = sizes.length;
        todo.push(j);
      }
    }
    sizes.push(count);
  }
  if (Math.max(0, ...sizes) < 4 * speck) return pixels;
  return pixels.map((value, i) => {
    const own = group[i >> 2]!;
    // the faint rim of a speck goes with it
    return own === -1
      ? pixels[i | 3]! < 0.3
        ? fainter(value, pixels, i, side, group, sizes)
        : value
      : sizes[own]! < speck
        ? 0
        : value;
  });
}
function fainter(
  value: number,
  pixels: Float32Array,
  i: number,
  side: number,
  group: Int32Array,
  sizes: readonly number[],
): number {
  const at = i >> 2;
  for (const j of [at - 1, at + 1, at - side, at + side]) {
    const own = group[j];
    if (own !== undefined && own !== -1 && sizes[own]! >= speck) return value;
  }
  return pixels[i | 3]! < 0.15 ? 0 : value;
}
