import { RealFft } from "../real-fft.ts";
import { bands, lowest, rate, slotSamples } from "./pattern.ts";

/** Samples of an analysis window, 32 ms (Hann), and from one to the next, 8 ms. */
export const windowSamples = 512;
export const hopSamples = 128;
/** Third parts of a semitone: how finely pitch is looked for, and how far, 3.67 semitones either way. */
export const pitchSteps = 3;
export const pitchReach = 11;

const hertzPerBin = rate / windowSamples;
const floorShare = 1e-6; // of the mean cell: levels below −60 dB are all silence

/** Hz at the lower edge of a band, `shift` third parts of a semitone higher. */
export const edgeOf = (band: number, shift = 0): number => lowest * 2 ** ((band + shift / pitchSteps) / 12);
export const hann = (n: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / n));

/** Where the cells of a recording are to be looked for. */
export interface Place {
  /** How much faster it plays than when it was marked. */
  readonly tempo: number;
  /** How much higher it sounds, in third parts of a semitone. */
  readonly shift: number;
  /** Seconds from its start to a slot's start, below a slot's length. */
  readonly offset: number;
}

/**
 * Energy of a recording, summed over time and frequency so that the energy of any cell is four look-ups: a summed-area table (Crow 1984)
 * of the squared magnitudes of a short-time Fourier transform.
 */
export class Energies {
  /** Analysis windows. */
  readonly frames: number;
  readonly #edges: number;
  /** [frames + 1, edges]. */
  readonly #table: Float64Array;
  readonly #floor: number;

  /** `channels` are of equal length, at {@link rate}; their energies are added, so that no channel can cancel another. */
  constructor(channels: readonly Float32Array[]) {
    const length = channels[0]?.length ?? 0;
    this.frames = Math.ceil(length / hopSamples);
    this.#edges = pitchSteps * bands + 2 * pitchReach + 1;
    this.#table = new Float64Array((this.frames + 1) * this.#edges);
    const bins = windowSamples / 2 + 1;
    const fft = new RealFft(windowSamples);
    const shape = hann(windowSamples);
    const frame = new Float64Array(windowSamples);
    const re = new Float64Array(bins);
    const im = new Float64Array(bins);
    const sums = new Float64Array(bins + 2);
    const at = Float64Array.from({ length: this.#edges }, (_, e) =>
      Math.min(bins, edgeOf(0, e - pitchReach) / hertzPerBin + 0.5),
    );
    for (let f = 0; f < this.frames; f++) {
      const power = sums.subarray(1);
      power.fill(0);
      for (const samples of channels) {
        const start = f * hopSamples + (hopSamples - windowSamples) / 2; // centred on its hop
        for (let i = 0; i < windowSamples; i++) frame[i] = shape[i]! * (samples[start + i] ?? 0);
        fft.forward(frame, re, im);
        for (let k = 0; k < bins; k++) power[k]! += re[k]! * re[k]! + im[k]! * im[k]!;
      }
      for (let k = 0; k < bins; k++) sums[k + 1]! += sums[k]!; // sums[k] is now all below bin k
      for (let e = 0; e < this.#edges; e++) {
        const k = Math.floor(at[e]!);
        const below = sums[k]! + (at[e]! - k) * (sums[Math.min(k + 1, bins)]! - sums[k]!);
        this.#table[(f + 1) * this.#edges + e] = this.#table[f * this.#edges + e]! + below;
      }
    }
    const whole = this.#table[this.#table.length - 1]! - this.#table[this.frames * this.#edges]!;
    const slots = (this.frames * hopSamples) / slotSamples;
    this.#floor = (floorShare * whole) / (slots * bands) + 1e-20;
  }

  /** Slots that a recording holds at a tempo. */
  slots({ tempo, offset }: Pick<Place, "tempo" | "offset">): number {
    return Math.max(0, Math.floor((((this.frames * hopSamples) / rate - offset) * tempo * rate) / slotSamples));
  }

  /** Energies of all cells, [slots, bands]. */
  cells(place: Place): Float64Array {
    const count = this.slots(place);
    const out = new Float64Array(count * bands);
    const step = slotSamples / place.tempo / hopSamples; // frames a slot
    const first = (place.offset * rate) / hopSamples;
    let before = new Float64Array(bands + 1);
    let after = new Float64Array(bands + 1);
    this.#below(first, place.shift, before);
    for (let s = 0; s < count; s++) {
      this.#below(first + (s + 1) * step, place.shift, after);
      for (let b = 0; b < bands; b++)
        out[s * bands + b] = Math.max(0, after[b + 1]! - after[b]! - before[b + 1]! + before[b]!) * place.tempo;
      [before, after] = [after, before];
    }
    return out;
  }

  /** Levels of all cells in dB, [slots, bands]. */
  levels(place: Place): Float32Array {
    const levels = new Float32Array(this.cells(place));
    for (let i = 0; i < levels.length; i++) levels[i]! += this.#floor;
    return decibels(levels);
  }

  /** The table's row at a fractional frame, at the edges of all bands. */
  #below(frame: number, shift: number, out: Float64Array): void {
    const f = Math.min(this.frames - 1, Math.floor(frame));
    const part = Math.min(1, frame - f);
    const row = f * this.#edges + pitchReach + shift;
    for (let b = 0; b <= bands; b++) {
      const a = this.#table[row + pitchSteps * b]!;
      out[b] = a + part * (this.#table[row + this.#edges + pitchSteps * b]! - a);
    }
  }
}

/**
 * 10 · log₁₀ of positive normal numbers, in place, to 0.001: the exponent as it lies in the number, and a polynomial of the fraction. Ten times
 * as fast as `Math.log`, which was most of the search.
 */
function decibels(values: Float32Array): Float32Array {
  const bits = new Int32Array(values.buffer);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    const t = (word & 0x7fffff) / 0x800000;
    const log2 = t * (1.4425449 + t * (-0.7181452 + t * (0.4575492 + t * (-0.2779042 + t * (0.1217979 - t * 0.0258414)))));
    values[i] = 3.01029996 * ((word >> 23) - 127 + log2);
  }
  return values;
}

/**
 * What is left of levels, [slots, bands], when each is compared with its neighbours in time and then in pitch: what filters, gains and
 * the sound itself have in common with their surroundings cancels. Limited to 1.5 of its mean size, so that no event outweighs the rest;
 * in units of that limit, −1 to 1.
 */
export function contrast(levels: Float32Array): Float32Array {
  const { raw, limit } = rawContrast(levels);
  for (let i = 0; i < raw.length; i++) raw[i] = Math.max(-1, Math.min(1, raw[i]! / limit));
  return raw;
}

/** The same, in dB and not limited, with the limit, dB. */
export function rawContrast(levels: Float32Array): { readonly raw: Float32Array; readonly limit: number } {
  const count = levels.length / bands;
  const inTime = new Float32Array(levels.length);
  for (let s = 0; s < count; s++) {
    const previous = Math.max(0, s - 1) * bands;
    const next = Math.min(count - 1, s + 1) * bands;
    for (let b = 0; b < bands; b++)
      inTime[s * bands + b] = levels[s * bands + b]! - (levels[previous + b]! + levels[next + b]!) / 2;
  }
  const raw = new Float32Array(levels.length);
  let sum = 0;
  for (let s = 0; s < count; s++) {
    const row = s * bands;
    for (let b = 0; b < bands; b++) {
      const v = inTime[row + b]! - (inTime[row + Math.max(0, b - 1)]! + inTime[row + Math.min(bands - 1, b + 1)]!) / 2;
      raw[row + b] = v;
      sum += Math.abs(v);
    }
  }
  return { raw, limit: (1.5 * sum) / Math.max(1, raw.length) + 1e-9 };
}

/** The level below which each band is a tenth of the time, dB. */
export function floorsOf(levels: Float32Array): Float32Array {
  const count = levels.length / bands;
  return Float32Array.from({ length: bands }, (_, b) => {
    const own = Float32Array.from({ length: count }, (_, s) => levels[s * bands + b]!).sort();
    return own[Math.floor(count / 10)] ?? 0;
  });
}
