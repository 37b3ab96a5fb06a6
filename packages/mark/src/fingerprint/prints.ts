import {
  fromUtf8,
  gifFirst,
  type LoadWasm,
  parseGif,
  parseRiff,
  pictureDecoder,
  type Raster,
  readPcm,
  wavFormat,
} from "@inkseal/codec";
import { splitFrontMatter } from "../aigc/front-matter.ts";
import { withoutTextManifest } from "../c2pa/containers/text.ts";
import { shownWords } from "../formats/html.ts";
import { documentWords } from "../formats/ooxml.ts";
import type { SoundDecoder } from "../video/coder.ts";
import { audioMethod, audioPrint, audioProbe } from "./audio.ts";
import type { Method, Print, Probe } from "./method.ts";
import { imageMethod, leastQuality, pdq, pdqProbe } from "./pdq.ts";
import { textMethod, textPrint } from "./text.ts";

/** Every method, by its algorithm's name. */
export const methods: Readonly<Record<string, Method>> = Object.fromEntries(
  [imageMethod, audioMethod, textMethod].map((m) => [m.alg, m]),
);

/** A piece as its methods see it: what is kept of it, and what it asks when it is looked for. */
export interface Seen {
  readonly print: Print;
  readonly probe: Probe;
}

/** `raster`: the picture of the bytes, where somebody has it already. */
export type Look = (bytes: Uint8Array, mediaType: string, raster?: Raster) => Promise<Seen | undefined>;

/**
 * Looks at PNG, JPEG, WebP, AVIF, the first frame of GIF, WAV, texts, HTML and DOCX, and with a decoder at MP3, Ogg, FLAC and M4A. Undefined for other types, for what cannot be decoded, and for what has too little in it to
 * tell it from others: an even picture, three seconds of silence, forty words.
 */
export function looker(loadWasm?: LoadWasm, sound?: SoundDecoder): Look {
  const pictures = pictureDecoder(loadWasm);
  const look: Look = async (bytes, mediaType, known) => {
    if (mediaType.startsWith("image/")) {
      const first = mediaType === "image/gif" ? gifFirst(parseGif(bytes)) : undefined;
      const raster = known ?? first ?? (await pictures.decode(bytes, mediaType));
      if (raster === undefined) return undefined;
      const { hash, quality, turned } = pdq(raster);
      return quality < leastQuality ? undefined : { print: { alg: imageMethod.alg, value: hash }, probe: pdqProbe(turned) };
    }
    if (mediaType === "audio/wav") {
      const riff = parseRiff(bytes);
      const format = wavFormat(riff);
      const data = riff.chunks.find((c) => c.id === "data")?.data ?? new Uint8Array(0);
      return soundSeen(readPcm(data, format, 0, 600 * format.rate), format.rate);
    }
    if (sounds.has(mediaType)) {
      const heard = await sound?.decode(bytes);
      return heard && soundSeen(heard.samples, heard.rate);
    }
    const text = wordsIn(bytes, mediaType);
    const value = text === undefined ? undefined : textPrint(text);
    return value && { print: { alg: textMethod.alg, value }, probe: textMethod.probe(value) as Probe };
  };
  // other layers say why a file cannot be read
  return (bytes, mediaType, raster) => look(bytes, mediaType, raster).catch(() => undefined);
}

const sounds = new Set(["audio/mpeg", "audio/ogg", "audio/flac", "audio/mp4"]);

/** What is read of a text, a page or a document, without marks of ours that are not its words. */
function wordsIn(bytes: Uint8Array, mediaType: string): string | undefined {
  if (mediaType === "application/vnd.openxmlformats-officedocument.wordprocessingml.document") return documentWords(bytes);
  if (mediaType === "text/html") {
    const html = fromUtf8(bytes);
    return html && shownWords(html);
  }
  if (mediaType !== "text/plain" && mediaType !== "text/markdown") return undefined;
  const text = fromUtf8(withoutTextManifest(bytes));
  return text && splitFrontMatter(text).body;
}

/** Mono samples, −1 to 1. */
export function soundSeen(samples: Float32Array, rate: number): Seen | undefined {
  const value = audioPrint(samples, rate);
  const probe = audioProbe(samples, rate);
  return value && probe && { print: { alg: audioMethod.alg, value }, probe };
}
