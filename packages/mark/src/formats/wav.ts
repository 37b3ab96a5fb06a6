import { fromUtf8, parseRiff, type Riff, utf8, wavFormat, withRiffChunk, writeRiff } from "@inkseal/codec";
import { InksealError, type LayerVerdict } from "@inkseal/core";
import { morseSeconds, readMorse, withMorse } from "../label/morse.ts";
import { type Format, foundLabel, noLabel } from "./format.ts";

const morse = "gb45438.morse";

function wave(bytes: Uint8Array): Riff {
  const riff = parseRiff(bytes);
  if (riff.form !== "WAVE") throw new InksealError("bad-file", "a RIFF file that is no WAVE");
  return riff;
}

/** Morse AI in the samples; AIGC as a RIFF chunk behind `fmt ` (TC260-PG-202510A). */
export const wavFormatMarks: Format = {
  async label(bytes, policy) {
    const where = policy.marks.audio;
    const riff = wave(bytes);
    const data = riff.chunks.find((c) => c.id === "data");
    if (where === "none" || data === undefined) return undefined;
    const marked = withMorse(data.data, wavFormat(riff), where);
    const chunks = riff.chunks.map((c) => (c === data ? { ...c, data: marked } : c));
    return {
      bytes: writeRiff({ ...riff, chunks }),
      marks: [{ layer: "label", method: morse, data: { where, seconds: Math.round(morseSeconds * 100) / 100 } }],
    };
  },
  metadata(bytes, aigc) {
    const riff = withRiffChunk(wave(bytes), "AIGC", utf8(aigc), "fmt ");
    return { bytes: writeRiff(riff), marks: [{ layer: "aigc", method: "gb45438.aigc", data: { carrier: "riff" } }] };
  },
  async read(bytes) {
    const riff = wave(bytes);
    const aigc = riff.chunks.filter((c) => c.id === "AIGC").map((c) => ({ carrier: "riff", text: fromUtf8(c.data) ?? "" }));
    return { label: readLabel(riff), aigc };
  },
};

function readLabel(riff: Riff): LayerVerdict {
  const data = riff.chunks.find((c) => c.id === "data");
  if (data === undefined) return noLabel(morse);
  try {
    const found = readMorse(data.data, wavFormat(riff));
    return found === undefined
      ? noLabel(morse)
      : foundLabel(morse, { where: found.where, at: Math.round(found.at * 100) / 100 });
  } catch {
    return { ...noLabel(morse), detail: "the samples cannot be decoded" };
  }
}
