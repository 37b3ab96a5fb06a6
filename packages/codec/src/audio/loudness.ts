import type { Pcm } from "./pcm.ts";

/**
 * Programme loudness by ITU-R BS.1770-5 (and EBU R 128, Tech 3341): K-weighting, blocks of 400 ms every 100 ms, gated at −70 LUFS and
 * at 10 LU below the mean of what is left. One or two channels (the front ones, weight 1).
 */
const blockSeconds = 0.4;
const steps = 4; // a block begins every quarter of one
const absoluteGate = -70;
const relativeGate = -10;

/**
 * LUFS; −∞ for silence. A sound shorter than one block is taken as one, ungated by time: the standard says nothing of it, and a single
 * word has to be measured somehow.
 */
export function integratedLoudness(pcm: Pcm): number {
  const length = pcm.channels[0]?.length ?? 0;
  if (length === 0) return Number.NEGATIVE_INFINITY;
  const step = Math.max(1, Math.round((pcm.rate * blockSeconds) / steps));
  const weighted = pcm.channels.map((c) => kWeighted(c, pcm.rate));
  // energy of each quarter of a block, all channels together
  const quarters = new Float64Array(Math.max(1, Math.floor(length / step)));
  for (const channel of weighted)
    for (let q = 0; q < quarters.length; q++) {
      const end = length < step ? length : (q + 1) * step;
      let sum = 0;
      for (let i = q * step; i < end; i++) sum += (channel[i] as number) ** 2;
      quarters[q] = (quarters[q] as number) + sum;
    }
  const blocks: number[] = [];
  if (quarters.length < steps) blocks.push(quarters.reduce((a, b) => a + b, 0) / Math.min(length, quarters.length * step));
  for (let q = 0; q + steps <= quarters.length; q++) {
    let sum = 0;
    for (let k = 0; k < steps; k++) sum += quarters[q + k] as number;
    blocks.push(sum / (steps * step));
  }
  const heard = blocks.filter((power) => lufs(power) > absoluteGate);
  if (heard.length === 0) return Number.NEGATIVE_INFINITY;
  const gate = lufs(mean(heard)) + relativeGate;
  return lufs(mean(heard.filter((power) => lufs(power) > gate)));
}

const lufs = (power: number): number => -0.691 + 10 * Math.log10(power);
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** The two filters of BS.1770-5, Annex 1: a shelf for the head, a high pass for the ear. */
function kWeighted(samples: Float32Array, rate: number): Float64Array {
  const [shelf, highPass] = filtersAt(rate);
  return biquad(biquad(new Float64Array(samples), shelf), highPass);
}

interface Biquad {
  readonly b: readonly [number, number, number];
  readonly a: readonly [number, number];
}

/**
 * The standard tabulates its filters at 48 kHz. These are the analogue ones behind the table, found by libebur128, taken to any rate by
 * the bilinear transform; at 48 kHz they give the table's numbers.
 */
function filtersAt(rate: number): readonly [Biquad, Biquad] {
  const shelf = (): Biquad => {
    const k = Math.tan((Math.PI * 1681.974450955533) / rate);
    const q = 0.7071752369554196;
    const high = 10 ** (3.999843853973347 / 20);
    const band = high ** 0.4996667741545416;
    const a0 = 1 + k / q + k * k;
    return {
      b: [(high + (band * k) / q + k * k) / a0, (2 * (k * k - high)) / a0, (high - (band * k) / q + k * k) / a0],
      a: [(2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0],
    };
  };
  const highPass = (): Biquad => {
    const k = Math.tan((Math.PI * 38.13547087602444) / rate);
    const q = 0.5003270373238773;
    const a0 = 1 + k / q + k * k;
    return { b: [1, -2, 1], a: [(2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0] };
  };
  return [shelf(), highPass()];
}

/** In place, direct form II transposed. */
function biquad(x: Float64Array, { b, a }: Biquad): Float64Array {
  let [s1, s2] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    const v = x[i] as number;
    const y = b[0] * v + s1;
    s1 = b[1] * v - a[0] * y + s2;
    s2 = b[2] * v - a[1] * y;
    x[i] = y;
  }
  return x;
}
