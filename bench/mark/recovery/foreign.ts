/**
 * Foreign pieces by the ten thousand, as what is seen of them. `INKSEAL_BENCH_FOREIGN` names a folder with pictures, texts and sounds that are not
 * ours (photo collections, documents, recordings), which is read to its bottom; without it there are only pieces of the shared data.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { type Look, looker, methods, type Seen, soundSeen } from "@inkseal/mark";
import { resembling } from "@inkseal/pipeline";
import sharp from "sharp";
import { benchLedger } from "./house.ts";

export type Kind = "pictures" | "texts" | "sounds";

export interface Foreign {
  readonly kind: Kind;
  /** File that it was cut from. */
  readonly name: string;
  readonly seen: Seen;
}

const endings: Readonly<Record<string, Kind>> = {
  ...Object.fromEntries([".jpg", ".jpeg", ".png", ".webp"].map((e) => [e, "pictures"] as const)),
  ...Object.fromEntries([".txt", ".md", ".rst", ".adoc"].map((e) => [e, "texts"] as const)),
  ...Object.fromEntries([".wav", ".flac", ".ogg", ".mp3"].map((e) => [e, "sounds"] as const)),
};
/** Pieces of each kind, at most: registered, asked for, and of one file. */
const most = {
  registered: { pictures: 5000, texts: 8000, sounds: 1000 },
  asked: { pictures: 30_000, texts: 71_000, sounds: 4000 },
} as const;
const ofOne = { pictures: 5, texts: 40, sounds: 12 } as const;
/** Words of a passage; a character of Han is one. */
const passage = 150;
const margin = { head: 60, end: 300 } as const;

/**
 * Files below a folder, in an order that only their names give, by kind. Every third collection (a folder at the top) is for registering, the
 * others are for asking: what comes out of another collection is foreign, while within one there are second takes and repeated paragraphs.
 */
async function filesBelow(folder: string, role: keyof typeof most): Promise<Readonly<Record<Kind, string[]>>> {
  const files: Record<Kind, string[]> = { pictures: [], texts: [], sounds: [] };
  const collections = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const names = collections.map(({ name }) => name).sort();
  for (const [i, name] of names.entries()) {
    if ((i % 3 === 0) !== (role === "registered")) continue;
    for (const entry of await readdir(join(folder, name), { recursive: true, withFileTypes: true })) {
      const kind = endings[extname(entry.name).toLowerCase()];
      if (entry.isFile() && kind !== undefined) files[kind].push(join(entry.parentPath, entry.name));
    }
  }
  const order = (file: string): string => createHash("sha1").update(file.slice(folder.length)).digest("hex");
  for (const kind of Object.keys(files) as Kind[])
    files[kind] = files[kind]
      .map((file) => [order(file), file] as const)
      .sort()
      .map(([, file]) => file);
  return files;
}

/** What can be seen of the folder, up to a share of the most. */
export async function* foreignPieces(folder: string, role: keyof typeof most, share: number): AsyncGenerator<Foreign> {
  const files = await filesBelow(folder, role);
  const look = looker();
  const makers = { pictures: (file: string) => pictures(file, look), texts: (file: string) => texts(file, look), sounds };
  for (const kind of ["pictures", "texts", "sounds"] as const) {
    let left = Math.ceil(most[role][kind] * share);
    for (const file of files[kind]) {
      const seen = await makers[kind](file).catch(() => []); // not all of what lies in folders can be read
      for (const one of seen.slice(0, left)) yield { kind, name: file, seen: one };
      left -= seen.length;
      if (left <= 0) break;
    }
  }
}

/**
 * Looks up everything that is foreign among `own` prints and those of other collections. Which prints share a key is what the ledger's index
 * answers; here a map does, without the index's bounds, so that a hundred thousand take minutes; every thousandth piece asks both.
 */
export async function foreignLinks(own: readonly Seen[], folder: string, share: number, log: (line: string) => void) {
  const { ledger, close } = await benchLedger();
  const filed = new Map<string, Map<number, Filed[]>>();
  let serial = 0;
  const file = async (kind: string, { print: { alg, value } }: Seen): Promise<void> => {
    const keys = methods[alg]?.keys(value) ?? [];
    const one = { run: `run_${kind}_${serial++}`, value };
    const byKey = filed.get(alg) ?? new Map<number, Filed[]>();
    filed.set(alg, byKey);
    for (const key of keys) byKey.set(key, [...(byKey.get(key) ?? []), one]);
    await ledger.traces.put({ id: one.run, run: one.run, trace: { prints: [{ alg, value, keys }] } });
  };
  try {
    for (const seen of own) await file("own", seen);
    const registered = { pictures: 0, texts: 0, sounds: 0 };
    for await (const { kind, seen } of foreignPieces(folder, "registered", share)) {
      registered[kind]++;
      await file(kind, seen);
    }
    log(`recovery: ${JSON.stringify(registered)} registered out of the folder`);
    const asked = { pictures: 0, texts: 0, sounds: 0 };
    const pool: Record<string, Seen[]> = {};
    let links = 0;
    for await (const { kind, name, seen } of foreignPieces(folder, "asked", share)) {
      const { probe, print } = seen;
      pool[print.alg] ??= [];
      const kept = pool[print.alg] as Seen[];
      if (kept.length < mostKept) kept.push(seen);
      const near = new Set(probe.keys.flatMap((key) => filed.get(print.alg)?.get(key) ?? []));
      const within = [...near].filter(({ value }) => probe.distance(value) <= (methods[print.alg]?.limit ?? 0));
      const indexed = asked[kind]++ % 1000 === 0 ? await resembling([probe], ledger) : [];
      if (within.length === 0 && indexed.length === 0) continue;
      links++;
      log(`wrong link: ${name.slice(folder.length)}: ${within[0]?.run ?? indexed[0]?.run}`);
    }
    return { registered, asked, links, pool };
  } finally {
    await close();
  }
}

interface Filed {
  readonly run: string;
  readonly value: Uint8Array;
}

/** Of each kind what is kept to make a registry of. */
const mostKept = 3000;

/** A picture, and of a large one its four quarters. */
async function pictures(file: string, look: Look): Promise<Seen[]> {
  const all: Seen[] = [];
  const { width = 0, height = 0 } = await sharp(file).metadata();
  const [w, h] = [Math.floor(width / 2), Math.floor(height / 2)];
  const corners =
    Math.min(w, h) < 128
      ? []
      : [
          [0, 0],
          [w, 0],
          [0, h],
          [w, h],
        ];
  const parts = [
    undefined,
    ...corners.map(([left, top]) => ({ left: left as number, top: top as number, width: w, height: h })),
  ];
  for (const part of parts.slice(0, ofOne.pictures)) {
    const picture = part === undefined ? sharp(file) : sharp(file).extract(part);
    const small = picture.resize(512, 512, { fit: "inside", withoutEnlargement: true }).toColourspace("srgb").ensureAlpha();
    const { data, info } = await small.raw().toBuffer({ resolveWithObject: true });
    const pixels = new Uint8ClampedArray(data.buffer, data.byteOffset, data.length);
    all.push(...(await look(new Uint8Array(0), "image/png", { width: info.width, height: info.height, data: pixels })));
  }
  return all;
}

/** Passages of prose that follow each other. Heads and ends of articles are their collection's own words, code and addresses are nobody's. */
async function texts(file: string, look: Look): Promise<Seen[]> {
  const text = (await readFile(file, "utf8"))
    .slice(0, 400_000)
    .replace(/```[\s\S]*?(?:```|$)/g, " ")
    .replace(/https?:\/\/\S+/g, " ");
  const words = [...text.matchAll(/\p{Script=Han}|[\p{L}\p{N}]+/gu)].slice(margin.head, -margin.end);
  const all: Seen[] = [];
  for (let i = 0; i + passage <= words.length && all.length < ofOne.texts; i += passage) {
    const end = words[i + passage]?.index ?? text.length;
    all.push(...(await look(new TextEncoder().encode(text.slice(words[i]?.index, end)), "text/plain")));
  }
  return all;
}

/** Bytes below which a file is hardly three seconds. */
const leastSound = 40_000;

/** Ten seconds each, one behind the other. */
async function sounds(file: string): Promise<Seen[]> {
  const rate = 22_050;
  if ((await stat(file)).size < leastSound) return [];
  const mono = ["-t", "120", "-ac", "1", "-ar", `${rate}`, "-f", "f32le", "-"];
  const { stdout } = await promisify(execFile)("ffmpeg", ["-v", "error", "-nostdin", "-i", file, ...mono], {
    encoding: "buffer",
    maxBuffer: 1 << 26,
  });
  const samples = new Float32Array(new Uint8Array(stdout).buffer, 0, stdout.length >> 2);
  const pieces = Array.from({ length: Math.min(ofOne.sounds, Math.ceil(samples.length / (10 * rate))) }, (_, i) =>
    samples.slice(i * 10 * rate, (i + 1) * 10 * rate),
  );
  return pieces.map((piece) => soundSeen(piece, rate)).filter((seen): seen is Seen => seen !== undefined);
}
