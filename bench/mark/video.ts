/**
 * The video watermark: what it costs a film, what it outlives, and whom it refuses. Sources are a film and what ffmpeg makes of photos and formulas,
 * 720p; attacks are ffmpeg's. Keys and payloads are random in every run. Each row is the share of films whose 8 bytes come back exactly;
 * `video_control` is nothing done but the passage through the encoder.
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { detectVideo, type VideoFormat, type VideoFrame, videoMark } from "@inkseal/mark";
import { ffmpegCoder } from "@inkseal/mark/node";
import type { Row } from "../run.ts";
import { mean } from "./figures.ts";
import { freshKey, freshPayload, same } from "./keys.ts";
import { forgery, type Lent } from "./video-forgery.ts";

const data = fileURLToPath(new URL("../../../shared/data/", import.meta.url));
const seconds = 3;
export const high = "-c:v libx264 -preset ultrafast -crf 12 -pix_fmt yuv420p -an".split(" ");
const photo = (name: string, filter: string): string[] => [
  ..."-loop 1 -r 25 -i".split(" "),
  `${data}photos/${name}.png`,
  "-vf",
  `scale=1600:-2,${filter}`,
];

/** By name: what ffmpeg makes the film of. */
export const films: Readonly<Record<string, readonly string[]>> = {
  film: ["-i", `${data}video/bigbuckbunny.mp4`],
  zoom: photo("kodim05", "zoompan=z='1+0.002*on':d=90:s=1280x720:fps=25"),
  pan: photo("kodim19", "crop=1280:720:x='min(3*n,in_w-out_w)':y='in_h/2-out_h/2'"),
  still: photo("kodim13", "crop=1280:720"),
  formula: ["-f", "lavfi", "-i", "mandelbrot=s=1280x720:r=25"],
  graphics: ["-f", "lavfi", "-i", "testsrc2=s=1280x720:r=30"],
  // these move fast
  fastpan: photo("kodim05", "scale=3200:-2,crop=1280:720:x='mod(24*n,in_w-out_w)':y='in_h/2-out_h/2'"),
  shake: photo("kodim23", "crop=1280:720:x='160+60*sin(2.1*n)':y='160+60*cos(1.7*n)'"),
  cuts: [
    ..."-framerate 5 -pattern_type glob -i".split(" "),
    `${data}photos/*.png`,
    "-vf",
    "scale=1280:720:force_original_aspect_ratio=increase,crop=1280:720,fps=25",
  ],
};

const x264 = (more: string): string[] => `${more} -c:v libx264 -preset veryfast`.trim().split(" ");
const attacks: Readonly<Record<string, readonly string[]>> = {
  video_control: ["-c", "copy"],
  video_crf28: x264("-crf 28"),
  video_crf32: x264("-crf 32"),
  video_vp9: "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -crf 36 -b:v 0".split(" "),
  video_480p: x264("-vf scale=-2:480 -crf 26"),
  video_fps24: x264("-vf fps=24 -crf 26"),
  video_crop60: x264("-vf crop=iw*0.775:ih*0.775:iw*0.17:ih*0.05 -crf 26"),
};

export async function videoRows({ quick, log }: { readonly quick: boolean; log(line: string): void }): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "inkseal-bench-video-"));
  const at = (name: string): string => join(folder, name);
  const ffmpeg = (...args: string[]): void => void execFileSync("ffmpeg", ["-v", "error", "-nostdin", "-y", ...args]);
  const coder = ffmpegCoder();
  const read = async (name: string): Promise<Uint8Array> => new Uint8Array(await readFile(at(name)));
  const tally = new Map(Object.keys(attacks).map((name) => [name, { right: 0, bound: 0, of: 0, lost: [] as string[] }]));
  const psnrs: number[] = [];
  const perSecond: { readonly mark: number; readonly whole: number }[] = [];
  const lent: Lent[] = [];
  let copies = 0;
  const doubted: string[] = [];
  let foreign = 0;
  let searched = 0;
  try {
    for (const [name, source] of Object.entries(films).slice(0, quick ? 2 : undefined)) {
      ffmpeg(...source, "-t", `${seconds}`, ...high, at("film.mp4"));
      const sampled = async (file: string, count = 40) => coder.sample(await read(file), { count, size: 448 });
      const [key, payload] = [freshKey(), freshPayload(8)];
      const started = process.cpuUsage();
      const begun = performance.now();
      let cost: Cost | undefined;
      const marked = await coder.repaint(await read("film.mp4"), (format) => {
        const mark = videoMark(format, key, payload);
        cost = costOf(format);
        return mark && ((frame) => cost?.around(frame, () => mark.next(frame)));
      });
      if (marked === undefined || cost === undefined) throw new Error(`${name} was refused`);
      const { user } = process.cpuUsage(started);
      perSecond.push({ mark: user / 1e6 / seconds, whole: (performance.now() - begun) / 1000 / seconds });
      psnrs.push(cost.psnr());
      await writeFile(at("marked.mp4"), marked);
      for (const [attack, args] of Object.entries(attacks)) {
        const out = attack === "video_vp9" ? "copy.webm" : "copy.mp4";
        ffmpeg("-i", at("marked.mp4"), "-an", ...args, at(out));
        const found = detectVideo(await sampled(out), key);
        const entry = tally.get(attack)!;
        entry.of++;
        if (same(found?.payload, payload)) entry.right++;
        else entry.lost.push(name);
        if (found?.belongs) entry.bound++;
        if (attack === "video_crf28") {
          copies++;
          if (!found?.belongs) doubted.push(name);
        }
      }
      lent.push({ name, key, payload, plain: await sampled("film.mp4", 12), marked: await sampled("marked.mp4", 12) });
      for (let n = 1; n < (quick ? 1 : 2); n++, copies++) {
        const other = freshKey();
        const again = await coder.repaint(await read("film.mp4"), (format) => videoMark(format, other, payload)?.next);
        await writeFile(at("again.mp4"), again!);
        ffmpeg("-i", at("again.mp4"), "-an", ...(attacks.video_crf28 as readonly string[]), at("copy.mp4"));
        if (!detectVideo(await sampled("copy.mp4"), other)?.belongs) doubted.push(name);
      }
      const plain = await sampled("film.mp4");
      for (let n = 0; n < (quick ? 2 : 5); n++, searched++) if (detectVideo(plain, freshKey()) !== undefined) foreign++;
      log(`${name}: ${cost.psnr().toFixed(1)} dB; ${[...tally].map(([a, t]) => `${a} ${t.right}/${t.of}`).join(", ")}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return [
    {
      name: "video_psnr_db",
      value: mean(psnrs),
      unit: "dB",
      bound: ">=42",
      note: `luma of every frame before it is coded again, mean of ${psnrs.length} films, least ${Math.min(...psnrs).toFixed(1)}`,
    },
    ...[...tally].map(([name, { right, bound, of, lost }]) => ({
      name,
      value: right / of,
      unit: "",
      ...(name !== "video_crf32" && { bound: ">=0.99" }),
      note: `${right} of ${of}${lost.length > 0 ? `, lost: ${lost.join(", ")}` : ""}; ${bound} borne out by the content`,
    })),
    await forgery(lent, quick ? 1 : 3),
    {
      name: "video_forgery_loss",
      value: doubted.length / copies,
      unit: "",
      bound: "<=0.02",
      note: `${copies} CRF 28 copies of genuine films, ${doubted.length} not borne out by their content${doubted.length > 0 ? `: ${doubted.join(", ")}` : ""}`,
    },
    {
      name: "video_fp",
      value: foreign,
      unit: "",
      bound: "==0",
      note: `of ${searched} searches of unmarked films with fresh keys; at most 1e-9 each by analysis`,
    },
    {
      name: "video_seconds",
      value: mean(perSecond.map((s) => s.whole)),
      unit: "s",
      note: `for a second of 720p, decoded, marked and coded; ${mean(perSecond.map((s) => s.mark)).toFixed(2)} s of it processor time of this process`,
    },
  ];
}

interface Cost {
  around(frame: VideoFrame, work: () => void): void;
  /** dB over levels of the full range, as PSNR of luma is told. */
  psnr(): number;
}

function costOf({ width, height }: VideoFormat): Cost {
  let squares = 0;
  let frames = 0;
  const before = new Uint8Array(width * height);
  return {
    around({ luma }, work) {
      before.set(luma);
      work();
      for (let i = 0; i < luma.length; i++) squares += ((luma[i] as number) - (before[i] as number)) ** 2;
      frames++;
    },
    psnr: () => 10 * Math.log10((65025 * frames * width * height) / squares),
  };
}
