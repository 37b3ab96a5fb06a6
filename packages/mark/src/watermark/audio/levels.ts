import { RealFft } from "../real-fft.ts";
import { bands, edges, hertzOf, rate, slotSamples } from "./pattern.ts";

/** Samples of an analysis window, 32 ms (Hann), and from one to the next, 8 ms. */
export const windowSamples = 512;
export const hopSamples = 128;
/** Steps of pitch: how far it is looked for, 3.67 semitones either way. */
export const pitchReach = 11;

const hertzPerBin = rate / windowSamples;
const floorShare = 1e-6; // of the mean cell: levels below −60 dB are all silence

/** Hz at the lower edge of a band. */
export const edgeOf = (band: number): number => hertzOf(edges[band]!);
/** Hz from one edge of a band to the other. */
export const widthOf = (band: number): number => edgeOf(band + 1) - edgeOf(band);
const silence = new Float64Array(bands);
export const hann = (n: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / n));

/** Where the cells of a recording are to be looked for. */
export interface Place {
  /** How much faster it plays than when it was marked. */
  readonly tempo: number;
  /** How much higher it sounds, in steps of pitch. */
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
    this.#edges = edges[bands]! + 2 * pitchReach + 1;
    this.#table = new Float64Array((this.frames + 1) * this.#edges);
    const bins = windowSamples / 2 + 1;
    const fft = new RealFft(windowSamples);
    const shape = hann(windowSamples);
    const frame = new Float64Array(windowSamples);
    const re = new Float64Array(bins);
    const im = new Float64Array(bins);
    const sums = new Float64Array(bins + 2);
    const at = Float64Array.from({ length: this.#edges }, (_, e) =>
      Math.min(bins, hertzOf(e - pitchReach) / hertzPerBin + 0.5),
    );
    for (let f = 0; f < this.frames; f++) {
      const power = sums.subarray(1);
      power.fill(0);
      for (const samples of channels) {
        const start = f * hopSamples + (hopSamples - windowSamples) / 2; // centred on its hop
        const from = Math.max(0, -start);
        const to = Math.min(windowSamples, length - start);
        if (to - from < windowSamples) frame.fill(0);
        for (let i = from; i < to; i++) frame[i] = shape[i]! * samples[start + i]!;
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

  /** Levels of all cells in dB, [slots, bands], as if each band were so much louder all the time. */
  levels(place: Place, ground: ArrayLike<number> = silence): Float32Array {
    const levels = new Float32Array(this.cells(place));
    for (let i = 0; i < levels.length; i++) levels[i]! += this.#floor + ground[i % bands]!;
    return decibels(levels);
  }

  /** Energy that white noise adds to a cell of each band, where the quietest cells of the recording hold nothing else. */
  noise(): Float64Array {
    const cells = this.cells({ tempo: 1, shift: 0, offset: 0 });
    const densities = quietest(cells).map((e, b) => e / widthOf(b));
    const density = densities.sort()[Math.floor(bands / 4)]!;
    return Float64Array.from({ length: bands }, (_, b) => density * widthOf(b));
  }

  /** The table's row at a fractional frame, at the edges of all bands. */
  #below(frame: number, shift: number, out: Float64Array): void {
    const f = Math.min(this.frames - 1, Math.floor(frame));
    const part = Math.min(1, frame - f);
    const row = f * this.#edges + pitchReach + shift;
    for (let b = 0; b <= bands; b++) {
      const a = this.#table[row + edges[b]!]!;
      out[b] = a + part * (this.#table[row + this.#edges + edges[b]!]! - a);
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
 * the sound itself have in common with their surroundings cancels. Limited to 3 times its mean size, so that no event outweighs the rest;
 * in units of that limit, −1 to 1.
 */
export function contrast(levels: Float32Array): Float32Array {
  const { raw, limit } = rawContrast(levels);
  for (let i = 0; i < raw.length; i++) raw[i] = Math.max(-1, Math.min(1, raw[i]! / limit));
  return raw;
}

/** The same, [slots, bands], in dB and not limited, with the limit, dB. */
export interface RawContrast {
  readonly raw: Float32Array;
  readonly limit: number;
}

export function rawContrast(levels: Float32Array): RawContrast {
  const raw = compared(levels);
  let sum = 0;
  for (const v of raw) sum += Math.abs(v);
  return { raw, limit: (3 * sum) / Math.max(1, raw.length) + 1e-9 };
}

/** Values, [slots, bands], less the means of their neighbours in time and then in pitch; its own transpose, but for the edges. */
export function compared(values: Float32Array): Float32Array {
  const count = values.length / bands;
  const inTime = new Float32Array(values.length);
  for (let s = 0; s < count; s++) {
    const row = s * bands;
    const previous = Math.max(0, s - 1) * bands;
    const next = Math.min(count - 1, s + 1) * bands;
    for (let b = 0; b < bands; b++) inTime[row + b] = values[row + b]! - (values[previous + b]! + values[next + b]!) / 2;
  }
  const out = new Float32Array(values.length);
  for (let s = 0; s < count; s++) {
    const row = s * bands;
    for (let b = 0; b < bands; b++)
      out[row + b] = inTime[row + b]! - (inTime[row + Math.max(0, b - 1)]! + inTime[row + Math.min(bands - 1, b + 1)]!) / 2;
  }
  return out;
}

/** What each band, [slots, bands], is below for a tenth of the time; 0 where there is nothing. */
export function quietest(values: ArrayLike<number>): Float64Array {
  const count = values.length / bands;
  return Float64Array.from({ length: bands }, (_, b) => {
    const own = Float64Array.from({ length: count }, (_, s) => values[s * bands + b]!).sort();
    return own[Math.floor(count / 10)] ?? 0;
  });
}
