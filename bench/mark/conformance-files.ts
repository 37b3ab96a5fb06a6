/** Files of every carrier, each another one: made by sharp, ffmpeg and by hand. Nothing here knows of marks. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { zipSync } from "fflate";
import sharp, { type Sharp } from "sharp";

export interface Kind {
  readonly type: string;
  readonly ending: string;
  /** Layers that sealing without a label has to put on. */
  readonly layers: readonly ("aigc" | "iptc" | "c2pa")[];
  /** The `i`-th file; `folder` is for what other programs write. */
  make(i: number, folder: string): Promise<Uint8Array>;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));
const words = (i: number): string =>
  Array.from({ length: 5 + (i % 40) }, (_, k) => "春江潮水连海平月共生灩灩隨波"[(i * 7 + k * k) % 14]).join("");

function picture(i: number, frames = 1): Sharp {
  const [width, height] = [32 + ((i * 37) % 300), 32 + ((i * 53) % 200)];
  const data = Buffer.alloc(width * height * 3 * frames, 0).map((_, k) => 60 + (((k * (3 + (i % 5))) ^ (k >> 7)) % 140));
  return sharp(data, {
    raw: { width, height: height * frames, channels: 3, ...(frames > 1 && { pageHeight: height }) } as never,
  });
}
const drawn =
  (encode: (picture: Sharp) => Sharp, frames?: number) =>
  async (i: number): Promise<Uint8Array> =>
    new Uint8Array(await encode(picture(i, frames)).toBuffer());
/** Half a second or more of a tone, or a test picture in motion, coded by ffmpeg. */
const coded =
  (ending: string, ...options: string[]) =>
  async (i: number, folder: string): Promise<Uint8Array> => {
    const seconds = 0.5 + (i % 5) / 10;
    const film = options.includes("-pix_fmt");
    const source = film
      ? `testsrc=size=${64 + 16 * (i % 6)}x${48 + 16 * (i % 4)}:rate=12:duration=${seconds}`
      : `sine=frequency=${200 + 37 * i}:duration=${seconds}`;
    const out = join(folder, `source.${ending}`);
    execFileSync("ffmpeg", ["-v", "error", "-y", "-f", "lavfi", "-i", source, ...options, out]);
    return new Uint8Array(readFileSync(out));
  };

function pdf(i: number): Uint8Array {
  const content = `BT /F1 12 Tf 20 50 Td (page ${i}) Tj ET`;
  const objects = [
    "<</Type /Catalog /Pages 2 0 R>>",
    "<</Type /Pages /Kids [3 0 R] /Count 1>>",
    "<</Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R /Resources <</Font <</F1 5 0 R>>>>>>",
    `<</Length ${content.length}>>\nstream\n${content}\nendstream`,
    "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
    ...(i % 2 === 0 ? [`<</Title (File ${i})>>`] : []),
  ];
  let out = "%PDF-1.7\n";
  const rows = objects.map((object, n) => {
    const row = `${String(out.length).padStart(10, "0")} 00000 n \n`;
    out += `${n + 1} 0 obj\n${object}\nendobj\n`;
    return row;
  });
  const trailer = `trailer\n<</Size ${objects.length + 1} /Root 1 0 R${i % 2 === 0 ? " /Info 6 0 R" : ""}>>`;
  return latin1(
    `${out}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows.join("")}${trailer}\nstartxref\n${out.length}\n%%EOF\n`,
  );
}

const office =
  (part: string, kind: string, body: (text: string) => string) =>
  async (i: number): Promise<Uint8Array> => {
    const open = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
    const packages = "http://schemas.openxmlformats.org/package/2006";
    const relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument";
    const rels = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>';
    const types = `${rels}<Override PartName="/${part}" ContentType="application/vnd.openxmlformats-officedocument.${kind}.main+xml"/>`;
    return zipSync({
      "[Content_Types].xml": utf8(`${open}<Types xmlns="${packages}/content-types">${types}</Types>`),
      "_rels/.rels": utf8(
        `${open}<Relationships xmlns="${packages}/relationships"><Relationship Id="rId1" Type="${relation}" Target="${part}"/></Relationships>`,
      ),
      [part]: utf8(open + body(words(i))),
    });
  };
const officeType = (kind: string): string => `application/vnd.openxmlformats-officedocument.${kind}`;

const midi = async (i: number): Promise<Uint8Array> =>
  latin1(
    `MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0\x0c\0\x90${String.fromCharCode(36 + (i % 48))}\x40\x60\x80\x3c\0\0\xff\x2f\0`,
  );
const svg = async (i: number): Promise<Uint8Array> =>
  utf8(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${40 + i}" height="30"><circle cx="${9 + (i % 20)}" cy="15" r="9" fill="#3${i % 10}9"/></svg>\n`,
  );

const all = ["aigc", "iptc", "c2pa"] as const;
const h264 = ["-c:v", "libx264", "-pix_fmt", "yuv420p"];

export const kinds: readonly Kind[] = [
  { type: "image/png", ending: "png", layers: all, make: drawn((p) => p.png()) },
  { type: "image/jpeg", ending: "jpg", layers: all, make: drawn((p) => p.jpeg({ quality: 80 })) },
  { type: "image/webp", ending: "webp", layers: all, make: drawn((p) => p.webp()) },
  { type: "image/gif", ending: "gif", layers: all, make: drawn((p) => p.gif(), 2) },
  { type: "image/avif", ending: "avif", layers: all, make: drawn((p) => p.avif({ effort: 0 })) },
  { type: "image/svg+xml", ending: "svg", layers: all, make: svg },
  { type: "audio/wav", ending: "wav", layers: all, make: coded("wav") },
  { type: "audio/mpeg", ending: "mp3", layers: all, make: coded("mp3", "-c:a", "libmp3lame") },
  { type: "audio/flac", ending: "flac", layers: all, make: coded("flac") },
  { type: "audio/ogg", ending: "ogg", layers: all, make: coded("ogg", "-c:a", "libvorbis") },
  { type: "audio/ogg", ending: "opus", layers: all, make: coded("opus", "-c:a", "libopus") },
  { type: "audio/mp4", ending: "m4a", layers: all, make: coded("m4a", "-c:a", "aac") },
  { type: "video/mp4", ending: "mp4", layers: all, make: coded("mp4", ...h264) },
  { type: "video/quicktime", ending: "mov", layers: all, make: coded("mov", ...h264) },
  {
    type: "video/webm",
    ending: "webm",
    layers: ["aigc", "iptc"],
    make: coded("webm", "-c:v", "libvpx", "-pix_fmt", "yuv420p"),
  },
  { type: "audio/midi", ending: "mid", layers: ["aigc", "iptc"], make: midi },
  { type: "application/pdf", ending: "pdf", layers: all, make: async (i) => pdf(i) },
  {
    type: officeType("wordprocessingml.document"),
    ending: "docx",
    layers: all,
    make: office(
      "word/document.xml",
      "wordprocessingml.document",
      (t) =>
        `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p>${t}</w:p></w:body></w:document>`,
    ),
  },
  {
    type: officeType("spreadsheetml.sheet"),
    ending: "xlsx",
    layers: all,
    make: office("xl/workbook.xml", "spreadsheetml.sheet", (t) => `<workbook><sheets><sheet name="${t}"/></sheets></workbook>`),
  },
  {
    type: officeType("presentationml.presentation"),
    ending: "pptx",
    layers: all,
    make: office(
      "ppt/presentation.xml",
      "presentationml.presentation",
      (t) => `<p:presentation xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main">${t}</p:presentation>`,
    ),
  },
  { type: "text/plain", ending: "txt", layers: ["c2pa"], make: async (i) => utf8(`${words(i)}\n`) },
  { type: "text/markdown", ending: "md", layers: ["aigc", "c2pa"], make: async (i) => utf8(`# ${i}\n\n*${words(i)}*\n`) },
  {
    type: "text/html",
    ending: "html",
    layers: all,
    make: async (i) =>
      utf8(`<!DOCTYPE html>\n<html><head><title>${i}</title></head>\n<body><p>${words(i)}</p></body></html>\n`),
  },
];
