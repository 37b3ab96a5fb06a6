/** Film: a narrated film of half a minute from a cold start, its memory, its loudness, and whether captions come with the voice. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findFfmpeg } from "@inkseal/engines";
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
  readonly peakMib: number;
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
  const make = async (name: string, own: object): Promise<Film & { path: string }> => {
    const path = join(folder, name);
    const brief = { task: "video", text, controls: { size: "1280x720", own } };
    const made: Film = await runJson(script, [JSON.stringify(brief), path]);
    log(`  ${name}: ${made.filmSeconds.toFixed(1)} s of film in ${made.seconds.toFixed(1)} s, ${made.peakMib.toFixed(0)} MiB`);
    return { ...made, path };
  };
  try {
    const scored = await make("scored.mp4", {});
    const size = (await stat(scored.path)).size;
    const plain = await make("plain.mp4", { music: false, captions: "none" });
    const per30 = (scored.seconds * 30) / scored.filmSeconds;
    const note = `${scored.filmSeconds.toFixed(1)} s of 1280x720 at 25 frames/s in ${scored.seconds.toFixed(1)} s, from the start of the process to the file of ${(size / 1e6).toFixed(1)} MB; voice, grounds, music, captions, encoding`;
    const error = await captionError(plain);
    return [
      { name: "film30_s", value: per30, unit: "s", bound: "<60", note },
      {
        name: "film_peak_mib",
        value: scored.peakMib,
        unit: "MiB",
        bound: "<600",
        note: `with its voice and encoder, which had ${scored.encoderMib.toFixed(0)} of it then`,
      },
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
