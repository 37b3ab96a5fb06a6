/** Fast Fourier transforms of real sequences whose length is a power of 2 (Cooley and Tukey 1965; a real one by a complex one of half the length). */
export class RealFft {
  readonly size: number;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #reversed: Uint32Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;

  /** `size` is a power of 2, 4 or more; RangeError for others. One object serves one caller at a time. */
  constructor(size: number) {
    this.size = size;
    if (!(size >= 4) || (size & (size - 1)) !== 0) throw new RangeError(`a transform of ${size}: a power of 2 is needed`);
    const half = size / 2;
    this.#cos = Float64Array.from({ length: half }, (_, k) => Math.cos((2 * Math.PI * k) / size));
    this.#sin = Float64Array.from({ length: half }, (_, k) => Math.sin((2 * Math.PI * k) / size));
    this.#reversed = new Uint32Array(half);
    for (let i = 1; i < half; i++) this.#reversed[i] = (this.#reversed[i >> 1]! >> 1) | ((i & 1) * (half / 2));
    this.#re = new Float64Array(half);
    this.#im = new Float64Array(half);
  }

  /** Bins 0 to size/2 of `input` (size values) into `re` and `im`, size/2 + 1 each. */
  forward(input: Float64Array, re: Float64Array, im: Float64Array): void {
    const half = this.size / 2;
    for (let i = 0; i < half; i++) {
      const from = this.#reversed[i]!;
      this.#re[i] = input[2 * from]!;
      this.#im[i] = input[2 * from + 1]!;
    }
    this.#butterflies();
    for (let k = 0; k <= half; k++) {
      const a = k % half;
      const b = (half - k) % half;
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
    for (let i = 0; i < half; i++) {
      const k = this.#reversed[i]!;
      const evenRe = (re[k]! + re[half - k]!) / 2;
      const evenIm = (im[k]! - im[half - k]!) / 2;
      const dRe = (re[k]! - re[half - k]!) / 2;
      const dIm = (im[k]! + im[half - k]!) / 2;
      const c = this.#cos[k]!;
      const s = this.#sin[k]!;
      const oddRe = c * dRe - s * dIm;
      const oddIm = c * dIm + s * dRe;
      // the conjugate, so that the forward butterflies go backward
      this.#re[i] = evenRe - oddIm;
      this.#im[i] = -(evenIm + oddRe);
    }
    this.#butterflies();
    for (let i = 0; i < half; i++) {
      output[2 * i] = this.#re[i]! / half;
      output[2 * i + 1] = -this.#im[i]! / half;
    }
  }

  #butterflies(): void {
    const re = this.#re;
    const im = this.#im;
    const n = re.length;
    for (let half = 1; half < n; half *= 2) {
      const step = n / half; // of the table, which is for twice n
      for (let at = 0; at < n; at += 2 * half) {
        for (let k = 0; k < half; k++) {
          const c = this.#cos[k * step]!;
          const s = this.#sin[k * step]!;
          const a = at + k;
          const b = a + half;
          const x = c * re[b]! + s * im[b]!;
          const y = c * im[b]! - s * re[b]!;
          re[b] = re[a]! - x;
          im[b] = im[a]! - y;
          re[a]! += x;
          im[a]! += y;
        }
      }
    }
  }
}
