import { badFile, viewOf } from "./bytes.ts";
import type { Riff } from "./riff.ts";

/** Uncompressed audio of a WAV file (Microsoft RIFF/WAVE, `WAVEFORMATEX` and `WAVEFORMATEXTENSIBLE`). */
export interface WavFormat {
  readonly encoding: "int" | "float";
  /** 8, 16, 24 or 32 for int; 32 or 64 for float. 8-bit is unsigned. */
  readonly bits: 8 | 16 | 24 | 32 | 64;
  readonly channels: number;
  /** Frames a second. */
  readonly rate: number;
}

/** The `fmt ` chunk. Throws `bad-file` for compressed or impossible formats. */
export function wavFormat(riff: Riff): WavFormat {
  const fmt = riff.chunks.find((c) => c.id === "fmt ")?.data;
  if (riff.form !== "WAVE" || fmt === undefined || fmt.length < 16) throw badFile("WAV without a format chunk");
  const view = viewOf(fmt);
  let tag = view.getUint16(0, true);
  if (tag === 0xfffe && fmt.length >= 26) tag = view.getUint16(24, true); // first two bytes of the SubFormat GUID
  const channels = view.getUint16(2, true);
  const rate = view.getUint32(4, true);
  const bits = view.getUint16(14, true);
  const encoding = tag === 1 ? "int" : tag === 3 ? "float" : undefined;
  const fits = encoding === "int" ? [8, 16, 24, 32].includes(bits) : bits === 32 || bits === 64;
  if (encoding === undefined || !fits) throw badFile(`WAV format ${tag} with ${bits} bits is not linear PCM`);
  if (channels < 1 || channels > 64 || rate < 1000 || rate > 768_000) throw badFile("WAV with impossible channels or rate");
  return { encoding, bits: bits as WavFormat["bits"], channels, rate };
}

/** Bytes of one frame (one sample of every channel). */
export const frameBytes = (f: WavFormat): number => (f.bits / 8) * f.channels;

/** Samples of one channel mix, −1 to 1: the mean of all channels of the frames `from` to `to`. */
export function readPcm(data: Uint8Array, format: WavFormat, from = 0, to = Number.POSITIVE_INFINITY): Float32Array {
  const step = frameBytes(format);
  const start = Math.max(0, from);
  const end = Math.min(Math.floor(data.length / step), to);
  const out = new Float32Array(Math.max(0, end - start));
  const view = viewOf(data);
  const width = format.bits / 8;
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let c = 0; c < format.channels; c++) sum += sampleAt(view, (start + i) * step + c * width, format);
    out[i] = sum / format.channels;
  }
  return out;
}

/** Samples of every channel, −1 to 1. */
export function readChannels(data: Uint8Array, format: WavFormat): Float32Array[] {
  const step = frameBytes(format);
  const view = viewOf(data);
  const width = format.bits / 8;
  const frames = Math.floor(data.length / step);
  return Array.from({ length: format.channels }, (_, c) =>
    Float32Array.from({ length: frames }, (_, i) => sampleAt(view, i * step + c * width, format)),
  );
}

/** Channels of equal lengths (−1 to 1, clipped) as frames: the inverse of {@link readChannels} up to 24 bits. */
export function writeChannels(channels: readonly Float32Array[], format: WavFormat): Uint8Array {
  const step = frameBytes(format);
  const width = format.bits / 8;
  const out = new Uint8Array((channels[0]?.length ?? 0) * step);
  const view = viewOf(out);
  for (const [c, samples] of channels.entries())
    for (let i = 0; i < samples.length; i++) putSample(view, i * step + c * width, format, samples[i] as number);
  return out;
}

/** Mono samples (−1 to 1, clipped) as frames, the same in every channel. */
export function writePcm(samples: Float32Array, format: WavFormat): Uint8Array {
  const step = frameBytes(format);
  const width = format.bits / 8;
  const out = new Uint8Array(samples.length * step);
  const view = viewOf(out);
  for (let i = 0; i < samples.length; i++) {
    for (let c = 0; c < format.channels; c++) putSample(view, i * step + c * width, format, samples[i] as number);
  }
  return out;
}

function sampleAt(view: DataView, at: number, { encoding, bits }: WavFormat): number {
  if (encoding === "float") {
    const v = bits === 32 ? view.getFloat32(at, true) : view.getFloat64(at, true);
    return Number.isFinite(v) ? v : 0;
  }
  if (bits === 8) return (view.getUint8(at) - 128) / 128;
  if (bits === 16) return view.getInt16(at, true) / 32768;
  if (bits === 24) return ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 8388608;
  return view.getInt32(at, true) / 2147483648;
}

function putSample(view: DataView, at: number, { encoding, bits }: WavFormat, sample: number): void {
  const v = Math.max(-1, Math.min(1, sample));
  const whole = (scale: number): number => Math.min(scale - 1, Math.round(v * scale)); // 1 itself is one too much
  if (encoding === "float") {
    if (bits === 32) view.setFloat32(at, v, true);
    else view.setFloat64(at, v, true);
  } else if (bits === 8) view.setUint8(at, whole(128) + 128);
  else if (bits === 16) view.setInt16(at, whole(32768), true);
  else if (bits === 24) {
    const n = whole(8388608);
    view.setUint16(at, n & 0xffff, true);
    view.setInt8(at + 2, n >> 16);
  } else view.setInt32(at, whole(2147483648), true);
}
