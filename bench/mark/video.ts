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
  let foreign = 0;
  let searched = 0;
  try {
    for (const [name, source] of Object.entries(films).slice(0, quick ? 2 : undefined)) {
      ffmpeg(...source, "-t", `${seconds}`, ...high, at("film.mp4"));
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
        const found = detectVideo(await coder.sample(await read(out), { count: 40, size: 448 }), key);
        const entry = tally.get(attack)!;
        entry.of++;
        if (same(found?.payload, payload)) entry.right++;
        else entry.lost.push(name);
        if (found?.belongs) entry.bound++;
      }
      const plain = await coder.sample(await read("film.mp4"), { count: 40, size: 448 });
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
