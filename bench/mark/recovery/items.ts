/** Pieces to seal and foreign pieces of the same kinds, out of the data that the benchmarks share. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parseZip, utf8, withZipMembers } from "@inkseal/codec";
import { parseBrief } from "@inkseal/core";
import { espeakEngine } from "@inkseal/engines";
import sharp from "sharp";
import { films, high } from "../video.ts";

const data = fileURLToPath(new URL("../../../../shared/data/", import.meta.url));
const run = promisify(execFile);
const u8 = (buffer: Buffer): Uint8Array => new Uint8Array(buffer);

export interface Item {
  /** What it was cut from: pieces of one name may have content in common. */
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** Numbers from 0 to 1 that a name and a counter give. */
export const seeded = (name: string): (() => number) => {
  let n = 0;
  return () => createHash("sha1").update(`${name} ${n++}`).digest().readUInt32BE() / 2 ** 32;
};

export async function photoFiles(): Promise<Item[]> {
  const names = (await readdir(join(data, "photos"))).filter((n) => n.endsWith(".png")).sort();
  return Promise.all(
    names.map(async (name) => ({ name, mediaType: "image/png", bytes: u8(await readFile(join(data, "photos", name))) })),
  );
}

/** Squares out of a photo: foreign to every other photo, and of the same kind. */
export async function tiles({ name, bytes }: Item, side: number): Promise<Item[]> {
  const { width = 0, height = 0 } = await sharp(bytes).metadata();
  const places = Array.from({ length: Math.floor(height / side) }, (_, y) =>
    Array.from({ length: Math.floor(width / side) }, (_, x) => ({ left: x * side, top: y * side, width: side, height: side })),
  ).flat();
  return Promise.all(
    places.map(async (place) => ({
      name,
      mediaType: "image/png",
      bytes: u8(await sharp(bytes).extract(place).png().toBuffer()),
    })),
  );
}

/** Passages of 300 words. */
export async function passages(): Promise<Item[]> {
  const words = (await readFile(join(data, "text/tinyshakespeare.txt"), "utf8")).split(/\s+/);
  return Array.from({ length: Math.floor(words.length / 300) }, (_, i) => ({
    name: `passage ${i}`,
    mediaType: "text/plain",
    bytes: new TextEncoder().encode(words.slice(i * 300, (i + 1) * 300).join(" ")),
  }));
}

/** A passage as a page and as a document, a sentence a paragraph. */
export function documentsOf({ name, bytes }: Item): Item[] {
  const escaped = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  const sentences = new TextDecoder()
    .decode(bytes)
    .split(/(?<=[.!?]) /)
    .map(escaped);
  const html = `<!DOCTYPE html><html lang="en"><head><title>A passage</title></head><body><p>${sentences.join("</p>\n<p>")}</p></body></html>`;
  const office = "http://schemas.openxmlformats.org";
  const word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
  const paragraphs = sentences.map((text) => `<w:p><w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`).join("");
  const members: Readonly<Record<string, string>> = {
    "[Content_Types].xml": `<Types xmlns="${office}/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="${word}.main+xml"/></Types>`,
    "_rels/.rels": `<Relationships xmlns="${office}/package/2006/relationships"><Relationship Id="rId1" Type="${office}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
    "word/document.xml": `<w:document xmlns:w="${office}/wordprocessingml/2006/main"><w:body>${paragraphs}</w:body></w:document>`,
  };
  const empty = Uint8Array.from({ length: 22 }, (_, i) => [0x50, 0x4b, 5, 6][i] ?? 0);
  const docx = withZipMembers(
    empty,
    parseZip(empty),
    Object.entries(members).map(([path, xml]) => [path, utf8(xml)] as const),
  ).file;
  return [
    { name, mediaType: "text/html", bytes: utf8(html) },
    { name, mediaType: word, bytes: docx },
  ];
}

/** Pieces of ten seconds of each recording, 22,050 Hz mono. */
export async function sounds(each: number): Promise<Item[]> {
  const names = (await readdir(join(data, "audio"))).filter((n) => n.endsWith(".ogg")).sort();
  const folder = await mkdtemp(join(tmpdir(), "inkseal-recovery-"));
  const items: Item[] = [];
  try {
    for (const name of names)
      for (let i = 0; i < each; i++) {
        const out = join(folder, "piece.wav");
        const cut = ["-ss", String(i * 10), "-t", "10", "-i", join(data, "audio", name)];
        await run("ffmpeg", ["-v", "error", "-y", ...cut, "-ac", "1", "-ar", "22050", "-map_metadata", "-1", "-bitexact", out]);
        const bytes = u8(await readFile(out));
        if (bytes.length > 22_050 * 2 * 6) items.push({ name, mediaType: "audio/wav", bytes });
      }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return items;
}

/** Passages spoken by one built-in voice: what this house makes most, and what is likest to each other. */
export async function speech(texts: readonly Item[], count: number): Promise<Item[]> {
  const engine = espeakEngine();
  const items: Item[] = [];
  try {
    for (const { name, bytes } of texts.slice(0, count)) {
      const text = new TextDecoder().decode(bytes).split(" ").slice(0, 30).join(" ");
      const brief = parseBrief({ task: "speech", text });
      const plan = { kind: "plan", version: 1, brief, engine, model: "en", seed: undefined, warnings: [] } as const;
      for await (const batch of engine.generate(plan, AbortSignal.timeout(600_000)))
        for (const { media } of batch) if (media?.last) items.push({ name, mediaType: "audio/wav", bytes: media.bytes });
    }
  } finally {
    await engine.close?.();
  }
  return items;
}

/** The films of `video.ts`, of five seconds; every second one with the sound of a recording. */
export async function filmFiles(count: number): Promise<Item[]> {
  const folder = await mkdtemp(join(tmpdir(), "inkseal-recovery-"));
  const recordings = (await readdir(join(data, "audio"))).filter((n) => n.endsWith(".ogg")).sort();
  const out = join(folder, "film.mp4");
  const items: Item[] = [];
  try {
    for (const [i, [name, source]] of Object.entries(films).slice(0, count).entries()) {
      const silent = high.filter((arg) => arg !== "-an");
      const sound = ["-ss", "2", "-i", join(data, "audio", recordings[i % recordings.length] as string)];
      // the sound's input goes in front of the filters of the picture's
      const at = source.findIndex((arg, k) => arg === "-i" && source.indexOf("-i", k + 1) < 0) + 2;
      const wanted =
        i % 2 === 0 ? [...source.slice(0, at), ...sound, ...source.slice(at), "-map", "0:v", "-map", "1:a"] : source;
      await run("ffmpeg", ["-v", "error", "-nostdin", "-y", ...wanted, "-t", "5", ...(i % 2 === 0 ? silent : high), out]);
      items.push({ name, mediaType: "video/mp4", bytes: u8(await readFile(out)) });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return items;
}
