import { encodeFlac } from "./flac-encode.ts";
import { encodeMp3 } from "./mp3.ts";
import { encodeOpus } from "./opus.ts";
import { encodeWav, type Pcm } from "./pcm.ts";
import { encodeVorbis } from "./vorbis.ts";

/** The sounds that can be written here, by media type; each in its default quality. `audio/pcm` is raw 16-bit little-endian. */
const encoders: Readonly<Record<string, (pcm: Pcm) => Uint8Array | Promise<Uint8Array>>> = {
  "audio/wav": encodeWav,
  "audio/mpeg": encodeMp3,
  "audio/ogg": encodeVorbis,
  "audio/opus": encodeOpus,
  "audio/flac": encodeFlac,
  "audio/pcm": (pcm) => encodeWav(pcm).subarray(44),
};
export const audioFormats: readonly string[] = Object.keys(encoders);

/** `format` as one of {@link audioFormats}: media types and the usual short names (`mp3`, `x-wav`, `ogg; codecs=opus` …); undefined for others. */
export function audioFormat(format: string): string | undefined {
  const name = format.toLowerCase().replace(/^audio\/(x-)?/, "");
  if (/^ogg;\s*codecs="?opus"?$/.test(name)) return "audio/opus";
  const known: Readonly<Record<string, string>> = { mp3: "mpeg", wave: "wav", oga: "ogg", vorbis: "ogg", l16: "pcm" };
  const type = `audio/${known[name] ?? name}`;
  return Object.hasOwn(encoders, type) ? type : undefined;
}

/** The media type that a file of this format has: Opus lies in Ogg. */
export const fileTypeOf = (format: string): string => (format === "audio/opus" ? "audio/ogg" : format);

/** A sound as a file of one of {@link audioFormats}. The encoders are loaded when first wanted. RangeError for another format. */
export async function encodeAudio(pcm: Pcm, format: string): Promise<Uint8Array> {
  const encode = Object.hasOwn(encoders, format) ? encoders[format] : undefined;
  if (encode === undefined) throw new RangeError(`encodeAudio: ${format} is not one of ${audioFormats.join(", ")}`);
  return encode(pcm);
}
