/**
 * Samples at another rate: band-limited interpolation by a windowed sinc (Smith and Gossett 1984), one filter a phase. Kaiser window,
 * β = 8: aliases lie 80 dB down; the pass band ends at 0.92 of the lower rate's Nyquist frequency.
 */
const zeroCrossings = 24;
const passBand = 0.96; // where the filter is 6 dB down, of Nyquist
const beta = 8;

/** `samples` taken at `from` per second as taken at `to` per second; length rounded up. RangeError for rates that are no positive integers. */
export function resample(samples: Float32Array, from: number, to: number): Float32Array {
  for (const rate of [from, to])
    if (!Number.isInteger(rate) || rate < 1) throw new RangeError(`a rate of ${rate}: a positive integer is needed`);
  if (from === to) return samples.slice();
  const shared = gcd(from, to);
  const up = to / shared;
  const down = from / shared;
  const cut = passBand * Math.min(1, up / down); // cycles per sample, of half the input's rate
  const reach = Math.ceil(zeroCrossings / cut);
  const taps = 2 * reach;
  const filters = new Map<number, Float32Array>();
  const filterOf = (phase: number): Float32Array => {
    let filter = filters.get(phase);
    if (filter === undefined) {
      filter = new Float32Array(taps);
      for (let k = 0; k < taps; k++) {
        const x = k - reach + 1 - phase / up; // distance in input samples
        filter[k] = cut * sinc(cut * x) * kaiser(x / reach);
      }
      filters.set(phase, filter);
    }
    return filter;
  };
  const out = new Float32Array(Math.ceil((samples.length * up) / down));
  for (let n = 0; n < out.length; n++) {
    const position = n * down;
    const phase = position % up;
    const first = (position - phase) / up - reach + 1;
    const filter = filterOf(phase);
    let sum = 0;
    for (let k = Math.max(0, -first), end = Math.min(taps, samples.length - first); k < end; k++)
      sum += samples[first + k]! * filter[k]!;
    out[n] = sum;
  }
  return out;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const kaiser = (x: number): number => (Math.abs(x) >= 1 ? 0 : bessel(beta * Math.sqrt(1 - x * x)) / bessel(beta));

/** The modified Bessel function I₀ by its series. */
function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > 1e-10 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
