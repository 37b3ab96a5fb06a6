/**
 * Whether verify finds the ledger's row after every bit of metadata was stripped, and whether it ever finds a wrong one. Copies are made by libvips,
 * ffmpeg and string operations: by nothing of ours. Rows `recovery`, `wrong_links`, and the parts of which they are made.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type MediaPart, PolicySchema, type Provenance, parseBrief, type RunRecord } from "@inkseal/core";
import { espeakEngine } from "@inkseal/engines";
import { createGuard } from "@inkseal/guard";
import { type Ledger, openLedger } from "@inkseal/ledger";
import { createMarker, type Marker, makeIdentity, methods, type Seen, signerFrom } from "@inkseal/mark";
import { resembling, verify } from "@inkseal/pipeline";
import { openBlobs, openDatabase } from "@inkseal/store";
import sharp from "sharp";
import type { Row } from "../run.ts";

const data = fileURLToPath(new URL("../../../shared/data/", import.meta.url));
const now = Date.UTC(2026, 10, 25);
const policy = PolicySchema.parse({ name: "bench" });
const run = promisify(execFile);

interface Item {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}
type Copy = readonly [name: string, bytes: Uint8Array];

/** Numbers from 0 to 1 that a name and a counter give. */
const seeded = (name: string): (() => number) => {
  let n = 0;
  return () => createHash("sha1").update(`${name} ${n++}`).digest().readUInt32BE() / 2 ** 32;
};

/** A house with nothing but marker and ledger. */
async function house() {
  const clock = { now: () => now, random: (length: number) => new Uint8Array(length).fill(5) };
  const database = await openDatabase();
  const ledger = await openLedger({ database, blobs: await openBlobs(), clock });
  const id = await makeIdentity({ commonName: "bench", now });
  const signer = await signerFrom({ chainPem: id.chainPem, privateKeyPem: id.privateKeyPkcs8Pem });
  const watermarkKey = new Uint8Array(32).fill(7);
  const marker = createMarker({ producer: { code: "BENCH" }, signer, trust: id.rootPem, now: clock.now, watermarkKey });
  const close = async () => {
    await ledger.close();
    await database.close();
  };
  return { marker, ledger, close };
}

let made = 0;
/** Seals and records a piece as the pipeline does; gives the file and the run. */
async function seal({ mediaType, bytes }: Item, marker: Marker, ledger: Ledger): Promise<{ run: string; bytes: Uint8Array }> {
  const part: MediaPart = { mediaType, bytes, last: true };
  const cleared = await createGuard().open(policy).media(part, AbortSignal.timeout(600_000));
  if (cleared === undefined) throw new Error(`${mediaType} was not cleared`);
  // a millisecond for each, as runs have: the sound's watermark says no more
  const serial = (1 + made++).toString(10).padStart(10, "0");
  const provenance: Provenance = {
    ...{ run: `run_${serial}${"0".repeat(16)}`, artifact: `art_${serial}`, at: new Date(now).toISOString() },
    ...{ engine: "a", model: "m", place: "local", source: "trained", locale: "en" },
  };
  const artifact = await marker.seal(cleared, policy, provenance);
  await ledger.traces.put(artifact);
  const record: RunRecord = {
    ...{ run: artifact.run, at: provenance.at, status: "done", task: "image", engine: "a", model: "m", policy: "bench" },
    ...{ decision: "allow", findings: [], marks: [...artifact.marks], briefDigest: "", outputDigest: artifact.sha256 },
    ...{ usage: {}, totalMs: 1, actor: "local", source: "api", attempts: [] },
    artifact: { id: artifact.id, sha256: artifact.sha256, mediaType, size: artifact.bytes.length },
  };
  await ledger.append(record);
  return { run: artifact.run, bytes: artifact.bytes };
}

const u8 = (buffer: Buffer): Uint8Array => new Uint8Array(buffer);

/** What platforms do to a picture: 1080 wide, compressed, and a part of a screen. libvips keeps no metadata. */
async function pictureCopies(file: Uint8Array, name: string): Promise<Copy[]> {
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

/** NFKC, hidden characters out, the label's line off, and a fifth of the words replaced, dropped or doubled. */
function textCopies(file: Uint8Array, name: string, foreign: readonly string[]): Copy[] {
  const bare = new TextDecoder()
    .decode(file)
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
async function soundCopies(file: Uint8Array): Promise<Copy[]> {
  const folder = await mkdtemp(join(tmpdir(), "inkseal-recovery-"));
  const at = (name: string): string => join(folder, name);
  const ffmpeg = (...args: string[]) => run("ffmpeg", ["-v", "error", "-y", ...args]);
  try {
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
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function photoFiles(): Promise<Item[]> {
  const names = (await readdir(join(data, "photos"))).filter((n) => n.endsWith(".png")).sort();
  return Promise.all(
    names.map(async (name) => ({ name, mediaType: "image/png", bytes: u8(await readFile(join(data, "photos", name))) })),
  );
}

/** Squares out of a photo: foreign to every other photo, and of the same kind. */
async function tiles({ name, bytes }: Item, side: number): Promise<Item[]> {
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
async function passages(): Promise<Item[]> {
  const words = (await readFile(join(data, "text/tinyshakespeare.txt"), "utf8")).split(/\s+/);
  return Array.from({ length: Math.floor(words.length / 300) }, (_, i) => ({
    name: `passage ${i}`,
    mediaType: "text/plain",
    bytes: new TextEncoder().encode(words.slice(i * 300, (i + 1) * 300).join(" ")),
  }));
}

/** Pieces of ten seconds of each recording, 22,050 Hz mono. */
async function sounds(each: number): Promise<Item[]> {
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
async function speech(texts: readonly Item[], count: number): Promise<Item[]> {
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

/** Every item against every item of another source, as prints: how many came within the limit, and the nearest. */
async function pairsApart(
  items: readonly Item[],
  marker: Marker,
): Promise<{ found: number; of: number; nearest: number; alg: string }> {
  const seen: { name: string; seen: Seen }[] = [];
  for (const { name, bytes } of items) {
    for (const one of await marker.look(bytes)) seen.push({ name, seen: one });
  }
  const alg = seen[0]?.seen.print.alg ?? "";
  const limit = methods[alg]?.limit ?? 0;
  const count = { found: 0, of: 0, nearest: 1, alg };
  for (const a of seen)
    for (const b of seen) {
      if (a.name === b.name) continue;
      const distance = a.seen.probe.distance(b.seen.print.value);
      count.of++;
      if (distance <= limit) count.found++;
      count.nearest = Math.min(count.nearest, distance);
    }
  return count;
}

export async function recoveryRows({
  quick,
  log,
}: {
  readonly quick: boolean;
  log(line: string): void;
}): Promise<readonly Row[]> {
  const { marker, ledger, close } = await house();
  const tally = new Map<string, { right: number; wrong: number; of: number; by: Record<string, number> }>();
  const count = (kind: string) => {
    const entry = tally.get(kind) ?? { right: 0, wrong: 0, of: 0, by: {} };
    tally.set(kind, entry);
    return entry;
  };
  /** A copy of a sealed piece, by verify and by its likeness alone. */
  const judge = async (kind: string, copies: readonly Copy[], sealed: string): Promise<void> => {
    for (const [name, bytes] of copies) {
      const report = await verify(bytes, { marker, ledger });
      const entry = count(`${kind} ${name}`);
      entry.of++;
      if (report.row?.run === sealed) entry.right++;
      else if (report.row !== undefined) entry.wrong++;
      entry.by[report.rowBy ?? "none"] = (entry.by[report.rowBy ?? "none"] ?? 0) + 1;
      const seen = await marker.look(bytes);
      const [nearest] = await resembling(
        seen.map(({ probe }) => probe),
        ledger,
      );
      const alone = count(`${kind} fingerprint alone`);
      alone.of++;
      if (nearest?.run === sealed) alone.right++;
      else if (nearest !== undefined) alone.wrong++;
    }
  };
  try {
    const photos = await photoFiles();
    const texts = await passages();
    const audio = await sounds(quick ? 2 : 6);
    // every second source is sealed, the others are foreign
    const sealedPhotos = photos.filter((_, i) => i % 2 === 0).slice(0, quick ? 3 : 6);
    const sealedTexts = texts.filter((_, i) => i % 10 === 0).slice(0, quick ? 20 : 60);
    const sources = [...new Set(audio.map((a) => a.name))];
    const sealedSounds = audio.filter((a) => sources.indexOf(a.name) % 2 === 0);
    log("recovery: pictures");
    for (const item of sealedPhotos) {
      const { run: id, bytes } = await seal(item, marker, ledger);
      await judge("picture", await pictureCopies(bytes, item.name), id);
    }
    log("recovery: texts");
    const vocabulary = new TextDecoder().decode(texts[5]?.bytes).split(" ");
    for (const item of sealedTexts) {
      const { run: id, bytes } = await seal(item, marker, ledger);
      await judge("text", textCopies(bytes, item.name, vocabulary), id);
    }
    log("recovery: sounds");
    for (const item of sealedSounds) {
      const { run: id, bytes } = await seal(item, marker, ledger);
      await judge("sound", await soundCopies(bytes), id);
    }
    log("recovery: foreign items");
    const foreign = [
      ...(await Promise.all(photos.filter((_, i) => i % 2 === 1).map((p) => tiles(p, 256)))).flat().slice(0, quick ? 6 : 36),
      ...photos.filter((_, i) => i % 2 === 1),
      ...texts.filter((_, i) => i % 10 !== 0).slice(0, quick ? 50 : 600),
      ...audio.filter((a) => sources.indexOf(a.name) % 2 === 1),
    ];
    let wrong = 0;
    for (const { bytes, name, mediaType } of foreign) {
      const report = await verify(bytes, { marker, ledger });
      if (report.row !== undefined || report.verdict === "recognised") {
        wrong++;
        log(`wrong link: ${mediaType} ${name}: ${report.rowBy}, ${report.resembles[0]?.distance}`);
      }
    }
    log("recovery: pairs of foreign prints");
    const small = (await Promise.all(photos.map(async (p) => [p, ...(await tiles(p, 256)), ...(await tiles(p, 128))]))).flat();
    const pairs = [
      await pairsApart(small, marker),
      await pairsApart(texts, marker),
      await pairsApart([...audio, ...(await speech(texts, quick ? 10 : 80))], marker),
    ];
    const entries = [...tally].filter(([kind]) => !kind.endsWith("alone"));
    const sum = (key: "right" | "wrong" | "of") => entries.reduce((n, [, e]) => n + e[key], 0);
    return [
      {
        name: "recovery",
        value: sum("right") / sum("of"),
        unit: "share",
        note: `${sum("right")} of ${sum("of")} stripped copies lead to their row`,
      },
      ...[...tally].map(([kind, e]) => ({
        name: `recovery_${kind.replaceAll(" ", "_")}`,
        value: e.right / e.of,
        unit: "share",
        note: `${e.of} copies, ${e.wrong} wrong${Object.entries(e.by)
          .map(([by, n]) => `, ${n} by ${by}`)
          .join("")}`,
      })),
      {
        name: "wrong_links",
        value: wrong + [...tally.values()].reduce((n, e) => n + e.wrong, 0),
        unit: "items",
        bound: "==0",
        note: `${foreign.length} foreign items and every copy above`,
      },
      ...pairs.map(({ found, of, nearest, alg }) => ({
        name: `false_links_${alg}`,
        value: found,
        unit: "pairs",
        bound: "==0",
        note: `of ${of} foreign pairs, the nearest at ${nearest.toFixed(3)}, limit ${methods[alg]?.limit.toFixed(3)}`,
      })),
    ];
  } finally {
    await close();
  }
}
