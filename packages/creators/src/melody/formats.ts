import { InksealError } from "@inkseal/core";

/** What a finished piece can be. */
export const formats = [
  "audio/wav",
  "audio/midi",
  "audio/mpeg",
  "audio/ogg",
  "audio/opus",
  "audio/flac",
  "image/svg+xml",
  "application/vnd.recordare.musicxml+xml",
  "text/vnd.abc",
] as const;
export type MelodyFormat = (typeof formats)[number];

const names: Readonly<Record<string, MelodyFormat>> = {
  wav: "audio/wav",
  wave: "audio/wav",
  "audio/x-wav": "audio/wav",
  mid: "audio/midi",
  midi: "audio/midi",
  "audio/mid": "audio/midi",
  "audio/x-midi": "audio/midi",
  mp3: "audio/mpeg",
  "audio/mp3": "audio/mpeg",
  ogg: "audio/ogg",
  vorbis: "audio/ogg",
  opus: "audio/opus",
  flac: "audio/flac",
  svg: "image/svg+xml",
  score: "image/svg+xml",
  musicxml: "application/vnd.recordare.musicxml+xml",
  xml: "application/vnd.recordare.musicxml+xml",
  "application/xml": "application/vnd.recordare.musicxml+xml",
  abc: "text/vnd.abc",
};

/** By media type or short name. Throws `bad-request` listing what there is. */
export function melodyFormat(wish: string): MelodyFormat {
  const name = wish.trim().toLowerCase();
  const found = names[name] ?? formats.find((format) => format === name);
  if (found) return found;
  throw new InksealError(
    "bad-request",
    `music cannot be written as ${wish}; formats are wav, midi, mp3, ogg, opus, flac, svg, musicxml and abc`,
    {
      param: "controls.format",
    },
  );
}
export const isSound = (format: string): boolean => /^audio\/(wav|mpeg|ogg|opus|flac)$/.test(format);
