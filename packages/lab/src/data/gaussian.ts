import type { Random } from "../weights.ts";

/** One draw of the standard normal distribution (Box & Muller 1958); takes two draws of `random`, keeps nothing between calls. */
export function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random())); // 1 - u is in (0, 1]: never log 0
  return radius * Math.cos(2 * Math.PI * random());
}

/** Fills `out` with draws of N(mean, deviation²), using both halves of each Box–Muller pair, and returns it. */
export function fillNormal(random: Random, out: Float32Array, mean = 0, deviation = 1): Float32Array {
  for (let i = 0; i < out.length; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    out[i] = mean + radius * Math.cos(angle);
    if (i + 1 < out.length) out[i + 1] = mean + radius * Math.sin(angle);
  }
  return out;
}
