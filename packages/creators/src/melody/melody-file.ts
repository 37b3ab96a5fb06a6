import { InksealError, type InputFile } from "@inkseal/core";
import { readAbc } from "./abc/read.ts";
import { readMidi } from "./midi/read.ts";
import { readMusicXml } from "./musicxml/read.ts";
import type { Tune } from "./score/tune.ts";

/** The melody of a file that came with the brief: MIDI, MusicXML or ABC. Throws `bad-file` and `bad-request`. */
export function readMelodyFile({ name, mediaType, bytes }: InputFile): Tune {
  if (mediaType === "audio/midi") return readMidi(bytes);
  if (bytes[0] === 0x50 && bytes[1] === 0x4b)
    throw new InksealError("bad-file", `${name} is compressed; export it as .musicxml instead of .mxl`);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InksealError("bad-file", `${name} is ${mediaType}; a melody comes as MIDI, MusicXML or ABC`, { cause });
  }
  return /^﻿?\s*<(\?xml|!DOCTYPE|score-)/i.test(text) ? readMusicXml(text) : readAbc(text);
}
