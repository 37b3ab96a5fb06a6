/** Generated files of every carrier of a label, sealed as a house does and looked at by others: does each of them show it, and is it large enough? */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { PolicySchema } from "@inkseal/core";
import { createGuard } from "@inkseal/guard";
import { createMarker, makeIdentity, signerFrom } from "@inkseal/mark";
import { ffmpegCoder } from "@inkseal/mark/node";
import { type Browser, chromium, type Page } from "playwright-core";
import sharp from "sharp";
import type { Row } from "../run.ts";
import { type Grey, inkShare, morseIn } from "./conformance-ink.ts";
import { type LabelKind, labelKinds } from "./conformance-label-files.ts";

interface Labelled {
  readonly kind: LabelKind;
  readonly before: string;
  readonly after: string;
  /** The words and the corner mark that it may show. */
  readonly words: readonly string[];
}
/** What a reader finds: whether the label is there, and for pixels the height of its ink. */
interface Seen {
  readonly reader: string;
  readonly there: boolean;
  readonly ink?: number;
  /** Height in points, of a page. */
  readonly points?: number;
}

const python = "python3";
const browserPath = "/usr/bin/chromium";
const said = { "zh-CN": ["（本内容由人工智能生成）", "AI生成"], en: ["(AI-generated content)", "AI-generated"] } as const;
const places = ["head", "tail"] as const;

export async function labelRows({ quick, log }: { readonly quick: boolean; log(line: string): void }): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "inkseal-labels-"));
  const browser = existsSync(browserPath)
    ? await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] })
    : undefined;
  try {
    const now = Date.now();
    const id = await makeIdentity({ commonName: "labels", now });
    const signer = await signerFrom({ chainPem: id.chainPem, privateKeyPem: id.privateKeyPkcs8Pem });
    const marker = createMarker({
      producer: { code: "LABELS" },
      signer,
      trust: id.rootPem,
      now: () => now,
      video: ffmpegCoder(),
    });
    const files: Labelled[] = [];
    const faults = new Map<string, string[]>();
    const fault = (kind: LabelKind, what: string, file: string): void => {
      const key = `${kind.ending}: ${what}`;
      faults.set(key, [...(faults.get(key) ?? []), file]);
    };
    for (let i = 0; i < labelKinds.length * (quick ? 1 : 10); i++) {
      const kind = labelKinds[i % labelKinds.length] as LabelKind;
      const round = quick ? i + 1 : Math.floor(i / labelKinds.length); // languages and places change from file to file
      const language = round % 2 === 0 ? "zh-CN" : "en";
      const where = places[(round >> 1) % 2] as "head" | "tail";
      const policy = PolicySchema.parse({ name: "labels", marks: { language, text: where, audio: where, watermark: false } });
      const bytes = await kind.make(round + 1, folder);
      const part = await createGuard().open(policy).media({ mediaType: kind.type, bytes, last: true });
      if (part === undefined) throw new Error(`the guard does not know ${kind.type}`);
      const number = String(i).padStart(22, "0");
      const made = { engine: "bench", model: "labels", place: "embedded", source: "trained", locale: "en" } as const;
      const at = new Date(now).toISOString();
      const done = await marker.seal(part, policy, { run: `run_01kb${number}`, artifact: `art_01kb${number}`, at, ...made });
      const [before, after] = [`before-${i}`, `${i}`].map((name) => join(folder, `${name}.${kind.ending}`)) as [string, string];
      await Promise.all([writeFile(before, bytes), writeFile(after, done.bytes)]);
      if (!done.marks.some((m) => m.layer === "label")) fault(kind, `no label: ${done.warnings?.join() ?? ""}`, after);
      const own = (await marker.read(done.bytes)).layers.find((l) => l.layer === "label");
      if (own?.status !== "valid") fault(kind, "our own reading finds none", after);
      files.push({ kind, before, after, words: said[language] });
    }
    log(`${files.length} files labelled`);
    const printed = officePages(files, folder);
    const readers = new Map<string, number>();
    let [ink, points] = [1, Number.POSITIVE_INFINITY];
    for (const file of files) {
      const seen = await readersOf(file, printed, browser);
      const { ending } = file.kind;
      readers.set(ending, Math.min(readers.get(ending) ?? 9, seen.length));
      for (const one of seen) {
        if (!one.there) fault(file.kind, `${one.reader} does not find it`, file.after);
        if (one.ink !== undefined && one.ink < 0.05)
          fault(file.kind, `${one.reader} sees ink of ${one.ink.toFixed(3)}`, file.after);
        ink = Math.min(ink, one.ink ?? 1);
        points = Math.min(points, one.points ?? points);
      }
    }
    for (const [what, which] of faults) log(`${what} (${which.length} files: ${basename(which[0] as string)})`);
    const wrong = new Set([...faults.values()].flat()).size;
    const few = [...readers].filter(([, n]) => n < 2).map(([ending]) => ending);
    const note = `${files.length} files of ${labelKinds.length} kinds${few.length > 0 ? `; fewer than two other readers: ${few.join(" ")}` : ""}`;
    return [
      { name: "conformance_label", value: (files.length - wrong) / files.length, unit: "", bound: ">=1", note },
      { name: "conformance_label_readers", value: Math.min(...readers.values()), unit: "", bound: ">=2", note: [...readers].map(([e, n]) => `${e} ${n}`).join(", ") },
      { name: "conformance_label_ink", value: ink, unit: "", bound: ">=0.05", note: "least height of a label's ink over the shorter side, from the pixels of pictures and films" },
      { name: "conformance_label_points", value: points, unit: "pt", bound: ">=6", note: "least height of the ink of a label on a page" },
    ]; // biome-ignore format: rows
  } finally {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function readersOf(file: Labelled, printed: ReadonlyMap<string, string>, browser: Browser | undefined): Promise<Seen[]> {
  const { kind, before, after, words } = file;
  const { ending } = kind;
  const shows = (text: string): boolean => words.some((w) => text.includes(w));
  const inked = (reader: string, share: number): Seen => ({ reader, there: share > 0, ink: share });
  const is = (list: string): boolean => list.split(" ").includes(ending);
  const seen: Seen[] = [];
  const withPage = async <T>(look: (page: Page) => Promise<T>): Promise<T | undefined> => {
    const page = await browser?.newPage({ viewport: { width: 900, height: 700 } });
    if (page === undefined) return undefined;
    return look(page).finally(() => page.close());
  };
  if (is("png jpg webp avif gif anim.webp svg")) {
    const pages = (await sharp(after, { animated: true }).metadata()).pages ?? 1;
    const shares: number[] = [];
    for (let page = 0; page < pages; page++) shares.push(inkShare(await byVips(before, page), await byVips(after, page)));
    seen.push(inked("libvips", Math.min(...shares))); // of all frames the least
  }
  if (is("png jpg webp gif apng")) seen.push(inked("ffmpeg", inkShare(byFfmpeg(before, 0), byFfmpeg(after, 0))));
  if (is("mp4 webm")) seen.push(inked("ffmpeg", inkShare(byFfmpeg(before, 3.5), byFfmpeg(after, 3.5))));
  if (is("svg avif anim.webp apng mp4 webm")) {
    const shots = await withPage(
      async (page) => [await shot(page, before, is("mp4 webm")), await shot(page, after, is("mp4 webm"))] as const,
    );
    if (shots !== undefined) seen.push(inked("chromium", inkShare(...shots)));
  }
  if (is("wav"))
    for (const [reader, pcm] of [["ffmpeg", byFfmpegSound(after)], ["python", byPythonSound(after)]] as const) // biome-ignore format: one idea
      seen.push({ reader, there: morseIn(pcm, 24_000).split(" ").includes("AI") });
  if (is("pdf")) {
    seen.push({ reader: "pdftotext", there: shows(tool("pdftotext", after, "-")) });
    seen.push({ reader: "qpdf", there: tool("qpdf", "--check", after).includes("No syntax") });
    const [a, b] = [before, after].map((f) => byPoppler(f)) as [Grey, Grey];
    const points = (inkShare(a, b) * Math.min(b.width, b.height) * 72) / dpi;
    seen.push({ reader: "pdftoppm", there: points > 0, points });
    if (installed("mutool"))
      seen.push({ reader: "mutool", there: shows(tool("mutool", "draw", "-q", "-F", "txt", "-o", "-", after)) });
  }
  if (is("pptx xlsx docx")) {
    seen.push({ reader: "elementtree", there: shows(tool(python, "-c", officeText, after)) });
    const parts = { pptx: "ppt/slides/*.xml", xlsx: "xl/drawings/*.xml", docx: "word/document.xml" }[ending] as string;
    seen.push({ reader: "unzip", there: shows(tool("unzip", "-p", after, parts)) });
    const pages = printed.get(after);
    // its text has spaces between scripts
    if (pages !== undefined) seen.push({ reader: "libreoffice", there: shows(pages) });
  }
  if (is("html scene.html")) {
    seen.push({ reader: "html.parser", there: shows(tool(python, "-c", pageText, after)) });
    const text = await withPage(async (page) => {
      await page.goto(pathToFileURL(after).href);
      const found = await page.evaluate<string>(inPage);
      if (!is("scene.html")) return found;
      await page.keyboard.press("Enter"); // closes the start page; the corner mark stays
      const closed = await page.evaluate<string>(inPage);
      return found.startsWith("open") && closed.startsWith("closed") ? found : "";
    });
    if (text !== undefined) seen.push({ reader: "chromium", there: shows(text) });
  }
  if (is("txt md abc vtt srt"))
    seen.push(
      { reader: "grep", there: words.some((w) => spawnSync("grep", ["-qF", w, after]).status === 0) },
      { reader: "python", there: shows(tool(python, "-c", "import sys;sys.stdout.buffer.write(open(sys.argv[1],encoding='utf-8').read().encode())", after)) },
    ); // biome-ignore format: readers
  if (is("vtt srt"))
    seen.push({ reader: "ffmpeg", there: shows(tool("ffmpeg", "-v", "error", "-i", after, "-f", "srt", "-")) });
  return seen;
}

/** In the page: whether the start page of a scene is open, what is shown, and its corner mark. A text: the loader of this file writes helpers into functions. */
const inPage = `(() => {
  const tree = document.querySelector("ai-label")?.shadowRoot;
  const start = tree?.querySelector("details");
  const mark = tree?.querySelector("[role=note]");
  const shown = [start, mark].map((e) => (e?.getBoundingClientRect().width ?? 0) > 0);
  const state = start?.open && shown[0] ? "open" : shown[1] ? "closed" : "";
  return [state, document.body.innerText, shown[1] ? mark.textContent : ""].join(" ");
})()`;

const officeText = `import sys,zipfile,xml.etree.ElementTree as E
z=zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
t=[E.fromstring(z.read(n)) for n in z.namelist() if n.endswith(('.xml','.rels'))]
sys.stdout.buffer.write(''.join(x for r in t for x in r.itertext()).encode())`;
const pageText = `import sys,html.parser
class P(html.parser.HTMLParser):
    def handle_data(self,d): sys.stdout.buffer.write(d.encode())
P().feed(open(sys.argv[1],encoding='utf-8').read())`;

const dpi = 100;
const grey = (width: number, height: number, data: Uint8Array): Grey => ({ width, height, data });
async function byVips(file: string, page: number): Promise<Grey> {
  const { data, info } = await sharp(file, { page })
    .flatten({ background: "#888" })
    .greyscale()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return grey(info.width, info.height, data.subarray(0, info.width * info.height));
}
/** Binary PGM (Netpbm). */
function pgm(bytes: Buffer): Grey {
  const head = /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(bytes.subarray(0, 64).toString("latin1"));
  if (head === null) return grey(0, 0, new Uint8Array(0));
  return grey(Number(head[1]), Number(head[2]), bytes.subarray(head[0].length));
}
const byFfmpeg = (file: string, at: number): Grey =>
  pgm(
    raw(
      "ffmpeg",
      "-v",
      "fatal",
      ...(at > 0 ? ["-ss", String(at)] : []),
      "-i",
      file,
      "-frames:v",
      "1",
      "-pix_fmt",
      "gray",
      "-f",
      "image2pipe",
      "-c:v",
      "pgm",
      "-",
    ),
  );
const byPoppler = (file: string): Grey => pgm(raw("pdftoppm", "-gray", "-cropbox", "-r", String(dpi), "-l", "1", file));
const pcm16 = (bytes: Buffer): Float32Array =>
  Float32Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readInt16LE(2 * i) / 32_768);
const byFfmpegSound = (file: string): Float32Array =>
  pcm16(raw("ffmpeg", "-v", "fatal", "-i", file, "-ac", "1", "-ar", "24000", "-f", "s16le", "-"));
const byPythonSound = (file: string): Float32Array =>
  pcm16(
    raw(python, "-c", "import sys,wave;w=wave.open(sys.argv[1]);sys.stdout.buffer.write(w.readframes(w.getnframes()))", file),
  );

async function shot(page: Page, file: string, film: boolean): Promise<Grey> {
  await page.goto(pathToFileURL(file.replace(/[^/]*$/, "")).href).catch(() => undefined);
  const source = pathToFileURL(file).href;
  await page.setContent(film ? `<video muted src="${source}#t=3.5"></video>` : `<img src="${source}">`);
  const element = page.locator(film ? "video" : "img");
  await element.evaluate((e) =>
    e instanceof HTMLVideoElement
      ? new Promise((done) => (e.readyState > 2 && !e.seeking ? done(0) : e.addEventListener("seeked", () => done(0))))
      : (e as HTMLImageElement).decode(),
  );
  const { data, info } = await sharp(await element.screenshot())
    .greyscale()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return grey(info.width, info.height, data.subarray(0, info.width * info.height));
}

/** Text of documents as LibreOffice prints them, where it is installed; all in one run, which takes it as long as one. */
function officePages(files: readonly Labelled[], folder: string): ReadonlyMap<string, string> {
  const all = files.filter(({ kind }) => ["pptx", "xlsx"].includes(kind.ending)).map(({ after }) => after);
  if (!installed("soffice")) return new Map();
  const home = `-env:UserInstallation=${pathToFileURL(join(folder, "office")).href}`;
  tool("soffice", home, "--headless", "--convert-to", "pdf", "--outdir", join(folder, "printed"), ...all);
  const textOf = (file: string): string =>
    tool("pdftotext", join(folder, "printed", `${basename(file).replace(/\.\w+$/, "")}.pdf`), "-").replace(
      /AI 生成/g,
      "AI生成",
    );
  return new Map(all.map((file) => [file, textOf(file)]));
}

const programs = new Map<string, boolean>();
function installed(name: string): boolean {
  const known = programs.get(name) ?? spawnSync(name, ["--version"]).error === undefined;
  programs.set(name, known);
  return known;
}
/** What a program writes; empty where it fails, which counts against the file. */
function raw(name: string, ...args: string[]): Buffer {
  try {
    return execFileSync(name, args, { maxBuffer: 256 * 1024 * 1024, stdio: ["ignore", "pipe", "ignore"], timeout: 300_000 });
  } catch {
    return Buffer.alloc(0);
  }
}
const tool = (name: string, ...args: string[]): string => raw(name, ...args).toString("utf8");
