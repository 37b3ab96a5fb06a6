import { viewOf } from "../bytes.ts";
import { parseRiff } from "../riff.ts";
import { readChannels, wavFormat, writeChannels } from "../wav.ts";

/** Decoded sound: channels of equal lengths, samples −1 to 1. */
export interface Pcm {
  readonly channels: readonly Float32Array[];
  /** Frames a second. */
  readonly rate: number;
}

export const secondsOf = ({ channels, rate }: Pcm): number => (channels[0]?.length ?? 0) / rate;

/** The sound of a WAV file. Throws `bad-file`. */
export function decodeWav(file: Uint8Array): Pcm {
  const riff = parseRiff(file);
  const format = wavFormat(riff);
  const data = riff.chunks.find((c) => c.id === "data")?.data ?? new Uint8Array();
  return { channels: readChannels(data, format), rate: format.rate };
}

/** A WAV file of 16-bit samples (RIFF, canonical 44-byte header). */
export function encodeWav(pcm: Pcm): Uint8Array {
  const count = pcm.channels.length;
  const data = writeChannels(pcm.channels, { encoding: "int", bits: 16, channels: count, rate: pcm.rate });
  const out = new Uint8Array(44 + data.length);
  const view = viewOf(out);
  const word = (at: number, text: string): void => out.set(new TextEncoder().encode(text), at);
  word(0, "RIFF");
  view.setUint32(4, 36 + data.length, true);
  word(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // linear PCM
  view.setUint16(22, count, true);
  view.setUint32(24, pcm.rate, true);
  view.setUint32(28, pcm.rate * count * 2, true);
  view.setUint16(32, count * 2, true);
  view.setUint16(34, 16, true);
  word(36, "data");
  view.setUint32(40, data.length, true);
  out.set(data, 44);
  return out;
}
