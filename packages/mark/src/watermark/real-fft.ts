import { fft } from "./fft.ts";

/** Fourier transforms of real sequences whose length is a power of 2, each by a complex one of half the length. */
export class RealFft {
  readonly size: number;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;

  /** `size` is a power of 2, 4 or more; RangeError for others. One object serves one caller at a time. */
  constructor(size: number) {
    this.size = size;
    if (!(size >= 4) || (size & (size - 1)) !== 0) throw new RangeError(`a transform of ${size}: a power of 2 is needed`);
    const half = size / 2;
    this.#cos = Float64Array.from({ length: half }, (_, k) => Math.cos((2 * Math.PI * k) / size));
    this.#sin = Float64Array.from({ length: half }, (_, k) => Math.sin((2 * Math.PI * k) / size));
    this.#re = new Float64Array(half);
    this.#im = new Float64Array(half);
  }

  /** Bins 0 to size/2 of `input` (size values) into `re` and `im`, size/2 + 1 each. */
  forward(input: Float64Array, re: Float64Array, im: Float64Array): void {
    const half = this.size / 2;
    for (let i = 0; i < half; i++) {
      this.#re[i] = input[2 * i]!;
      this.#im[i] = input[2 * i + 1]!;
    }
    fft(this.#re, this.#im);
    for (let k = 0; k <= half; k++) {
      const a = k === half ? 0 : k;
      const b = k === 0 ? 0 : half - k;
      const evenRe = (this.#re[a]! + this.#re[b]!) / 2;
      const evenIm = (this.#im[a]! - this.#im[b]!) / 2;
      const oddRe = (this.#im[a]! + this.#im[b]!) / 2;
      const oddIm = (this.#re[b]! - this.#re[a]!) / 2;
      const c = k === half ? -1 : this.#cos[k]!;
      const s = k === half ? 0 : this.#sin[k]!;
      re[k] = evenRe + c * oddRe + s * oddIm;
      im[k] = evenIm + c * oddIm - s * oddRe;
    }
  }

  /** The inverse of {@link forward}. */
  inverse(re: Float64Array, im: Float64Array, output: Float64Array): void {
    const half = this.size / 2;
    for (let k = 0; k < half; k++) {
      const evenRe = (re[k]! + re[half - k]!) / 2;
      const evenIm = (im[k]! - im[half - k]!) / 2;
      const dRe = (re[k]! - re[half - k]!) / 2;
      const dIm = (im[k]! + im[half - k]!) / 2;
      const c = this.#cos[k]!;
      const s = this.#sin[k]!;
      const oddRe = c * dRe - s * dIm;
      const oddIm = c * dIm + s * dRe;
      // the conjugate, so that the forward transform goes backward
      this.#re[k] = evenRe - oddIm;
      this.#im[k] = -(evenIm + oddRe);
    }
    fft(this.#re, this.#im);
    for (let i = 0; i < half; i++) {
      output[2 * i] = this.#re[i]! / half;
      output[2 * i + 1] = -this.#im[i]! / half;
    }
  }
}
