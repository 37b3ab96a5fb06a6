import { concat, latin1, viewOf } from "../bytes.ts";
import type { Pcm } from "./pcm.ts";
import { resample } from "./resample.ts";

/** Constant bit rates in kbit/s that LAME takes at every rate of MPEG-2 and MPEG-1 alike. */
export type Mp3Bitrate = 32 | 40 | 48 | 64 | 80 | 96 | 112 | 128 | 160 | 192 | 224 | 256 | 320;
export interface Mp3Options {
  /** kbit/s; 64 a channel unless told, which is 160 at most below 32 kHz. */
  readonly bitrate?: Mp3Bitrate;
}
const rates = [16_000, 22_050, 24_000, 32_000, 44_100, 48_000] as const;
/** LAME's own delay, and what every decoder adds (LAME FAQ, "encoder delay"). */
const encoderDelay = 576;
const block = 16_384;

/**
 * MP3 by LAME in WebAssembly, loaded when first wanted; constant bit rate. Begins with an `Info` frame, which tells players the
 * exact length and what to cut at both ends, so that times measured on the samples hold in the file. One or two channels.
 */
export async function encodeMp3(pcm: Pcm, options: Mp3Options = {}): Promise<Uint8Array> {
  const count = pcm.channels.length;
  if (count !== 1 && count !== 2) throw new RangeError(`encodeMp3: ${count} channels; MP3 holds one or two`);
  // the rate nearest above, so that nothing audible is lost
  const rate = rates.find((r) => r >= pcm.rate) ?? 48_000;
  const channels = pcm.channels.map((c) => (rate === pcm.rate ? c : resample(c, pcm.rate, rate)));
  const length = channels[0]?.length ?? 0;
  const { createMp3Encoder } = await import("wasm-media-encoders");
  const encoder = await createMp3Encoder();
  const bitrate = options.bitrate ?? (count === 1 ? 64 : 128);
  encoder.configure({ sampleRate: rate, outputSampleRate: rate, channels: count, bitrate });
  const parts: Uint8Array[] = [];
  for (let at = 0; at < length; at += block) {
    // what comes back lies in the encoder's memory
    parts.push(encoder.encode(channels.map((c) => c.subarray(at, at + block))).slice());
  }
  parts.push(encoder.finalize().slice());
  const frames = concat(parts);
  return frames.length < 4 ? frames : concat([infoFrame(frames, length), frames]);
}

/** The Xing/LAME tag of a stream of constant bit rate: a silent frame before the others (MP3 Info Tag rev. 1). */
function infoFrame(stream: Uint8Array, samples: number): Uint8Array {
  const head = viewOf(stream).getUint32(0);
  const mpeg1 = ((head >>> 19) & 3) === 3;
  const mono = ((head >>> 6) & 3) === 3;
  const size = frameSize(head, mpeg1);
  let frames = 0;
  for (let at = 0; at + 4 <= stream.length; frames++) at += frameSize(viewOf(stream).getUint32(at), mpeg1);
  const tag = new Uint8Array(size);
  const view = viewOf(tag);
  view.setUint32(0, (head & ~0x200) | 0x10000); // no padding slot, no checksum
  const at = 4 + (mpeg1 ? (mono ? 17 : 32) : mono ? 9 : 17); // after the side information
  if (at + 16 + 36 > size) return new Uint8Array(); // a frame too small to carry the tag
  tag.set(latin1("Info"), at);
  view.setUint32(at + 4, 3); // frames and bytes follow
  view.setUint32(at + 8, frames);
  view.setUint32(at + 12, size + stream.length);
  const lame = at + 16;
  tag.set(latin1("LAME3.100"), lame);
  tag[lame + 9] = 1; // constant bit rate
  const perFrame = mpeg1 ? 1152 : 576;
  const padding = Math.max(0, Math.min(4095, frames * perFrame - encoderDelay - samples));
  tag.set([encoderDelay >> 4, ((encoderDelay & 15) << 4) | (padding >> 8), padding & 255], lame + 21);
  view.setUint32(lame + 28, size + stream.length);
  return tag;
}

const kbits = {
  1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};
const hertz = [44_100, 48_000, 32_000];

/** Bytes of a layer III frame (ISO 11172-3, 2.4.3.1; ISO 13818-3 for the halved rates). */
function frameSize(head: number, mpeg1: boolean): number {
  const rate = (hertz[(head >>> 10) & 3] ?? 44_100) / (mpeg1 ? 1 : 2);
  const bits = (kbits[mpeg1 ? 1 : 2][(head >>> 12) & 15] ?? 0) * 1000;
  return Math.floor(((mpeg1 ? 144 : 72) * bits) / rate) + ((head >>> 9) & 1);
}
