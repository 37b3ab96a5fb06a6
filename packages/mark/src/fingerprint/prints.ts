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
import { officeWords } from "../formats/office-words.ts";
import type { SoundCoder, VideoCoder } from "../video/coder.ts";
import { audioMethod, audioPrint, audioProbe } from "./audio.ts";
import type { Method, Probe, Seen } from "./method.ts";
import { filmSeen, frameWish, pictureSeen, sightMethod } from "./sights.ts";
import { textMethod, textPrint } from "./text.ts";

/** Every method, by its algorithm's name. */
export const methods: Readonly<Record<string, Method>> = Object.fromEntries(
  [sightMethod, audioMethod, textMethod].map((m) => [m.alg, m]),
);

/** `raster`: the picture of the bytes, where somebody has it already. */
export type Look = (bytes: Uint8Array, mediaType: string, raster?: Raster) => Promise<readonly Seen[]>;

export interface LookerOptions {
  readonly loadWasm?: LoadWasm | undefined;
  readonly sound?: SoundCoder | undefined;
  readonly video?: VideoCoder | undefined;
}

/**
 * Looks at PNG, JPEG, WebP, AVIF, the first frame of GIF, WAV, texts, HTML, DOCX, PPTX and XLSX, with a decoder at MP3, Ogg, FLAC and M4A, and at
 * the frames and the sound of films. Nothing for other types, for what cannot be decoded, and for what has too little in it to tell it from
 * others: an even picture, three seconds of silence, forty words.
 */
export function looker({ loadWasm, sound, video }: LookerOptions = {}): Look {
  const pictures = pictureDecoder(loadWasm);
  const look = async (bytes: Uint8Array, mediaType: string, known: Raster | undefined): Promise<(Seen | undefined)[]> => {
    if (mediaType.startsWith("image/")) {
      const first = mediaType === "image/gif" ? gifFirst(parseGif(bytes)) : undefined;
      const raster = known ?? first ?? (await pictures.decode(bytes, mediaType));
      return [raster && pictureSeen(raster)];
    }
    if (mediaType === "audio/wav") {
      const riff = parseRiff(bytes);
      const format = wavFormat(riff);
      const data = riff.chunks.find((c) => c.id === "data")?.data ?? new Uint8Array(0);
      return [soundSeen(readPcm(data, format, 0, 600 * format.rate), format.rate)];
    }
    if (films.has(mediaType)) {
      const frames = await video?.sample(bytes, frameWish).catch(() => undefined);
      const heard = await sound?.decode(bytes).catch(() => undefined); // many films are silent
      return [frames && filmSeen(frames), heard && soundSeen(heard.samples, heard.rate)];
    }
    if (sounds.has(mediaType)) {
      const heard = await sound?.decode(bytes);
      return [heard && soundSeen(heard.samples, heard.rate)];
    }
    const text = wordsIn(bytes, mediaType);
    const value = text === undefined ? undefined : textPrint(text);
    return [value && { print: { alg: textMethod.alg, value }, probe: textMethod.probe(value) as Probe }];
  };
  return async (bytes, mediaType, raster) => {
    const seen = await look(bytes, mediaType, raster).catch((): (Seen | undefined)[] => []); // other layers say why it cannot be read
    return seen.filter((one): one is Seen => one !== undefined);
  };
}

const films = new Set(["video/mp4", "video/quicktime", "video/webm"]);
const sounds = new Set(["audio/mpeg", "audio/ogg", "audio/flac", "audio/mp4"]);

/** What is read of a text, a page or a document, without marks of ours that are not its words. */
function wordsIn(bytes: Uint8Array, mediaType: string): string | undefined {
  if (mediaType.startsWith("application/vnd.openxmlformats-officedocument.")) return officeWords(bytes);
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
