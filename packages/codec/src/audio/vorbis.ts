import { concat } from "../bytes.ts";
import type { Pcm } from "./pcm.ts";

export interface VorbisOptions {
  /** −1 (small) to 10 (best); 4, about 128 kbit/s for stereo at 44.1 kHz, unless told. */
  readonly quality?: number;
}
const block = 16_384;

/** Ogg Vorbis by libvorbis in WebAssembly, loaded when first wanted. One or two channels, 8 to 192 kHz. The same sound gives the same bytes. */
export async function encodeVorbis(pcm: Pcm, { quality = 4 }: VorbisOptions = {}): Promise<Uint8Array> {
  const count = pcm.channels.length;
  if (count !== 1 && count !== 2) throw new RangeError(`encodeVorbis: ${count} channels; one or two are taken`);
  const { createOggEncoder } = await import("wasm-media-encoders");
  const encoder = await createOggEncoder();
  // a serial of our own: the package would draw one
  encoder.configure({ sampleRate: pcm.rate, channels: count, vbrQuality: quality, oggSerialNo: 0x1a4b5ea1 });
  const parts: Uint8Array[] = [];
  const length = pcm.channels[0]?.length ?? 0;
  for (let at = 0; at < length; at += block)
    parts.push(encoder.encode(pcm.channels.map((c) => c.subarray(at, at + block))).slice());
  parts.push(encoder.finalize().slice());
  return concat(parts);
}
