import { integratedLoudness } from "./loudness.ts";
import type { Pcm } from "./pcm.ts";
import { peaksOf, truePeak } from "./true-peak.ts";

export interface LoudnessTarget {
  /** Integrated, LUFS. −16 is what is usual for speech on the web (AES TD1008), −23 for broadcast (EBU R 128). */
  readonly loudness: number;
  /** dBTP that no peak passes. */
  readonly ceiling: number;
}
export const webLoudness: LoudnessTarget = { loudness: -16, ceiling: -1 };

/** Milliseconds over which the limiter goes down before a peak and comes back after it. */
const attack = 5;
/** Times the limiter's own loss is made good again. */
const rounds = 3;

/** The sound at the target loudness, its peaks limited where the gain would push them over the ceiling. Silence stays silence. */
export function normalised(pcm: Pcm, { loudness, ceiling }: LoudnessTarget = webLoudness): Pcm {
  let gain = 10 ** ((loudness - integratedLoudness(pcm)) / 20);
  if (!Number.isFinite(gain)) return pcm;
  const top = 10 ** (ceiling / 20);
  if (truePeak(pcm.channels) * gain <= top) return scaled(pcm, gain);
  let out = pcm;
  for (let round = 0; round < rounds; round++) {
    out = limited(scaled(pcm, gain), top);
    const missing = loudness - integratedLoudness(out);
    if (missing < 0.05) break;
    gain *= 10 ** (missing / 20);
  }
  return out;
}

export const scaled = ({ channels, rate }: Pcm, gain: number): Pcm => ({
  channels: channels.map((c) => c.map((s) => s * gain)),
  rate,
});

/**
 * Look-ahead limiter: the gain that each sample needs, its minimum over a window around it, smoothed by a mean over the same window.
 * The mean of minima is never above what the sample itself needs, so nothing passes the ceiling between or at samples.
 */
export function limited(pcm: Pcm, top: number): Pcm {
  const length = pcm.channels[0]?.length ?? 0;
  const reach = Math.max(1, Math.round((pcm.rate * attack) / 1000));
  // a hair below, for what the smoothing of the gain itself adds between samples
  const goal = top * 0.985;
  const needed = new Float32Array(length).fill(1);
  for (const channel of pcm.channels) {
    const peaks = peaksOf(channel, goal);
    for (let i = 0; i < length; i++) {
      const peak = peaks[i] as number;
      if (peak <= goal) continue;
      const gain = goal / peak;
      // a peak between two samples concerns both
      if (gain < (needed[i] as number)) needed[i] = gain;
      if (i + 1 < length && gain < (needed[i + 1] as number)) needed[i + 1] = gain;
    }
  }
  const lowest = slidingMinimum(needed, reach);
  const gains = new Float32Array(length);
  let sum = 0;
  const at = (i: number): number => lowest[Math.max(0, Math.min(length - 1, i))] as number;
  for (let i = -reach; i <= reach; i++) sum += at(i);
  for (let i = 0; i < length; i++) {
    gains[i] = sum / (2 * reach + 1);
    sum += at(i + reach + 1) - at(i - reach);
  }
  return { channels: pcm.channels.map((c) => c.map((s, i) => s * (gains[i] as number))), rate: pcm.rate };
}

/** Minimum over [i − reach, i + reach], by a monotone queue. */
function slidingMinimum(values: Float32Array, reach: number): Float32Array {
  const out = new Float32Array(values.length);
  const queue = new Int32Array(values.length);
  let [head, tail] = [0, 0];
  for (let i = 0; i < values.length + reach; i++) {
    if (i < values.length) {
      while (tail > head && (values[queue[tail - 1] as number] as number) >= (values[i] as number)) tail--;
      queue[tail++] = i;
    }
    const centre = i - reach;
    if (centre < 0) continue;
    while ((queue[head] as number) < centre - reach) head++;
    out[centre] = values[queue[head] as number] as number;
  }
  return out;
}
