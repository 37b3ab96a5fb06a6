/** What platforms and people do to sealed files, by libvips, ffmpeg and string operations: by nothing of ours. No copy keeps metadata. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { parseZip, zipData } from "@inkseal/codec";
import sharp from "sharp";
import { seeded } from "./items.ts";

export type Copy = readonly [name: string, bytes: Uint8Array];
const run = promisify(execFile);
const u8 = (buffer: Buffer): Uint8Array => new Uint8Array(buffer);

/** What platforms do to a picture: 1080 wide, compressed, and a part of a screen. libvips keeps no metadata. */
export async function pictureCopies(file: Uint8Array, name: string): Promise<Copy[]> {
  const small = () => sharp(file).resize(1080);
  const { width = 0, height = 0 } = await sharp(file).metadata();
  const random = seeded(name);
  const [w, h] = [Math.round(width * 0.85), Math.round(height * 0.85)];
  const part = { left: Math.floor(random() * (width - w)), top: Math.floor(random() * (height - h)), width: w, height: h };
  const screen = await sharp({ create: { width: w + 160, height: h + 120, channels: 3, background: "#f4f4f4" } })
    .composite([{ input: await sharp(file).extract(part).png().toBuffer(), left: 80, top: 70 }])
    .png()
    .toBuffer();
  return [
    ["jpeg 75", u8(await small().jpeg({ quality: 75 }).toBuffer())],
    ["jpeg 50", u8(await small().jpeg({ quality: 50 }).toBuffer())],
    ["webp 75", u8(await small().webp({ quality: 75 }).toBuffer())],
    ["webp 50", u8(await small().webp({ quality: 50 }).toBuffer())],
    ["avif 75", u8(await small().avif({ quality: 75, effort: 2 }).toBuffer())],
    ["avif 50", u8(await small().avif({ quality: 50, effort: 2 }).toBuffer())],
    ["screenshot", u8(screen)],
  ];
}

/** NFKC, hidden characters out, the label's line off; then a fifth of the words replaced, dropped or doubled. */
export function textCopies(file: Uint8Array, name: string, foreign: readonly string[]): Copy[] {
  return copiesOfWords(new TextDecoder().decode(file), name, foreign);
}

/** What a browser copies from a page, or an office suite from a document, pasted elsewhere: words alone, and a fifth of them changed. */
export function documentCopies(file: Uint8Array, name: string, foreign: readonly string[]): Copy[] {
  const zipped = file[0] === 0x50 ? zipData(file, parseZip(file), "word/document.xml", 1 << 22) : undefined;
  const xml = new TextDecoder().decode(zipped ?? file);
  const body = xml
    .slice(xml.search(/<(w:)?body/))
    .replace(/<\/(w:)?p>/g, "\n")
    .replace(/<[^>]*>/g, "");
  const words = body
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&#39;|&apos;/g, "'")
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, "&");
  return copiesOfWords(words, name, foreign);
}

function copiesOfWords(text: string, name: string, foreign: readonly string[]): Copy[] {
  const bare = text
    .normalize("NFKC")
    .replace(/\p{Default_Ignorable_Code_Point}/gu, "")
    .replace(/\n+\(AI-generated content\)\s*$/u, "");
  const random = seeded(name);
  const edited = bare.split(/\s+/).flatMap((word) => {
    if (random() >= 0.2) return [word];
    const kind = random();
    const other = foreign[Math.floor(random() * foreign.length)] as string;
    return kind < 0.34 ? [other] : kind < 0.67 ? [] : [word, other];
  });
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  return [
    ["stripped", encode(bare)],
    ["a fifth edited", encode(edited.join(" "))],
  ];
}

/** Transcoded and back, and a cut of five seconds. */
export const soundCopies = (file: Uint8Array): Promise<Copy[]> =>
  inFolder(async (at, ffmpeg) => {
    await writeFile(at("in.wav"), file);
    await ffmpeg("-i", at("in.wav"), "-map_metadata", "-1", "-b:a", "64k", at("a.mp3"));
    await ffmpeg("-i", at("a.mp3"), at("mp3.wav"));
    await ffmpeg("-i", at("in.wav"), "-map_metadata", "-1", "-c:a", "libopus", "-b:a", "32k", at("a.ogg"));
    await ffmpeg("-i", at("a.ogg"), "-ar", "22050", at("opus.wav"));
    await ffmpeg("-ss", "2.3", "-t", "5", "-i", at("in.wav"), "-af", "volume=0.5", at("cut.wav"));
    const read = async (name: string): Promise<Uint8Array> => u8(await readFile(at(name)));
    return [
      ["mp3 64k", await read("mp3.wav")],
      ["opus 32k", await read("opus.wav")],
      ["cut", await read("cut.wav")],
    ];
  });

/** The streaming services' own coding, harder and harder; at 480 lines; a cut from the second second on; and one still. */
export const filmCopies = (file: Uint8Array): Promise<Copy[]> =>
  inFolder(async (at, ffmpeg) => {
    await writeFile(at("in.mp4"), file);
    const bare = ["-map_metadata", "-1", "-map", "0:v", "-map", "0:a?", "-c:a", "aac", "-b:a", "64k"];
    const coded = async (name: string, crf: number, ...more: string[]): Promise<Copy> => {
      await ffmpeg(
        "-i",
        at("in.mp4"),
        ...bare,
        ...more,
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-crf",
        `${crf}`,
        at("out.mp4"),
      );
      return [name, u8(await readFile(at("out.mp4")))];
    };
    await ffmpeg("-ss", "2", "-i", at("in.mp4"), "-frames:v", "1", "-map_metadata", "-1", "-q:v", "6", at("still.jpg"));
    return [
      await coded("crf 28", 28),
      await coded("crf 30", 30),
      await coded("crf 32", 32),
      await coded("480p", 28, "-vf", "scale=-2:480"),
      await coded("cut", 28, "-ss", "1.3"),
      ["still", u8(await readFile(at("still.jpg")))],
    ];
  });

async function inFolder<T>(
  work: (at: (name: string) => string, ffmpeg: (...args: string[]) => Promise<unknown>) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "inkseal-recovery-"));
  try {
    return await work(
      (name) => join(folder, name),
      (...args) => run("ffmpeg", ["-v", "error", "-nostdin", "-y", ...args]),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
