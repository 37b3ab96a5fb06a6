import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { concat, latin1, utf8, writeRiff } from "@inkseal/codec";
import { type Cleared, defaultPolicy, type MediaPart, type Policy, PolicySchema, type Provenance } from "@inkseal/core";
import { zipSync } from "fflate";
import sharp, { type WebpOptions } from "sharp";
import { makeIdentity, signerFrom } from "../src/index.ts";

export const at = "2026-11-23T12:00:00Z";
export const now = Date.parse(at);
export const provenance: Provenance = {
  run: "run_01kaqf8q5v0000000000000000",
  artifact: "art_01kaqf8q5v0000000000000001",
  at,
  engine: "espeak",
  model: "cmn",
  place: "embedded",
  source: "trained",
  locale: "zh-CN",
};
export const policy: Policy = defaultPolicy;
export const withMarks = (marks: Partial<Policy["marks"]>): Policy => PolicySchema.parse({ name: "test", marks });

export const cleared = (mediaType: string, bytes: Uint8Array): Cleared<MediaPart> =>
  ({ mediaType, bytes, last: true }) as Cleared<MediaPart>;

export async function identity() {
  const made = await makeIdentity({ commonName: "Inkseal test", now });
  return { ...made, signer: await signerFrom({ chainPem: made.chainPem, privateKeyPem: made.privateKeyPkcs8Pem }) };
}

/** A picture of `base` grey with some structure, so that decoders have something to get wrong. */
export const pixels = (width: number, height: number, base: number): Uint8Array =>
  Uint8Array.from({ length: width * height * 3 }, (_, i) => base + (((i * 7) ^ (i >> 6)) & 15));
export const picture = (width: number, height: number, base = 120) =>
  sharp(pixels(width, height, base), { raw: { width, height, channels: 3 } });
export const png = async (width = 320, height = 240, base = 120) =>
  new Uint8Array(await picture(width, height, base).png().toBuffer());
export const jpeg = async (width = 320, height = 240, base = 120) =>
  new Uint8Array(await picture(width, height, base).jpeg({ quality: 90 }).toBuffer());

/** 16-bit WAV with a sweep; `seconds` long. */
export const wav = (rate = 16_000, seconds = 1, channels = 1): Uint8Array => {
  const frames = Math.round(rate * seconds);
  return wavOf(
    rate,
    channels,
    new Int16Array(frames * channels).map((_, i) => 8000 * Math.sin(i * (0.05 + i / frames / 20))),
  );
};

/** 16-bit mono WAV of syllables of noise, which has something in every band. */
export function noisyWav(rate: number, seconds: number): Uint8Array {
  let state = 1;
  return wavOf(
    rate,
    1,
    new Int16Array(rate * seconds).map((_, i) => {
      state = (state * 48271) % 2147483647;
      return 12_000 * (state / 2147483647 - 0.5) * (1 + Math.sin((i / rate) * 25));
    }),
  );
}

function wavOf(rate: number, channels: number, data: Int16Array<ArrayBuffer>): Uint8Array {
  const fmt = new DataView(new ArrayBuffer(16));
  fmt.setUint16(0, 1, true);
  fmt.setUint16(2, channels, true);
  fmt.setUint32(4, rate, true);
  fmt.setUint32(8, rate * channels * 2, true);
  fmt.setUint16(12, channels * 2, true);
  fmt.setUint16(14, 16, true);
  return writeRiff({
    form: "WAVE",
    chunks: [
      { id: "fmt ", data: new Uint8Array(fmt.buffer), offset: 0 },
      { id: "data", data: new Uint8Array(data.buffer), offset: 0 },
      { id: "LIST", data: latin1("INFOIART\x04\0\0\0me\0\0"), offset: 0 },
    ],
    trailing: new Uint8Array(0),
  });
}
export const svg = (): Uint8Array =>
  utf8(
    `<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 30" width="40" height="30"><!-- 图 -->` +
      `<rect width="40" height="30" fill="#369"/><circle cx="20" cy="15" r="9" fill="#fc3"/><desc>a coin on a blue table</desc></svg>\n`,
  );
/** Two frames, so that nothing may take it for a picture that stands still. */
export const gif = async () => {
  const frames = concat([pixels(48, 36, 60), pixels(48, 36, 160)]);
  const raw = { width: 48, height: 72, channels: 3 as const, pageHeight: 36 };
  return new Uint8Array(await sharp(frames, { raw }).gif().toBuffer());
};
export const webp = async (options: WebpOptions = { quality: 60 }) =>
  new Uint8Array(await picture(160, 120).webp(options).toBuffer());

export const avif = async (width = 64, height = 48) =>
  new Uint8Array(await picture(width, height).avif({ quality: 40, effort: 0 }).toBuffer());

/** One page with a line of text, with a table of cross-references. */
export function pdf(): Uint8Array {
  const words = "BT /F1 12 Tf 20 50 Td (hello) Tj ET";
  const objects = [
    "<</Type /Catalog /Pages 2 0 R>>",
    "<</Type /Pages /Kids [3 0 R] /Count 1>>",
    "<</Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R /Resources <</Font <</F1 5 0 R>>>>>>",
    `<</Length ${words.length}>>\nstream\n${words}\nendstream`,
    "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
    "<</Title (A \\(small\\) page)>>",
  ];
  let out = "%PDF-1.7\n";
  const rows = objects.map((o, i) => {
    const row = `${String(out.length).padStart(10, "0")} 00000 n \n`;
    out += `${i + 1} 0 obj\n${o}\nendobj\n`;
    return row;
  });
  const table = `xref\n0 7\n0000000000 65535 f \n${rows.join("")}trailer\n<</Size 7 /Root 1 0 R /Info 6 0 R>>\n`;
  return latin1(`${out}${table}startxref\n${out.length}\n%%EOF\n`);
}
export const docxType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
/** A document of one paragraph, members deflated. */
export function docx(): Uint8Array {
  const open = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
  const w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
  const packages = "http://schemas.openxmlformats.org/package/2006";
  const main = `<Override PartName="/word/document.xml" ContentType="${docxType}.main+xml"/>`;
  const xml = '<Default Extension="xml" ContentType="application/xml"/>';
  const rels = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>';
  const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument";
  const relation = `<Relationship Id="rId1" Type="${office}" Target="word/document.xml"/>`;
  return zipSync({
    "[Content_Types].xml": utf8(`${open}<Types xmlns="${packages}/content-types">${rels}${xml}${main}</Types>`),
    "_rels/.rels": utf8(`${open}<Relationships xmlns="${packages}/relationships">${relation}</Relationships>`),
    "word/document.xml": utf8(
      `${open}<w:document xmlns:w="${w}"><w:body><w:p><w:r><w:t>春</w:t></w:r></w:p></w:body></w:document>`,
    ),
  });
}
/** One note. */
export const midi = (): Uint8Array =>
  latin1("MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0\x12\0\xff\x03\x02ab\0\x90\x3c\x40\x60\x80\x3c\0\0\xff\x2f\0");
export const musicXml = (): Uint8Array =>
  utf8(
    `<?xml version="1.0" encoding="UTF-8"?>\n<score-partwise version="4.0"><work><work-title>春</work-title></work><part-list><score-part id="P1"><part-name>x</part-name></score-part></part-list><part id="P1"><measure number="1"><note><rest/><duration>4</duration></note></measure></part></score-partwise>\n`,
  );
export const html = (): Uint8Array =>
  utf8(
    `<!DOCTYPE html>\n<html lang="zh"><head><meta charset="utf-8"><title>春</title></head>\n<body><p>春眠不觉晓</p></body></html>\n`,
  );

/** A file of `test/samples`, each made by ffmpeg (a sine of 440 Hz, a test picture). */
export const sample = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`samples/${name}`, import.meta.url))));

/** One file of every carrier, with the layers that sealing it puts on. */
export const carriers = async (): Promise<Carrier[]> => [
  { type: "image/png", bytes: await png(), layers: ["label", "aigc", "iptc", "c2pa"] },
  { type: "image/jpeg", bytes: await jpeg(), layers: ["label", "aigc", "iptc", "c2pa"] },
  { type: "image/webp", bytes: await webp(), layers: ["label", "aigc", "iptc", "c2pa"] },
  { type: "image/gif", bytes: await gif(), layers: ["label", "aigc", "iptc", "c2pa"] },
  { type: "image/avif", bytes: await avif(), layers: ["label", "aigc", "iptc", "c2pa"] },
  { type: "image/svg+xml", bytes: svg(), layers: ["label", "aigc", "iptc", "c2pa"] },
  { type: "audio/wav", bytes: wav(), layers: ["label", "aigc", "iptc", "c2pa"] },
  { type: "audio/mpeg", bytes: sample("tone.mp3"), layers: ["aigc", "iptc", "c2pa"] },
  { type: "audio/flac", bytes: sample("tone.flac"), layers: ["aigc", "iptc", "c2pa"] },
  { type: "audio/ogg", bytes: sample("tone.ogg"), layers: ["aigc", "iptc", "c2pa"], alone: true },
  { type: "audio/mp4", bytes: sample("tone.m4a"), layers: ["aigc", "iptc", "c2pa"] },
  { type: "video/mp4", bytes: sample("test.mp4"), layers: ["aigc", "iptc", "c2pa"] },
  { type: "video/webm", bytes: sample("test.webm"), layers: ["aigc", "iptc"] },
  { type: "audio/midi", bytes: midi(), layers: ["label", "aigc", "iptc"] },
  { type: "application/vnd.recordare.musicxml+xml", bytes: musicXml(), layers: ["label", "aigc", "iptc"] },
  { type: "text/vnd.abc", bytes: utf8("X:1\nT:Reel\nL:1/8\nK:D\nDFAd fdAF|G8|]\n"), layers: ["label", "aigc", "iptc"] },
  { type: "application/pdf", bytes: pdf(), layers: ["label", "aigc", "iptc", "c2pa"] },
  { type: docxType, bytes: docx(), layers: ["label", "aigc", "iptc", "c2pa"], alone: true },
  { type: "text/plain", bytes: utf8("春眠不觉晓，\n处处闻啼鸟。\n"), layers: ["label", "c2pa"], alone: true },
  { type: "text/markdown", bytes: utf8("# 春\n\n*Caf\u00e9* <b>noir</b>\n"), layers: ["label", "aigc", "c2pa"], alone: true },
  { type: "text/html", bytes: html(), layers: ["label", "aigc", "iptc", "c2pa"], alone: true },
];
export interface Carrier {
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly layers: readonly string[];
  /** c2pa-rs (0.5.5 for Node) does not read this container. */
  readonly alone?: true;
}
export const sampleFiles = async (): Promise<[mediaType: string, bytes: Uint8Array][]> =>
  (await carriers()).map((c) => [c.type, c.bytes]);
