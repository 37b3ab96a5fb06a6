/** Highest value of the sound between and at its samples (BS.1770-5, Annex 2): four times oversampled. */
const phases = 4;
const taps = 24;

/** One filter a phase: a windowed sinc (Kaiser, β = 6), which keeps a sine at a sixth of the rate to 0.02 dB. */
const filters: readonly Float64Array[] = Array.from({ length: phases - 1 }, (_, p) => {
  const filter = Float64Array.from({ length: taps }, (_, k) => {
    const x = k - taps / 2 + 1 - (p + 1) / phases;
    const window = bessel(6 * Math.sqrt(Math.max(0, 1 - (x / (taps / 2)) ** 2))) / bessel(6);
    return (Math.sin(Math.PI * x) / (Math.PI * x)) * window;
  });
  const sum = filter.reduce((a, b) => a + b, 0);
  return filter.map((f) => f / sum);
});

/** Linear; 1 is full scale, and more is possible. */
export function truePeak(channels: readonly Float32Array[]): number {
  let peak = 0;
  for (const channel of new Set(channels)) for (const s of channel) if (Math.abs(s) > peak) peak = Math.abs(s);
  // between samples it is no less than at them: what cannot come near that is not looked at
  for (const channel of new Set(channels)) for (const p of peaksOf(channel, peak)) if (p > peak) peak = p;
  return peak;
}

/** For each sample the highest absolute value from it up to the next. Quiet stretches are not oversampled: `floor` is their value there. */
export function peaksOf(samples: Float32Array, floor = 0): Float32Array {
  const out = samples.map(Math.abs);
  const half = taps / 2;
  for (let i = 0; i < samples.length; i++) {
    // what lies between samples rises above both by 6 dB at most in sound that is not made to break this
    const near = Math.max(out[i] as number, Math.abs(samples[i + 1] ?? 0));
    if (near * 2 < floor || near === 0) continue;
    let best = out[i] as number;
    for (const filter of filters) {
      let sum = 0;
      for (let k = 0; k < taps; k++) sum += (filter[k] as number) * (samples[i + k - half + 1] ?? 0);
      const value = Math.abs(sum);
      if (value > best) best = value;
    }
    out[i] = best;
  }
  return out;
}

/** Modified Bessel function of the first kind, order 0. */
function bessel(x: number): number {
  let [sum, term] = [1, 1];
  for (let k = 1; k < 30; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
