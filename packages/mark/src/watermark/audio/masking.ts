import { edgeOf } from "./levels.ts";
import { bands } from "./pattern.ts";

/** Critical bands below a frequency (Traunmüller 1990). */
const bark = (hertz: number): number => (26.81 * hertz) / (1960 + hertz) - 0.53;
/** Barks from the middle of each band down to the middle of the one below; 0 for the first. */
const apart = Float64Array.from({ length: bands }, (_, b) => (b === 0 ? 0 : (bark(edgeOf(b + 1)) - bark(edgeOf(b - 1))) / 2));

/** Slopes of masking, dB a Bark towards higher and lower pitch, and dB a slot (32 ms) after and before the masker. */
const upward = 8;
const downward = 22;
const after = 5;
const before = 16;
/** dB that a cell as loud as its own mask may change by, and that any cell may. */
const atMask = 0.85;
const largest = 3;
/** All changes together stay this far below the sound, dB. */
const distance = 25.3;
const perNeper = 8.686; // dB

/**
 * How much the level of each cell, [slots, bands], may be changed, dB. A change by d dB adds an error of (d / 8.7)² of the cell's energy.
 * It may be a fixed share of the energy that masks the cell, whose own energy or a louder neighbour's, spread along the usual slopes
 * (Zwicker and Fastl 1999); so quiet cells beside loud ones change most.
 */
export const changeLimits = (energies: Float64Array, mask: Float64Array): Float32Array =>
  Float32Array.from(energies, (e, i) => Math.min(largest, atMask * Math.sqrt(mask[i]! / Math.max(e, 1e-30))));

/** Errors of changes by so many dB, together, as a share of what they may come to. */
export function spent(changes: Float32Array, energies: Float64Array): number {
  let total = 1e-30;
  let cost = 0;
  for (const [i, e] of energies.entries()) {
    total += e;
    cost += e * changes[i]! ** 2;
  }
  return cost / (total * 10 ** (-distance / 10) * perNeper ** 2);
}

/** `limits`, those of loud cells lowered such that changes so large spend `share` of what errors may come to. */
export function affordable(limits: Float32Array, energies: Float64Array, share: number): Float32Array {
  if (spent(limits, energies) <= share) return limits;
  const held = (level: number): Float32Array => limits.map((d, i) => Math.min(d, level / Math.max(energies[i]!, 1e-30)));
  let high = Math.log(energies.reduce((sum, e) => sum + e, 1e-30) * largest); // level, of energy times dB: bisected in its logarithm
  let low = high - 60;
  for (let i = 0; i < 20; i++) {
    const middle = (low + high) / 2;
    if (spent(held(Math.exp(middle)), energies) > share) high = middle;
    else low = middle;
  }
  return held(Math.exp(low));
}

/**
 * Lowers `limits` where the error as it came out, [slots, bands], is more than its mask hides: windows blur changes into the next slot and
 * band, so that before an onset and below a peak it is the loudest neighbour's change that is heard.
 */
export function holdBack(limits: Float32Array, error: Float64Array, energies: Float64Array, mask: Float64Array): void {
  const hidden = (atMask / perNeper) ** 2;
  const count = limits.length / bands;
  const factor = new Float32Array(limits.length).fill(1);
  for (let s = 0; s < count; s++)
    for (let b = 0; b < bands; b++) {
      const excess = error[s * bands + b]! / (hidden * mask[s * bands + b]! + 1e-30);
      if (excess <= 1) continue;
      let loudest = s * bands + b;
      for (let t = Math.max(0, s - 1); t <= Math.min(count - 1, s + 1); t++)
        for (let c = Math.max(0, b - 1); c <= Math.min(bands - 1, b + 1); c++)
          if (energies[t * bands + c]! > energies[loudest]!) loudest = t * bands + c;
      factor[loudest] = Math.min(factor[loudest]!, Math.max(0.6, 1 / Math.sqrt(excess)));
    }
  for (const [i, f] of factor.entries()) limits[i]! *= f;
}

/** The energy that masks each cell, [slots, bands]: the greatest that reaches it along the slopes. */
export function maskOf(energies: Float64Array): Float64Array {
  const out = energies.slice();
  const count = out.length / bands;
  const reach = (to: number, from: number, slope: number): void => {
    out[to] = Math.max(out[to]!, out[from]! * 10 ** (-slope / 10));
  };
  for (let s = 0; s < count; s++) {
    const row = s * bands;
    for (let b = 1; b < bands; b++) reach(row + b, row + b - 1, upward * apart[b]!);
    for (let b = bands - 2; b >= 0; b--) reach(row + b, row + b + 1, downward * apart[b + 1]!);
  }
  for (let i = bands; i < out.length; i++) reach(i, i - bands, after);
  for (let i = out.length - bands - 1; i >= 0; i--) reach(i, i + bands, before);
  return out;
}
