import { frameBytes, readPcm, type WavFormat, writePcm } from "@inkseal/codec";

/**
 * The rhythm label of GB 45438-2025, 5.3 c): "短长 短短", Morse for AI, `.- ..`, at the start or the end.
 * ITU-R M.1677: dash = 3 dots, gap inside a letter = 1, between letters = 3.
 */
const pattern = [1, 1, 3, 3, 1, 1, 1]; // on, off, on, off, on, off, on
const unit = 0.09; // seconds a dot: 13 words a minute, easy for the untrained ear
const silence = 0.3; // between label and content
const fade = 0.008; // raised cosine at both edges of each tone, so that nothing clicks
const level = 0.22; // peak, −13 dBFS: clear beside speech, not startling
const pitch = 800; // Hz; halved until it fits below a third of the sampling rate

const pitchFor = (rate: number): number => (rate >= 3 * pitch ? pitch : rate / 4);

/** Seconds that the label adds. */
export const morseSeconds = pattern.reduce((a, b) => a + b, 0) * unit + silence;

/** The label as frames of a format, without the silence that parts it from the content. */
export function morseSamples(rate: number): Float32Array {
  const total = Math.round(pattern.reduce((a, b) => a + b, 0) * unit * rate);
  const out = new Float32Array(total);
  const edge = fade * rate;
  let at = 0;
  for (const [i, units] of pattern.entries()) {
    const length = units * unit * rate;
    if (i % 2 === 0) {
      for (let n = 0; n < length && at + n < total; n++) {
        const ramp = Math.min(1, n / edge, (length - n) / edge);
        out[Math.round(at) + n] =
          level * 0.5 * (1 - Math.cos(Math.PI * ramp)) * Math.sin((2 * Math.PI * pitchFor(rate) * n) / rate);
      }
    }
    at += length;
  }
  return out;
}

/** PCM data with the label before or after it, the samples themselves untouched. */
export function withMorse(data: Uint8Array, format: WavFormat, where: "head" | "tail"): Uint8Array {
  const step = frameBytes(format);
  const whole = data.subarray(0, data.length - (data.length % step));
  const gap = new Float32Array(Math.round(silence * format.rate));
  const tone = morseSamples(format.rate);
  const label = new Float32Array(gap.length + tone.length);
  label.set(tone, where === "head" ? 0 : gap.length);
  const made = writePcm(label, format);
  const out = new Uint8Array(whole.length + made.length);
  out.set(where === "head" ? made : whole);
  out.set(where === "head" ? whole : made, where === "head" ? made.length : whole.length);
  return out;
}

export interface MorseFound {
  readonly where: "head" | "tail";
  /** Seconds from the start of the file to the first tone. */
  readonly at: number;
}

const window = 5; // seconds looked at on either end

/**
 * Finds the label near the start or the end. Energy at the pitch (Goertzel) in 10 ms frames, made into on and off runs,
 * matched against the rhythm at any speed from 0.5 to 2 of ours; so it survives transcoding, resampling and gain.
 */
export function readMorse(data: Uint8Array, format: WavFormat): MorseFound | undefined {
  const frames = Math.floor(data.length / frameBytes(format));
  const span = Math.round(window * format.rate);
  for (const from of [0, Math.max(0, frames - span)]) {
    const found = findRhythm(tonal(readPcm(data, format, from, from + span), format.rate));
    if (found === undefined) continue;
    const at = from / format.rate + found * hop;
    // a short file is all head and all tail: the nearer end counts
    const left = frames / format.rate - at - morseSeconds;
    return { where: at <= left ? "head" : "tail", at };
  }
  return undefined;
}

const hop = 0.01;

/** For each 10 ms: whether the pitch is there, well above silence and nearly alone. */
function tonal(samples: Float32Array, rate: number): boolean[] {
  const size = Math.max(8, Math.round(hop * rate));
  const count = Math.floor(samples.length / size);
  const w = 2 * Math.cos((2 * Math.PI * pitchFor(rate)) / rate);
  const out: boolean[] = [];
  for (let f = 0; f < count; f++) {
    let s1 = 0;
    let s2 = 0;
    let energy = 0;
    for (let i = f * size; i < (f + 1) * size; i++) {
      const x = samples[i] as number;
      energy += x * x;
      const s0 = x + w * s1 - s2;
      s2 = s1;
      s1 = s0;
    }
    const power = (s1 * s1 + s2 * s2 - w * s1 * s2) / (size / 2); // equals the energy of a pure tone at the pitch
    out.push(energy / size > 1e-4 && power > 0.6 * energy);
  }
  return out;
}

/** Index of the frame where the rhythm begins. */
function findRhythm(on: readonly boolean[]): number | undefined {
  const runs: { on: boolean; start: number; length: number }[] = [];
  for (const [i, v] of on.entries()) {
    const last = runs.at(-1);
    if (last?.on === v) last.length++;
    else runs.push({ on: v, start: i, length: 1 });
  }
  for (let i = 0; i + pattern.length <= runs.length; i++) {
    const part = runs.slice(i, i + pattern.length);
    const first = part[0] as (typeof runs)[0];
    if (!first.on) continue;
    const dot = part.reduce((n, r) => n + r.length, 0) / pattern.reduce((a, b) => a + b, 0);
    if (dot < (unit / hop) * 0.5 || dot > (unit / hop) * 2) continue;
    // tones end in a fade, so a run may be short by a frame or two either way; silence around it, or it is music
    if (part.every((r, k) => Math.abs(r.length - (pattern[k] as number) * dot) <= 0.45 * dot + 1) && quietAround(runs, i, dot))
      return first.start;
  }
  return undefined;
}

function quietAround(runs: readonly { on: boolean; length: number }[], i: number, dot: number): boolean {
  const before = runs[i - 1];
  const after = runs[i + pattern.length];
  return (
    (before === undefined || before.length >= 2 * dot || i === 1) &&
    (after === undefined || after.length >= 2 * dot || i + pattern.length + 1 === runs.length)
  );
}
