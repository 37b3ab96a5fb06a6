import { compared, hopSamples, type RawContrast, widthOf, windowSamples } from "./levels.ts";
import { bands, type Pattern, rate, slotSamples } from "./pattern.ts";

/** How clearly the mark is to be read, in standard deviations: the bits in ten seconds, those above noise, the pilots in one period. */
const goals = { bits: 25, loud: 19, pilots: 7.8 };
/** Share of its limit that a cell may change by, at least and at most. */
const least = 0.5;
const most = 2.3;
/** By how much shares go down or up in a round, at most. */
const down = 0.75;
const up = 1.35;
/** White noise that a mark should outlive, of the power of the sound: −20 dB. */
const noiseShare = 0.01;
/** Small steps in a round, and how far each goes. */
const steps = 8;
const stride = 0.3;
/** How far from its limit a cell is worth changing for its own sake, in limits: on the wrong side by more than one, it would stay there. */
const hopeless = 2;
/** Gain of the drive towards its limits, and of the change by the drive of a cell and its neighbours: changes are nearly all or nothing. */
const steep = 4;
const decided = 0.3;

/**
 * Informed embedding: changes follow what the detector would see. A cell is judged by its {@link compared} level, so a change in it is seen in
 * its neighbours too; the gradient of their agreement with their signs says which way each goes, and cells whose contrast is beyond reach,
 * or right already, are left as they are. Cells that white noise would drown are judged in silence, the others above such noise.
 */
export class Informed {
  /** [slots, bands], +1 or −1: whether a cell is to be louder or softer than its neighbours. */
  readonly signs: Float32Array;
  /** Energy of white noise in a cell of each band, which levels are judged above. */
  readonly ground: Float64Array;
  readonly #roles: Int16Array;
  readonly #drowned: Uint8Array;
  /** How much of a change in level is still one above the noise. */
  readonly #audible: Float32Array;
  #quietShare = 1;
  #loudShare = 1.7;
  readonly #boosts: Float32Array;

  /** For cells of these `energies`, [slots, bands], and `noise` in a cell of each band. */
  constructor({ roles }: Pattern, signs: Int8Array, energies: Float64Array, noise: Float64Array) {
    this.signs = Float32Array.from(energies, (_, i) => signs[i % signs.length]!);
    this.ground = noise;
    this.#roles = roles;
    this.#drowned = Uint8Array.from(energies, (e, i) => (e < noise[i % bands]! ? 1 : 0));
    this.#audible = Float32Array.from(energies, (e, i) => e / (e + noise[i % bands]! + 1e-30));
    this.#boosts = new Float32Array(Math.ceil(energies.length / roles.length)).fill(1);
  }

  /** The share of its limit that each cell, [slots, bands], may take, moved towards the goals: no louder than it takes to be read. */
  shares(clean: RawContrast, noisy: RawContrast): Float32Array {
    const period = this.#roles.length;
    const pilot = (i: number): boolean => this.#roles[i % period]! < 0;
    const toTenSeconds = Math.sqrt((10 * rate * bands) / slotSamples / this.signs.length);
    const bits = toTenSeconds * this.#agreement(clean, (i) => !pilot(i));
    const loud = toTenSeconds * this.#agreement(noisy, (i) => !pilot(i) && this.#drowned[i] === 0);
    this.#quietShare = moved(this.#quietShare, goals.bits / bits);
    this.#loudShare = moved(this.#loudShare, goals.loud / loud);
    for (const [p, boost] of this.#boosts.entries()) {
      const pilots = this.#agreement(clean, pilot, p * period, (p + 1) * period);
      this.#boosts[p] = Math.max(1, moved(boost, goals.pilots / pilots));
    }
    return this.signs.map((_, i) => {
      const share = this.#drowned[i] === 1 ? this.#quietShare : this.#loudShare;
      return Math.min(most, share * (pilot(i) ? this.#boosts[Math.floor(i / period)]! : 1));
    });
  }

  /** `change`, dB, after small steps that make the mark clearer, no cell's beyond its `cap`; `clean` and `noisy` are as `change` sounds. */
  improved(change: Float32Array, caps: Float32Array, clean: RawContrast, noisy: RawContrast): Float32Array {
    const next = change.slice();
    for (let n = 0; n < steps; n++) {
      const step = next.map((d, i) => d - change[i]!);
      const stepClean = compared(step);
      const stepNoisy = compared(step.map((d, i) => d * this.#audible[i]!));
      const driveClean = new Float32Array(next.length);
      const driveNoisy = new Float32Array(next.length);
      for (let i = 0; i < next.length; i++) {
        const sign = this.signs[i]!;
        if (this.#drowned[i] === 1) driveClean[i] = sign * drive((sign * (clean.raw[i]! + stepClean[i]!)) / clean.limit);
        else driveNoisy[i] = sign * drive((sign * (noisy.raw[i]! + stepNoisy[i]!)) / noisy.limit);
      }
      const towardsClean = compared(driveClean);
      const towardsNoisy = compared(driveNoisy);
      for (let i = 0; i < next.length; i++) {
        const gradient = (towardsClean[i]! + towardsNoisy[i]! * this.#audible[i]!) / decided;
        next[i] = (1 - stride) * next[i]! + stride * caps[i]! * Math.max(-1, Math.min(1, gradient));
      }
    }
    return next;
  }

  /** Correlation of the signs and limited contrasts of cells `from` … `to` that are taken, in standard deviations over all keys. */
  #agreement({ raw, limit }: RawContrast, taken: (cell: number) => boolean, from = 0, to = raw.length): number {
    let sum = 0;
    let squares = 1e-9;
    for (let i = from; i < Math.min(to, raw.length); i++) {
      if (!taken(i)) continue;
      const v = Math.max(-1, Math.min(1, raw[i]! / limit));
      sum += this.signs[i]! * v;
      squares += v * v;
    }
    return Math.max(0.1, sum / Math.sqrt(squares));
  }
}

const moved = (share: number, factor: number): number =>
  Math.max(least, Math.min(most, share * Math.max(down, Math.min(up, factor))));

/** How much it helps that a contrast, in limits and positive where it is right, goes up. */
function drive(contrast: number): number {
  const lack = 1 - contrast;
  return lack <= 0 || lack > hopeless ? 0 : Math.min(1, steep * lack);
}

/** Energy of white noise at −20 dB of the sound over all of its own sample rate, in a cell of each band. */
export function noiseOf(parts: readonly Float32Array[], sampleRate: number): Float64Array {
  let power = 0;
  for (const part of parts) for (const v of part) power += (v * v) / part.length;
  // a bin of a Hann window holds 3/8 of its length times the noise's power
  const perBin = ((noiseShare * power * 3) / 8) * windowSamples * (rate / sampleRate) * (slotSamples / hopSamples);
  return Float64Array.from({ length: bands }, (_, b) => (perBin * widthOf(b) * windowSamples) / rate);
}
