import { integratedLoudness, normalised, type Pcm, resample, scaled, webLoudness } from "@inkseal/codec";

export const soundRate = 48_000;
/** LUFS of the music where nobody speaks, and how far it goes down under words, dB. */
const bed = -24;
const duck = 11;
/** Seconds over which it goes down before a word and comes back after it. */
const slope = 0.5;
const fade = { in: 0.6, out: 1.6 } as const;

export interface Placed {
  readonly pcm: Pcm;
  /** Seconds. */
  readonly at: number;
}

/** The film's sound: voices, music under them, −16 LUFS with no peak over −1 dBTP; silent films stay silent. */
export function soundtrack(
  seconds: number,
  voices: readonly Placed[],
  speech: readonly (readonly [number, number])[],
  music: Pcm | undefined,
): Pcm {
  const length = Math.round(seconds * soundRate);
  const spoken = new Float32Array(length);
  for (const { pcm, at } of voices) {
    const samples = resample(monoOf(pcm), pcm.rate, soundRate);
    const from = Math.round(at * soundRate);
    for (let i = 0; i < samples.length && from + i < length; i++) spoken[from + i] = spoken[from + i]! + samples[i]!;
  }
  // both ears: loudness counts each
  const both = normalised({ channels: [spoken, spoken], rate: soundRate }, webLoudness);
  const voice = both.channels[0]!;
  if (music === undefined) return both;
  const looped = loop(music, length);
  const level = integratedLoudness(looped);
  if (!Number.isFinite(level)) return both;
  const quieter = scaled(looped, 10 ** ((bed - level) / 20));
  const gains = duckedGains(seconds, speech);
  const channels = quieter.channels.map((c) => {
    const out = new Float32Array(length);
    for (let i = 0; i < length; i++) {
      const t = i / soundRate;
      const edge = Math.min(1, t / fade.in, (seconds - t) / fade.out);
      out[i] = voice[i]! + c[i]! * gains[Math.floor(t * 100)]! * Math.max(0, edge);
    }
    return out;
  });
  return normalised({ channels, rate: soundRate }, webLoudness);
}

const monoOf = ({ channels }: Pcm): Float32Array =>
  channels.length === 1 ? channels[0]! : channels[0]!.map((_, i) => channels.reduce((n, c) => n + c[i]!, 0) / channels.length);

/** As long as is needed: each turn comes in over the end of the one before. */
function loop(music: Pcm, length: number): Pcm {
  const overlap = Math.min(soundRate * 2, Math.floor((music.channels[0]?.length ?? 0) / 3));
  const channels = music.channels.slice(0, 2).map((c) => {
    const once = resample(c, music.rate, soundRate);
    const out = new Float32Array(length);
    const step = Math.max(1, once.length - overlap);
    for (let at = 0; at < length; at += step)
      for (let i = 0; i < once.length && at + i < length; i++) {
        const up = at === 0 ? 1 : Math.min(1, i / Math.max(1, overlap));
        const down = Math.min(1, (once.length - i) / Math.max(1, overlap));
        out[at + i] = out[at + i]! + once[i]! * Math.sin((up * Math.PI) / 2) * Math.sin((down * Math.PI) / 2);
      }
    return out;
  });
  return { channels: channels.length === 1 ? [channels[0]!, channels[0]!] : channels, rate: soundRate };
}

/** The music's gain every hundredth of a second. */
export function duckedGains(seconds: number, speech: readonly (readonly [number, number])[]): Float32Array {
  const low = 10 ** (-duck / 20);
  const raw = new Float32Array(Math.ceil(seconds * 100) + 2).fill(1);
  for (const [from, to] of speech)
    for (let i = Math.max(0, Math.floor((from - slope / 2) * 100)); i < Math.min(raw.length, (to + slope) * 100); i++)
      raw[i] = low;
  const reach = Math.round((slope * 100) / 2);
  return raw.map((_, i) => {
    let [sum, weight] = [0, 0];
    for (let k = -reach; k <= reach; k++) {
      const w = 1 + Math.cos((Math.PI * k) / (reach + 1));
      sum += w * raw[Math.max(0, Math.min(raw.length - 1, i + k))]!;
      weight += w;
    }
    return sum / weight;
  });
}
