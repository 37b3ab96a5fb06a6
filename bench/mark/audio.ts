/**
 * The audio watermark under what happens to recordings: every attack is ffmpeg's or sox's, keys and payloads are drawn anew, and the first row
 * of the table is no attack at all. `PEAQ=/path/to/peaq` (GstPEAQ, built from its source) adds an objective difference grade.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { detectAudio, embedAudio } from "@inkseal/mark";
import type { Row } from "../run.ts";
import { clips, ffmpeg, readWav, type Sound, sox, writeWav } from "./audio-clips.ts";
import { mean, timed, worst } from "./figures.ts";
import { freshKey, freshPayload, same } from "./keys.ts";

type Attack = (from: string, to: string) => void;
const coded =
  (extension: string, ...options: string[]): Attack =>
  (from, to) => {
    ffmpeg("-i", from, ...options, `${to}.${extension}`);
    ffmpeg("-i", `${to}.${extension}`, "-c:a", "pcm_s16le", to);
  };
const filtered =
  (filter: string): Attack =>
  (from, to) =>
    ffmpeg("-i", from, "-af", filter, "-c:a", "pcm_s16le", to);
const effect =
  (...effects: string[]): Attack =>
  (from, to) =>
    sox(from, to, ...effects);

const attacks: Readonly<Record<string, { readonly bound: string; readonly run: Attack }>> = {
  none: { bound: ">=0.99", run: effect("gain", "0") },
  mp3_64: { bound: ">=0.99", run: coded("mp3", "-c:a", "libmp3lame", "-b:a", "64k") },
  aac_64: { bound: ">=0.99", run: coded("m4a", "-c:a", "aac", "-b:a", "64k") },
  opus32: { bound: ">=0.99", run: coded("opus", "-c:a", "libopus", "-b:a", "32k") },
  vorbis_64: { bound: ">=0.99", run: coded("ogg", "-c:a", "libvorbis", "-b:a", "64k") },
  resample16k: { bound: ">=0.99", run: effect("rate", "16000") },
  noise20: { bound: ">=0.99", run: noise },
  polarity: { bound: ">=0.99", run: effect("vol", "-1") },
  shift_early: { bound: ">=0.99", run: effect("trim", "0.1") },
  shift_late: { bound: ">=0.99", run: effect("pad", "0.1") },
  cut30: { bound: ">=0.99", run: effect("trim", "1.7", "7") },
  tempo_slow20: { bound: ">=0.95", run: effect("tempo", "0.8") },
  tempo_fast20: { bound: ">=0.95", run: effect("tempo", "1.2") },
  tempo_fast20_ffmpeg: { bound: ">=0.95", run: filtered("atempo=1.2") },
  pitch_down3: { bound: ">=0.95", run: effect("pitch", "-300") },
  pitch_up3: { bound: ">=0.95", run: effect("pitch", "300") },
  pitch_up3_rubberband: { bound: ">=0.95", run: filtered("rubberband=pitch=1.189207") },
  eq6: {
    bound: ">=0.95",
    run: filtered("volume=-6dB,equalizer=f=400:t=o:w=1:g=6,equalizer=f=1200:t=o:w=1:g=-6,equalizer=f=3500:t=o:w=1:g=6"),
  },
  reverb: { bound: ">=0.95", run: effect("gain", "-3", "reverb", "50") },
};

/** White noise by sox, 20 dB below the clip's own level. */
function noise(from: string, to: string): void {
  const { channels, rate } = readWav(from);
  let sum = 0;
  for (const c of channels) for (const v of c) sum += v * v;
  const level = Math.sqrt(sum / channels.length / channels[0]!.length);
  const seconds = channels[0]!.length / rate;
  // sox's white noise is uniform from −1 to 1: its level is 1/√3
  sox(
    "-n",
    "-R",
    "-r",
    `${rate}`,
    "-c",
    `${channels.length}`,
    "-b",
    "24",
    `${to}.noise.wav`,
    "synth",
    `${seconds}`,
    "whitenoise",
    "vol",
    `${level * 0.1 * Math.sqrt(3)}`,
  );
  sox("-m", "-v", "1", from, "-v", "1", `${to}.noise.wav`, "-b", "16", to);
}

export async function audioRows({ quick, log }: { quick: boolean; log(line: string): void }): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "inkseal-bench-audio-"));
  const files = (await clips(join(tmpdir(), "inkseal-bench-clips"))).slice(0, quick ? 3 : undefined);
  const exact = new Map<string, number>();
  const present = new Map<string, number>();
  const distances: number[] = [];
  const grades: number[] = [];
  let short = 0;
  let shorts = 0;
  let embedShare = 0;
  let detectShare = 0;
  let alarms = 0;
  let unmarked = 0;
  try {
    for (const file of files) {
      const clip = readWav(file);
      const seconds = clip.channels[0]!.length / clip.rate;
      const [key, payload] = [freshKey(), freshPayload(6)];
      const embedded = timed(() => embedAudio(clip.channels, clip.rate, payload, key));
      const marked = { channels: embedded.result, rate: clip.rate };
      embedShare = Math.max(embedShare, embedded.seconds / seconds);
      const from = join(folder, "marked.wav");
      writeWav(from, marked);
      distances.push(distance(clip, readWav(from)));
      const grade = gradeOf(file, from, folder);
      if (grade !== undefined) grades.push(grade);
      const failed: string[] = [];
      for (const [name, { run }] of Object.entries(attacks)) {
        const to = join(folder, "attacked.wav");
        run(from, to);
        const attacked = readWav(to);
        const detected = timed(() => detectAudio(attacked.channels, attacked.rate, key));
        const found = detected.result;
        detectShare = Math.max(detectShare, (detected.seconds * attacked.rate) / attacked.channels[0]!.length);
        const right = same(found?.payload, payload);
        exact.set(name, (exact.get(name) ?? 0) + (right ? 1 : 0));
        present.set(name, (present.get(name) ?? 0) + (found === undefined ? 0 : 1));
        if (!right) failed.push(found === undefined ? `${name} (not found)` : name);
      }
      for (let at = 0; at + 2 <= seconds; at += 2) {
        const part = marked.channels.map((c) => c.subarray(at * clip.rate, (at + 2) * clip.rate));
        shorts++;
        if (detectAudio(part, clip.rate, key) !== undefined) short++;
      }
      for (let n = 0; n < (quick ? 2 : 20); n++) {
        unmarked++;
        if (detectAudio(clip.channels, clip.rate, freshKey()) !== undefined) alarms++;
      }
      log(
        `  ${basename(file, ".wav").padEnd(20)} ${distances.at(-1)!.toFixed(1)} dB${grade === undefined ? "" : `, grade ${grade.toFixed(2)}`}; not exact: ${failed.join(", ") || "none"}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const note = `${files.length} clips of 10 s`;
  const attacked = Object.entries(attacks).map(([name, { bound }]) => ({
    name: `audio_${name}`,
    value: exact.get(name)! / files.length,
    unit: "of 1",
    bound,
    note: `all 48 bits, ${note}; found in ${present.get(name)}`,
  }));
  return [
    {
      name: "audio_snr_db",
      value: Math.min(...distances),
      unit: "dB",
      bound: ">=25",
      note: `least of ${note}; mean ${mean(distances).toFixed(1)}`,
    },
    ...(grades.length === 0
      ? []
      : [
          {
            name: "audio_odg",
            value: mean(grades),
            unit: "grade",
            bound: ">=-0.6",
            note: `mean of ${grades.length} clips of 10 s, least ${Math.min(...grades).toFixed(2)}; PEAQ basic by GstPEAQ`,
          },
        ]),
    worst("audio_tempo20", "audio_tempo_", attacked, ">=0.95", "ways")!,
    worst("audio_pitch3", "audio_pitch_", attacked, ">=0.95", "ways")!,
    ...attacked,
    {
      name: "audio_present_2s",
      value: short / shorts,
      unit: "of 1",
      bound: ">=0.99",
      note: `${shorts} pieces of 2 s, no attack`,
    },
    {
      name: "audio_fp",
      value: alarms,
      unit: "alarms",
      bound: "==0",
      note: `of ${unmarked} pairs of unmarked clip and key; below 1e-6 each by Bentkus and Dzindzalieta's bound`,
    },
    { name: "audio_embed_rt", value: embedShare, unit: "x", bound: "<=0.1", note: "CPU time by playing time, worst clip" },
    { name: "audio_detect_rt", value: detectShare, unit: "x", bound: "<=0.1", note: "the same, worst attack" },
  ];
}

/** How far what was added lies below the clip, dB. */
function distance(clip: Sound, marked: Sound): number {
  let signal = 0;
  let added = 0;
  for (const [c, channel] of clip.channels.entries()) {
    for (const [n, v] of channel.entries()) {
      signal += v * v;
      added += (marked.channels[c]![n]! - v) ** 2;
    }
  }
  return 10 * Math.log10(signal / added);
}

function gradeOf(clip: string, marked: string, folder: string): number | undefined {
  const { PEAQ: peaq } = process.env;
  if (peaq === undefined || !existsSync(peaq)) return undefined;
  const pair = [clip, marked].map((file, i) => {
    const at48 = join(folder, `grade${i}.wav`);
    ffmpeg("-i", file, "-ar", "48000", "-c:a", "pcm_s16le", at48);
    return at48;
  });
  const plugin = join(peaq, "..", ".libs", "libgstpeaq.so");
  const out = execFileSync(peaq, [...(existsSync(plugin) ? [`--gst-plugin-load=${plugin}`] : []), ...pair], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const grade = Number(/Difference Grade: (\S+)/.exec(out)?.[1]);
  return Number.isFinite(grade) ? grade : undefined; // it has none for some clips, even beside themselves
}
