/** Files of every carrier of a label, each another one, as large as labels are read on. Nothing here knows of marks. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zipSync } from "fflate";
import sharp, { type Sharp } from "sharp";

export interface LabelKind {
  readonly type: string;
  readonly ending: string;
  make(i: number, folder: string): Promise<Uint8Array>;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const words = (i: number): string =>
  Array.from({ length: 5 + (i % 20) }, (_, k) => "春江潮水连海平月共生"[(i * 7 + k * k) % 10]).join("");

/** A smooth picture with some texture, dark or bright. */
function picture(i: number, frames = 1): Sharp {
  const [width, height] = [240 + ((i * 37) % 300), 200 + ((i * 53) % 200)];
  const level = i % 2 === 0 ? 40 : 190;
  const data = Buffer.alloc(width * height * 3 * frames).map((_, k) => level + (((k * 7) ^ (k >> 9)) % 24));
  return sharp(data, {
    raw: { width, height: height * frames, channels: 3, ...(frames > 1 && { pageHeight: height }) } as never,
  });
}
const drawn =
  (encode: (picture: Sharp) => Sharp, frames?: number) =>
  async (i: number): Promise<Uint8Array> =>
    new Uint8Array(await encode(picture(i, frames)).toBuffer());
const coded =
  (ending: string, source: (i: number) => string, ...options: string[]) =>
  async (i: number, folder: string): Promise<Uint8Array> => {
    const out = join(folder, `source.${ending}`);
    execFileSync("ffmpeg", ["-v", "error", "-y", "-f", "lavfi", "-i", source(i), ...options, out]);
    return new Uint8Array(readFileSync(out));
  };

/** One to four pages of several sizes, turned and cropped; every other with object streams, by qpdf. */
async function pdf(i: number, folder: string): Promise<Uint8Array> {
  const count = 1 + (i % 4);
  const size = ["0 0 595 842", "0 0 960 540", "20 30 632 822"][i % 3];
  const own = [`/Rotate ${90 * (i % 4)}`, i % 5 === 0 ? "/CropBox [40 50 500 520]" : ""].join(" ");
  const pages = Array.from({ length: count }, (_, n) => [
    `<</Type /Page /Parent 2 0 R ${own} /Contents ${5 + 2 * n} 0 R>>`,
    `<</Length 57>>\nstream\n${`BT /F1 12 Tf 80 ${200 + n} Td (page ${n} of file ${i}) Tj ET`.padEnd(57)}\nendstream`,
  ]);
  const objects = [
    "<</Type /Catalog /Pages 2 0 R>>",
    `<</Type /Pages /Kids [${pages.map((_, n) => `${4 + 2 * n} 0 R`).join(" ")}] /Count ${count} /MediaBox [${size}] /Resources <</Font <</F1 3 0 R>>>>>>`,
    "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
    ...pages.flat(),
  ];
  let out = "%PDF-1.7\n";
  const rows = objects.map((object, n) => {
    const row = `${String(out.length).padStart(10, "0")} 00000 n \n`;
    out += `${n + 1} 0 obj\n${object}\nendobj\n`;
    return row;
  });
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows.join("")}trailer\n<</Size ${objects.length + 1} /Root 1 0 R>>`;
  const file = new Uint8Array(Buffer.from(`${out}${table}\nstartxref\n${out.length}\n%%EOF\n`, "latin1"));
  if (i % 2 === 0) return file;
  const [from, to] = [join(folder, "plain.pdf"), join(folder, "packed.pdf")];
  writeFileSync(from, file);
  execFileSync("qpdf", ["--object-streams=generate", from, to]);
  return new Uint8Array(readFileSync(to));
}

const ns = "http://schemas.openxmlformats.org";
const related = (list: readonly (readonly [id: string, type: string, target: string])[]): string =>
  `<Relationships xmlns="${ns}/package/2006/relationships">${list.map(([id, type, target]) => `<Relationship Id="${id}" Type="${ns}/officeDocument/2006/relationships/${type}" Target="${target}"/>`).join("")}</Relationships>`;
const office = (kind: string): string => `application/vnd.openxmlformats-officedocument.${kind}`;
function document(main: string, parts: Readonly<Record<string, readonly [type: string, xml: string] | string>>): Uint8Array {
  const own = Object.entries(parts).filter(([, p]) => typeof p !== "string");
  const types = own.map(([name, p]) => `<Override PartName="/${name}" ContentType="${office(p[0] as string)}+xml"/>`).join("");
  const open = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
  const rels = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>';
  return zipSync({
    "[Content_Types].xml": utf8(`${open}<Types xmlns="${ns}/package/2006/content-types">${rels}${types}</Types>`),
    "_rels/.rels": utf8(open + related([["rId1", "officeDocument", main]])),
    ...Object.fromEntries(Object.entries(parts).map(([name, p]) => [name, utf8(open + (typeof p === "string" ? p : p[1]))])),
  });
}
const r = `${ns}/officeDocument/2006/relationships`;

async function pptx(i: number): Promise<Uint8Array> {
  const [p, a] = [`${ns}/presentationml/2006/main`, `${ns}/drawingml/2006/main`];
  const slides = Array.from({ length: 1 + (i % 3) }, (_, n) => n + 1);
  const tree = (text: string): string =>
    `<p:sld xmlns:p="${p}" xmlns:a="${a}"><p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/><p:sp><p:nvSpPr><p:cNvPr id="2" name="x"/><p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm><a:off x="900000" y="1500000"/><a:ext cx="5000000" cy="900000"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr><p:txBody><a:bodyPr/><a:p><a:r><a:t>${text}</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:sld>`;
  return document("ppt/presentation.xml", {
    "ppt/presentation.xml": ["presentationml.presentation.main", `<p:presentation xmlns:p="${p}" xmlns:r="${r}"><p:sldIdLst>${slides.map((n) => `<p:sldId id="${255 + n}" r:id="rId${n}"/>`).join("")}</p:sldIdLst><p:sldSz cx="${i % 2 ? 9144000 : 12192000}" cy="6858000"/><p:notesSz cx="6858000" cy="9144000"/></p:presentation>`],
    "ppt/_rels/presentation.xml.rels": related(slides.map((n) => [`rId${n}`, "slide", `slides/slide${n}.xml`])),
    ...Object.fromEntries(slides.map((n) => [`ppt/slides/slide${n}.xml`, ["presentationml.slide", tree(words(i + n))] as const])),
  }); // biome-ignore format: parts
}

async function xlsx(i: number): Promise<Uint8Array> {
  const s = `${ns}/spreadsheetml/2006/main`;
  const sheets = Array.from({ length: 1 + (i % 3) }, (_, n) => n + 1);
  const rows = Array.from({ length: 3 + (i % 5) }, (_, y) => `<row r="${y + 1}">${[..."ABCD"].slice(0, 1 + (i % 4)).map((c) => `<c r="${c}${y + 1}"><v>${i + y}</v></c>`).join("")}</row>`); // biome-ignore format: cells
  return document("xl/workbook.xml", {
    "xl/workbook.xml": ["spreadsheetml.sheet.main", `<workbook xmlns="${s}" xmlns:r="${r}"><sheets>${sheets.map((n) => `<sheet name="${words(n)}${n}" sheetId="${n}" r:id="rId${n}"/>`).join("")}</sheets></workbook>`],
    "xl/_rels/workbook.xml.rels": related(sheets.map((n) => [`rId${n}`, "worksheet", `worksheets/sheet${n}.xml`])),
    ...Object.fromEntries(sheets.map((n) => [`xl/worksheets/sheet${n}.xml`, ["spreadsheetml.worksheet", `<worksheet xmlns="${s}"><sheetData>${rows.join("")}</sheetData></worksheet>`] as const])),
  }); // biome-ignore format: parts
}

async function docx(i: number): Promise<Uint8Array> {
  const body = `<w:body><w:p><w:r><w:t>${words(i)}</w:t></w:r></w:p></w:body>`;
  const main = `<w:document xmlns:w="${ns}/wordprocessingml/2006/main">${body}</w:document>`;
  return document("word/document.xml", { "word/document.xml": ["wordprocessingml.document.main", main] });
}

const page =
  (body: string) =>
  async (i: number): Promise<Uint8Array> =>
    utf8(
      `<!DOCTYPE html>\n<html lang="zh"><head><meta charset="utf-8"><title>${i}</title></head><body><p>${words(i)}</p>${body}</body></html>\n`,
    );
const cue = (i: number): string => `00:00:0${i % 9}.000 --> 00:00:09.500\n${words(i)}\n`;
const size = (i: number): string => `size=${320 + 32 * (i % 4)}x${240 + 16 * (i % 4)}`;
const film = (i: number): string => `color=c=0x${i % 2 ? "404858" : "d0c8b8"}:${size(i)}:rate=5:duration=4`;

export const labelKinds: readonly LabelKind[] = [
  { type: "image/png", ending: "png", make: drawn((p) => p.png()) },
  { type: "image/jpeg", ending: "jpg", make: drawn((p) => p.jpeg({ quality: 85 })) },
  { type: "image/webp", ending: "webp", make: drawn((p) => p.webp()) },
  { type: "image/avif", ending: "avif", make: drawn((p) => p.avif({ effort: 0 })) },
  { type: "image/gif", ending: "gif", make: drawn((p) => p.gif(), 3) },
  { type: "image/png", ending: "apng", make: coded("apng", (i) => `testsrc=${size(i)}:rate=10:duration=0.5`, "-plays", "0") },
  { type: "image/webp", ending: "anim.webp", make: async (i) => drawn((p) => p.webp({ lossless: i % 2 === 0 }), 3)(i) },
  { type: "image/svg+xml", ending: "svg", make: async (i) => utf8(`<svg xmlns="http://www.w3.org/2000/svg" width="${240 + i}" height="200"><rect width="100%" height="100%" fill="#${i % 2 ? "eee" : "345"}"/></svg>\n`) }, // biome-ignore format: one line
  {
    type: "audio/wav",
    ending: "wav",
    make: coded("wav", (i) => `sine=frequency=${220 + 37 * (i % 9)}:duration=${1 + (i % 3)}`, "-ar", "24000"),
  },
  { type: "video/mp4", ending: "mp4", make: coded("mp4", film, "-c:v", "libx264", "-pix_fmt", "yuv420p") },
  { type: "video/webm", ending: "webm", make: coded("webm", film, "-c:v", "libvpx", "-pix_fmt", "yuv420p") },
  { type: "application/pdf", ending: "pdf", make: pdf },
  { type: office("presentationml.presentation"), ending: "pptx", make: pptx },
  { type: office("spreadsheetml.sheet"), ending: "xlsx", make: xlsx },
  { type: office("wordprocessingml.document"), ending: "docx", make: docx },
  { type: "text/html", ending: "html", make: page("") },
  { type: "text/html", ending: "scene.html", make: page("<canvas></canvas><script>document.title += '!'</script>") },
  { type: "text/plain", ending: "txt", make: async (i) => utf8(`${words(i)}\n`) },
  { type: "text/markdown", ending: "md", make: async (i) => utf8(`# ${i}\n\n*${words(i)}*\n`) },
  { type: "text/vtt", ending: "vtt", make: async (i) => utf8(`WEBVTT\n\n${cue(i)}`) },
  { type: "text/srt", ending: "srt", make: async (i) => utf8(`1\n${cue(i).replaceAll(".", ",")}`) },
  { type: "text/vnd.abc", ending: "abc", make: async (i) => utf8(`X:1\nT:${words(i)}\nL:1/8\nK:D\nDFAd fdAF|G8|]\n`) },
];
