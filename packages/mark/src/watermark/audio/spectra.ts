import { RealFft } from "../real-fft.ts";
import { edgeOf, hann, hopSamples, windowSamples } from "./levels.ts";
import { bands, rate, slotSamples } from "./pattern.ts";

const bins = windowSamples / 2 + 1;

/** A short-time Fourier transform that can be filtered and put together again (windows: square root of Hann, overlapping fourfold). */
export class Spectra {
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
      const from = Math.max(0, -start);
      const to = Math.min(windowSamples, samples.length - start);
      if (to - from < windowSamples) frame.fill(0);
      for (let i = from; i < to; i++) frame[i] = this.#shape[i]! * samples[start + i]!;
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
