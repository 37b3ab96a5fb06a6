import { resample } from "@inkseal/codec";
import { InksealError } from "@inkseal/core";
import { RealFft } from "../real-fft.ts";
import { code } from "./code.ts";
import { Energies, edgeOf, hann, hopSamples, rawContrast, windowSamples } from "./levels.ts";
import { changeLimits, holdBack, maskOf } from "./masking.ts";
import { bands, type Pattern, patternOf, rate, signsOf, slotSamples, slots } from "./pattern.ts";

/** Seconds below which a recording cannot hold the pattern once. */
export const shortest = (slots * slotSamples) / rate;
const segmentSlots = 16 * slots; // what is planned together, 33 s
const rounds = 5;
const relax = 0.5; // of what a cell lacks, made up for in each round
/** Where the limited contrast of the cells that carry one thing should be, on average. */
const wanted = 0.2;
/** Periods over which each coded bit is brought to that. */
const bitPeriods = 3;
/** Share of its limit that a cell of a group may change by, at least and at most. */
const least = 0.5;
const most = 1.8;

/**
 * The channels of a recording (−1 to 1, equal lengths) with a payload of 6 bytes in them, under a key of 32: a little is added below
 * 7 kHz, the same gains in every channel. Throws `cannot-do` for less than 2.05 s, RangeError for a key, payload or rate that is none.
 */
export function embedAudio(
  channels: readonly Float32Array[],
  sampleRate: number,
  payload: Uint8Array,
  key: Uint8Array,
): Float32Array[] {
  const pattern = patternOf(key);
  const signs = signsOf(pattern, code.encode(payload, key));
  const narrow = channels.map((c) => resample(c, sampleRate, rate));
  const length = narrow[0]?.length ?? 0;
  if (length < shortest * rate) throw new InksealError("cannot-do", `a watermark needs ${shortest.toFixed(2)} s of sound`);
  const added = narrow.map((c) => new Float32Array(c.length));
  for (let from = 0; from < length; from += segmentSlots * slotSamples) markSegment(narrow, added, from, pattern, signs);
  return channels.map((c, i) => {
    const wide = resample(added[i]!, rate, sampleRate);
    return c.map((v, n) => v + (wide[n] ?? 0));
  });
}

/** Plans and adds the mark of the segment that starts at sample `from`. */
function markSegment(
  narrow: readonly Float32Array[],
  added: readonly Float32Array[],
  from: number,
  pattern: Pattern,
  signs: Int8Array,
): void {
  const to = Math.min(narrow[0]!.length, from + segmentSlots * slotSamples);
  const parts = narrow.map((c) => c.subarray(from, to));
  const spectra = parts.map((p) => new Spectra(p));
  const place = { tempo: 1, shift: 0, offset: 0 };
  const host = new Energies(parts);
  const energies = host.cells(place);
  const mask = maskOf(energies);
  const limits = changeLimits(energies, mask);
  const cells = limits.length;
  const change = limits.slice(); // dB, in the direction of the cell's sign
  const share = new Float32Array(cells).fill(1); // of its limit that a cell may take
  const groups = groupsOf(pattern, drowned(parts, energies));
  const signed = Float32Array.from({ length: cells }, (_, i) => signs[i % signs.length]!);
  const changed = (): Float32Array[] => {
    const gains = change.map((d, i) => 10 ** ((d * signed[i]!) / 20) - 1);
    return spectra.map((s) => s.filtered(gains));
  };
  for (let round = 0; round < rounds; round++) {
    const differences = changed();
    const marked = new Energies(parts.map((p, c) => p.map((v, n) => v + differences[c]![n]!)));
    holdBack(limits, new Energies(differences).cells(place), energies, mask);
    const { raw, limit } = rawContrast(marked.levels(place));
    for (const group of groups) {
      let sum = 0;
      for (const i of group) sum += signed[i]! * Math.max(-1, Math.min(1, raw[i]! / limit));
      const lack = wanted - sum / group.length;
      for (const i of group) share[i] = Math.max(least, Math.min(most, share[i]! + 2 * lack));
    }
    for (let i = 0; i < cells; i++) {
      const step = relax * (limit - signed[i]! * raw[i]!);
      change[i] = Math.max(0, Math.min(share[i]! * limits[i]!, change[i]! + step));
    }
  }
  for (const [c, difference] of changed().entries()) added[c]!.set(difference, from);
}

/** White noise that a mark should outlive, of the power of the sound: −23 dB. */
const noiseShare = 0.005;

/** Which cells, [slots, bands], such noise would be louder than. */
function drowned(parts: readonly Float32Array[], energies: Float64Array): Uint8Array {
  let power = 0;
  for (const part of parts) for (const v of part) power += (v * v) / part.length;
  // a bin of a Hann window holds 3/8 of its length times the noise's power
  const perHertz = ((noiseShare * power * 3) / 8) * windowSamples * (windowSamples / rate) * (slotSamples / hopSamples);
  const noise = Float64Array.from({ length: bands }, (_, b) => perHertz * (edgeOf(b + 1) - edgeOf(b)));
  return Uint8Array.from(energies, (e, i) => (e < noise[i % bands]! ? 1 : 0));
}

/**
 * Cells that should come out equally strong: the pilots of each period, and each coded bit in {@link bitPeriods} of them; those that noise
 * would drown apart from the others, so that the others will do when it has.
 */
function groupsOf({ roles }: Pattern, drown: Uint8Array): Uint32Array[] {
  const groups = new Map<string, number[]>();
  for (let i = 0; i < drown.length; i++) {
    const period = Math.floor(i / roles.length);
    const role = roles[i % roles.length]!;
    const name = `${role} ${role < 0 ? period : Math.floor(period / bitPeriods)} ${drown[i]}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [i]);
    else group.push(i);
  }
  return [...groups.values()].map((g) => Uint32Array.from(g));
}

/** A short-time Fourier transform that can be filtered and put together again (windows: square root of Hann, overlapping fourfold). */
class Spectra {
  readonly #length: number;
  readonly #frames: number;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #fft = new RealFft(windowSamples);
  readonly #shape = hann(windowSamples).map(Math.sqrt);
  /** Band of each bin, −1 outside of all. */
  readonly #bandOf = Int16Array.from({ length: bins }, (_, k) => {
    const hertz = (k * rate) / windowSamples;
    let band = -1;
    while (band + 1 < bands && edgeOf(band + 1) <= hertz) band++;
    return hertz < edgeOf(bands) ? band : -1;
  });

  constructor(samples: Float32Array) {
    this.#length = samples.length;
    this.#frames = Math.ceil(samples.length / hopSamples) + windowSamples / hopSamples - 1;
    this.#re = new Float64Array(this.#frames * bins);
    this.#im = new Float64Array(this.#frames * bins);
    const frame = new Float64Array(windowSamples);
    for (let f = 0; f < this.#frames; f++) {
      const start = this.#start(f);
      for (let i = 0; i < windowSamples; i++) frame[i] = this.#shape[i]! * (samples[start + i] ?? 0);
      this.#fft.forward(frame, this.#re.subarray(f * bins, (f + 1) * bins), this.#im.subarray(f * bins, (f + 1) * bins));
    }
  }

  /** The samples with every cell of `gains`, [slots, bands], multiplied by its gain and nothing else left. */
  filtered(gains: Float32Array): Float32Array {
    const sum = new Float64Array(this.#length + 2 * windowSamples);
    const re = new Float64Array(bins);
    const im = new Float64Array(bins);
    const frame = new Float64Array(windowSamples);
    const last = gains.length / bands - 1;
    for (let f = 0; f < this.#frames; f++) {
      const start = this.#start(f);
      const slot = Math.floor((start + windowSamples / 2) / slotSamples);
      if (slot < 0 || slot > last) continue;
      for (let k = 0; k < bins; k++) {
        const band = this.#bandOf[k]!;
        const gain = band < 0 ? 0 : gains[slot * bands + band]!;
        re[k] = gain * this.#re[f * bins + k]!;
        im[k] = gain * this.#im[f * bins + k]!;
      }
      this.#fft.inverse(re, im, frame);
      for (let i = 0; i < windowSamples; i++) sum[windowSamples + start + i]! += frame[i]! * this.#shape[i]!;
    }
    const overlap = windowSamples / hopSamples / 2; // sum of all windows' squares at any sample
    return Float32Array.from({ length: this.#length }, (_, n) => sum[windowSamples + n]! / overlap);
  }

  #start(frame: number): number {
    return (frame + 1) * hopSamples - windowSamples;
  }
}
const bins = windowSamples / 2 + 1;
