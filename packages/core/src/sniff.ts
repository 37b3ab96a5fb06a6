/** [media type, offset, bytes as latin-1 text; `?` matches any byte] in the order tried. */
const signatures: readonly (readonly [string, number, string])[] = [
  ["image/png", 0, "\x89PNG\r\n\x1a\n"],
  ["image/jpeg", 0, "\xff\xd8\xff"],
  ["image/gif", 0, "GIF8"],
  ["image/webp", 0, "RIFF????WEBP"],
  ["audio/wav", 0, "RIFF????WAVE"],
  ["video/x-msvideo", 0, "RIFF????AVI "],
  ["image/avif", 4, "ftypavif"],
  ["image/avif", 4, "ftypavis"],
  ["image/heic", 4, "ftyphei"],
  ["image/heic", 4, "ftypmif1"],
  ["audio/mp4", 4, "ftypM4A"],
  ["video/quicktime", 4, "ftypqt  "],
  ["video/mp4", 4, "ftyp"],
  ["video/webm", 0, "\x1a\x45\xdf\xa3"],
  ["audio/ogg", 0, "OggS"],
  ["audio/flac", 0, "fLaC"],
  ["audio/mpeg", 0, "\xff\xfb"],
  ["audio/mpeg", 0, "\xff\xf3"],
  ["audio/mpeg", 0, "\xff\xf2"],
  ["audio/aac", 0, "\xff\xf1"],
  ["audio/aac", 0, "\xff\xf9"],
  ["audio/midi", 0, "MThd"],
  ["image/jxl", 0, "\0\0\0\x0cJXL \r\n\x87\n"],
  ["image/tiff", 0, "II*\0"],
  ["image/tiff", 0, "MM\0*"],
  ["image/bmp", 0, "BM"],
  ["application/pdf", 0, "%PDF-"],
  ["application/zip", 0, "PK\x03\x04"],
  ["application/gzip", 0, "\x1f\x8b"],
  ["application/x-gguf", 0, "GGUF"],
];

/**
 * Media type of `bytes` by their first bytes, not by anybody's word. Text (valid UTF-8 without control characters
 * in the first 4 KiB) is `image/svg+xml`, MusicXML, ABC, `text/html` or `text/plain`; anything else `application/octet-stream`.
 */
export function sniff(bytes: Uint8Array): string {
  const tag = id3End(bytes);
  if (tag > 0) return matches(bytes, tag, "fLaC") ? "audio/flac" : "audio/mpeg";
  for (const [type, offset, text] of signatures) {
    if (matches(bytes, offset, text)) return type === "application/zip" ? sniffZip(bytes) : type;
  }
  return sniffText(bytes);
}

/** Length of a leading ID3v2 tag (its size in 7 bits a byte): MP3 has one, FLAC may. 0 without. */
function id3End(bytes: Uint8Array): number {
  if (!matches(bytes, 0, "ID3") || bytes.length < 10) return 0;
  const size = [6, 7, 8, 9].reduce((n, i) => n * 128 + ((bytes[i] as number) & 0x7f), 0);
  return 10 + size + (((bytes[5] as number) & 0x10) === 0 ? 0 : 10);
}

function matches(bytes: Uint8Array, offset: number, text: string): boolean {
  if (bytes.length < offset + text.length) return false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== "?" && bytes[offset + i] !== text.charCodeAt(i)) return false;
  }
  return true;
}

const musicXml = "application/vnd.recordare.musicxml+xml";
const office = "application/vnd.openxmlformats-officedocument.";
/** [main part, media type] of Office documents. */
const documents: readonly (readonly [string, string])[] = [
  ["word/document.xml", `${office}wordprocessingml.document`],
  ["xl/workbook.xml", `${office}spreadsheetml.sheet`],
  ["ppt/presentation.xml", `${office}presentationml.presentation`],
];

/** A zip by the names in its directory, as far as that stands in the last 64 KiB. */
function sniffZip(bytes: Uint8Array): string {
  const directory = new TextDecoder("latin1").decode(bytes.subarray(-65_536));
  if (!directory.includes("[Content_Types].xml")) return "application/zip";
  return documents.find(([name]) => directory.includes(name))?.[1] ?? "application/zip";
}

function sniffText(bytes: Uint8Array): string {
  if (bytes.length === 0) return "application/octet-stream";
  let head: string;
  try {
    // stream: a character cut at the 4 KiB edge is no error
    head = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, 4096), { stream: true });
  } catch {
    return "application/octet-stream";
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells binary from text
  if (/[\0-\x08\x0e-\x1f]/.test(head)) return "application/octet-stream";
  const start = head
    .replace(/^\s*(?:<!--[\s\S]*?-->\s*)*/, "")
    .slice(0, 512)
    .toLowerCase();
  if (start.startsWith("<svg") || (/^<(?:\?xml|!doctype svg)/.test(start) && head.includes("<svg"))) return "image/svg+xml";
  if (/^<(?:\?xml|!doctype score-partwise|score-partwise)/.test(start) && head.includes("<score-partwise")) return musicXml;
  // a file header may stand before the first tune's number (ABC 2.1, 2.2)
  if (/^(?:\uFEFF)?(?:%[^\n]*\n)*X:[ \t]*\d+[ \t]*\r?\n/.test(head) && /^K:/m.test(head)) return "text/vnd.abc";
  // of the names in the MIME Sniffing standard those that Markdown does not begin with
  if (/^<(?:!doctype html|html|head|body|title|meta|script|style)[\s>]/.test(start)) return "text/html";
  if (/^\ufeff?webvtt(?:\s|$)/.test(start)) return "text/vtt";
  if (/^\ufeff?\d+\r?\n\d{2}:\d{2}:\d{2},\d{3} --> \d/.test(start)) return "text/srt";
  return "text/plain";
}

const extensions: Readonly<Record<string, string>> = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/gif": "gif",
  "image/webp": "webp",
  "image/avif": "avif",
  "image/svg+xml": "svg",
  "audio/wav": "wav",
  "audio/mpeg": "mp3",
  "audio/ogg": "ogg",
  "audio/flac": "flac",
  "audio/mp4": "m4a",
  "audio/midi": "mid",
  "video/mp4": "mp4",
  "video/webm": "webm",
  "application/pdf": "pdf",
  [`${office}wordprocessingml.document`]: "docx",
  [`${office}spreadsheetml.sheet`]: "xlsx",
  [`${office}presentationml.presentation`]: "pptx",
  [musicXml]: "musicxml",
  "text/vnd.abc": "abc",
  "application/json": "json",
  "text/plain": "txt",
  "text/markdown": "md",
  "text/html": "html",
  "text/csv": "csv",
  "chemical/x-mdl-sdfile": "sdf",
  "chemical/x-daylight-smiles": "smi",
  "text/vtt": "vtt",
  "text/srt": "srt",
};
/** File extension, without the dot, of a media type; `bin` when unknown. */
export const extensionOf = (mediaType: string): string => extensions[mediaType.split(";")[0] as string] ?? "bin";
/** Media type of a file name's extension, or undefined. */
export function mediaTypeOf(name: string): string | undefined {
  const ext = name
    .slice(name.lastIndexOf(".") + 1)
    .toLowerCase()
    .replace(/^jpeg$/, "jpg")
    .replace(/^markdown$/, "md");
  return Object.entries(extensions).find(([, e]) => e === ext)?.[0];
}
