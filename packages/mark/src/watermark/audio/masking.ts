import { bands } from "./pattern.ts";

/** Slopes of masking, dB a semitone towards higher and lower pitch, and dB a slot (32 ms) after and before the masker. */
const upward = 3;
const downward = 8;
const after = 5;
const before = 16;
/** dB that a cell as loud as its own mask may change by, and that any cell may. */
const atMask = 0.85;
const largest = 3;
/** All changes together stay this far below the sound, dB. */
const distance = 26;
const perNeper = 8.686; // dB

/**
 * How much the level of each cell, [slots, bands], may be changed, dB. A change by d dB adds an error of (d / 8.7)² of the cell's energy.
 * It may be a fixed share of the energy that masks the cell, whose own energy or a louder neighbour's, spread along the usual slopes
 * (Zwicker and Fastl 1999); so quiet cells beside loud ones change most. Loud cells are held back where the errors of all would come to
 * more than −26 dB of the sound.
 */
export function changeLimits(energies: Float64Array, mask: Float64Array): Float32Array {
  const limits = new Float32Array(energies.length);
  let total = 1e-30;
  for (const [i, e] of energies.entries()) {
    limits[i] = Math.min(largest, atMask * Math.sqrt(mask[i]! / Math.max(e, 1e-30)));
    total += e;
  }
  const budget = total * 10 ** (-distance / 10) * perNeper ** 2;
  const held = (level: number): Float32Array => limits.map((d, i) => Math.min(d, level / Math.max(energies[i]!, 1e-30)));
  const cost = (changes: Float32Array): number => changes.reduce((sum, d, i) => sum + energies[i]! * d * d, 0);
  if (cost(limits) <= budget) return limits;
  let low = 0; // level, of energy times dB: bisected in its logarithm
  let high = Math.log(total * largest);
  low = high - 60;
  for (let i = 0; i < 30; i++) {
    const middle = (low + high) / 2;
    if (cost(held(Math.exp(middle))) > budget) high = middle;
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
    for (let b = 1; b < bands; b++) reach(row + b, row + b - 1, upward);
    for (let b = bands - 2; b >= 0; b--) reach(row + b, row + b + 1, downward);
  }
  for (let i = bands; i < out.length; i++) reach(i, i - bands, after);
  for (let i = out.length - bands - 1; i >= 0; i--) reach(i, i + bands, before);
  return out;
}
