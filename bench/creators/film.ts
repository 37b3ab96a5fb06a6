/** Film: a narrated film of half a minute from a cold start, its memory, its loudness, and whether captions come with the voice. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findFfmpeg } from "@inkseal/engines";
import { ffmpegCoder } from "@inkseal/mark/node";
import { runJson } from "../lab/table.ts";
import type { Claim, Row } from "../run.ts";

type Options = Parameters<Claim["run"]>[0];

/** 30 s at the pace of verse; and a shorter one for `--quick`. */
const poem = [
  "春江花月夜",
  "[唐] 张若虚",
  "",
  "春江潮水连海平，海上明月共潮生。",
  "滟滟随波千万里，何处春江无月明。",
  "江流宛转绕芳甸，月照花林皆似霰。",
  "空里流霜不觉飞，汀上白沙看不见。",
];
interface Film {
  readonly seconds: number;
  /** Of them until the film was handed over to be sealed, of so many bytes. */
  readonly drawn: number;
  readonly handedOver: number;
  readonly peakMib: number;
  readonly sealedPeakMib: number;
  readonly encoderMib: number;
  readonly filmSeconds: number;
  readonly segments: readonly { readonly start: number; readonly end: number }[];
}
/** Sound this much under full scale is silence, dB. */
const silence = -42;

export async function film({ quick, log }: Options): Promise<Row[]> {
  if ((await findFfmpeg(process.env.PATH)) === undefined) {
    log("  film: skipped, there is no ffmpeg (apt install ffmpeg)");
    return [];
  }
  const folder = await mkdtemp(join(tmpdir(), "inkseal-bench-"));
  const script = fileURLToPath(new URL("film-run.ts", import.meta.url));
  const text = poem.slice(0, quick ? 5 : undefined).join("\n");
  const handed = join(folder, "handed.mp4");
  const make = async (name: string, own: object, ...more: string[]): Promise<Film & { path: string }> => {
    const path = join(folder, name);
    const brief = { task: "video", text, controls: { size: "1280x720", own } };
    const made: Film = await runJson(script, [JSON.stringify(brief), path, ...more]);
    log(`  ${name}: ${made.filmSeconds.toFixed(1)} s of film in ${made.seconds.toFixed(1)} s, ${made.peakMib.toFixed(0)} MiB`);
    return { ...made, path };
  };
  try {
    const scored = await make("scored.mp4", {}, handed);
    const coding = await codingRows(folder, handed);
    const size = (await stat(scored.path)).size;
    const plain = await make("plain.mp4", { music: false, captions: "none" });
    const per30 = (scored.seconds * 30) / scored.filmSeconds;
    const note = `${scored.filmSeconds.toFixed(1)} s of 1280x720 at 25 frames/s in ${scored.seconds.toFixed(1)} s, from the start of the process to the sealed file of ${(size / 1e6).toFixed(1)} MB; voice, grounds, music and captions ${scored.drawn.toFixed(1)} s, then ${(scored.handedOver / 1e6).toFixed(0)} MB handed over, marks and encoding`;
    const error = await captionError(plain);
    return [
      { name: "film30_s", value: per30, unit: "s", bound: "<60", note },
      {
        name: "film_peak_mib",
        value: scored.peakMib,
        unit: "MiB",
        bound: "<600",
        note: `with its voice and encoder, which had ${scored.encoderMib.toFixed(0)} of it then, until it is handed over to be sealed`,
      },
      {
        name: "film_sealed_peak_mib",
        value: scored.sealedPeakMib,
        unit: "MiB",
        note: "the same until it is sealed in the same process: film, decoder and encoder at once",
      },
      ...coding,
      {
        name: "film_loudness_error_lu",
        value: Math.abs((await loudness(scored.path)) + 16),
        unit: "LU",
        bound: "<1",
        note: "from -16 LUFS, by ffmpeg's ebur128",
      },
      {
        name: "film_caption_error_ms",
        value: error,
        unit: "ms",
        bound: "<150",
        note: "the largest between a caption's begin and the first sound after a rest",
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * What coding takes from the frames as they were handed over, first 10 s, without the marks: coded once, and beside it as a film that had been coded for
 * people before.
 */
async function codingRows(folder: string, handed: string): Promise<Row[]> {
  const coder = ffmpegCoder();
  const at = (name: string): string => join(folder, name);
  const ffmpeg = (args: string, ...more: string[]) =>
    promisify(execFile)("ffmpeg", [...args.split(" "), ...more], { maxBuffer: 1 << 26 });
  const plain = (): (() => void) => () => undefined;
  await ffmpeg("-v error -y -t 10 -i", handed, "-an", "-c", "copy", at("exact.mp4"));
  await ffmpeg(
    "-v error -y -i",
    at("exact.mp4"),
    ..."-c:v libx264 -preset veryfast -crf 20 -bf 0".split(" "),
    at("before.mp4"),
  );
  const figures = async (name: string, as?: "video/mp4"): Promise<{ mb: number; psnr: number }> => {
    const bytes = (await coder.repaint(new Uint8Array(await readFile(at(name))), plain, as))!;
    await writeFile(at("coded.mp4"), bytes);
    const { stderr } = await ffmpeg(
      "-hide_banner -nostats -i",
      at("coded.mp4"),
      "-i",
      at("exact.mp4"),
      ..."-lavfi [0:v][1:v]psnr -f null -".split(" "),
    );
    return { mb: bytes.length / 1e6, psnr: Number(/PSNR y:([\d.]+)/.exec(stderr)?.[1]) };
  };
  const [once, twice] = [await figures("exact.mp4", "video/mp4"), await figures("before.mp4")];
  const beside = (of: (f: typeof once) => string): string =>
    `of 10 s without marks, against the frames as handed over; coded for people first and again: ${of(twice)}`;
  return [
    { name: "film_psnr_db", value: once.psnr, unit: "dB", note: beside((f) => `${f.psnr.toFixed(1)} dB`) },
    { name: "film_mb", value: once.mb, unit: "MB", note: beside((f) => `${f.mb.toFixed(2)} MB`) },
  ];
}

async function loudness(path: string): Promise<number> {
  const args = ["-hide_banner", "-nostats", "-i", path, "-map", "0:a", "-af", "ebur128", "-f", "null", "-"];
  const { stderr } = await promisify(execFile)("ffmpeg", args, { maxBuffer: 1 << 26 });
  return Number(/I:\s+(-?[\d.]+) LUFS/.exec(stderr.slice(stderr.lastIndexOf("Summary")))?.[1] ?? Number.NaN);
}

/** Captions that come after a rest of a third of a second: how far their begin is from where ffmpeg hears sound again. */
async function captionError({ path, segments }: Film & { path: string }): Promise<number> {
  const args = [
    "-hide_banner",
    "-nostats",
    "-i",
    path,
    "-map",
    "0:a",
    "-af",
    `silencedetect=n=${silence}dB:d=0.33`,
    "-f",
    "null",
    "-",
  ];
  const { stderr } = await promisify(execFile)("ffmpeg", args, { maxBuffer: 1 << 26 });
  const begins = [...stderr.matchAll(/silence_end: ([\d.]+)/g)].map((m) => Number(m[1]));
  const errors = begins.slice(0, -1).map((begin) => Math.min(...segments.map((s) => Math.abs(s.start - begin))));
  return 1000 * Math.max(...errors);
}
