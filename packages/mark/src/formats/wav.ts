import { fromUtf8, parseRiff, type Riff, utf8, type WavFormat, wavFormat, withRiffChunk, writeRiff } from "@inkseal/codec";
import { InksealError, type LayerVerdict, type Mark } from "@inkseal/core";
import { aigcInXmp, iptcVerdict } from "../aigc/xmp.ts";
import { digitalSourceType } from "../c2pa/names.ts";
import { morseSeconds, readMorse, withMorse } from "../label/morse.ts";
import { aigcMark, type Format, foundLabel, iptcMark, noLabel } from "./format.ts";
import { detectInWave, embedInSamples, watermarkMethod } from "./wav-watermark.ts";
import { textsOf, withIptcXmp } from "./xmp.ts";

const morse = "gb45438.morse";
/** XMP part 3, 1.1.9. */
const xmpChunk = "_PMX";
const packets = (riff: Riff): Uint8Array[] => riff.chunks.filter((c) => c.id === xmpChunk).map((c) => c.data);

function wave(bytes: Uint8Array): Riff {
  const riff = parseRiff(bytes);
  if (riff.form !== "WAVE") throw new InksealError("bad-file", "a RIFF file that is no WAVE");
  return riff;
}

/** Morse AI in the samples; AIGC as a RIFF chunk behind `fmt ` (TC260-PG-202510A); IPTC in XMP. */
export const wavFormatMarks: Format = {
  async content(bytes, { policy, provenance, watermarkKey }) {
    const where = policy.marks.audio;
    const riff = wave(bytes);
    const chunk = riff.chunks.find((c) => c.id === "data");
    if (chunk === undefined) return undefined;
    const format = wavFormat(riff);
    const marks: Mark[] = [];
    let { data } = chunk;
    const hidden = watermarkKey && embedInSamples(data, format, provenance.run, watermarkKey);
    if (hidden !== undefined) {
      data = hidden;
      marks.push({ layer: "watermark", method: watermarkMethod });
    }
    if (where !== "none") {
      data = withMorse(data, format, where);
      marks.push({ layer: "label", method: morse, data: { where, seconds: Math.round(morseSeconds * 100) / 100 } });
    }
    const chunks = riff.chunks.map((c) => (c === chunk ? { ...c, data } : c));
    return { bytes: writeRiff({ ...riff, chunks }), marks };
  },
  metadata(bytes, aigc, { source }) {
    const riff = wave(bytes);
    const described = withRiffChunk(riff, xmpChunk, utf8(withIptcXmp(packets(riff), source)));
    return {
      bytes: writeRiff(withRiffChunk(described, "AIGC", utf8(aigc), "fmt ")),
      marks: [aigcMark("riff"), iptcMark(digitalSourceType(source))],
    };
  },
  async read(bytes, watermarkKey) {
    const riff = wave(bytes);
    const xmp = textsOf(packets(riff));
    const own = riff.chunks.filter((c) => c.id === "AIGC").map((c) => ({ carrier: "riff", text: fromUtf8(c.data) ?? "" }));
    const aigc = [...own, ...xmp.flatMap(aigcInXmp).map((text) => ({ carrier: "xmp", text }))];
    const watermark = watermarkKey && (await detectInWave(riff, watermarkKey).catch(() => undefined));
    return { label: readLabel(riff), aigc, iptc: iptcVerdict(xmp), ...(watermark && { watermark }) };
  },
};

function readLabel(riff: Riff): LayerVerdict {
  const data = riff.chunks.find((c) => c.id === "data");
  if (data === undefined) return noLabel(morse);
  try {
    return labelInPcm(data.data, wavFormat(riff));
  } catch {
    return { ...noLabel(morse), detail: "the samples cannot be decoded" };
  }
}

/** Whether the rhythm is in PCM data. */
export function labelInPcm(data: Uint8Array, format: WavFormat): LayerVerdict {
  const found = readMorse(data, format);
  return found === undefined ? noLabel(morse) : foundLabel(morse, { where: found.where, at: Math.round(found.at * 100) / 100 });
}
