import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SoundCoder } from "../video/coder.ts";
import type { FfmpegOptions } from "./ffmpeg.ts";
import { exec, failure, inFolder } from "./program.ts";

/** What is listened to of a compressed sound. */
const heard = { seconds: 180, rate: 44_100 };
/** Samples, of all channels, that are held as a WAV file: half an hour of stereo at 48 kHz. */
const mostSamples = 30 * 60 * 48_000 * 2;

/** Compressed sound by ffmpeg. */
export function soundCoder({ ffmpeg, ffprobe, timeout }: Required<FfmpegOptions>): SoundCoder {
  const run = (program: string, args: readonly string[]) =>
    exec(program, args, { timeout, maxBuffer: 1 << 20 }).catch((cause) => {
      throw failure(program, cause);
    });
  const probe = async (path: string): Promise<Probed> => {
    const wanted =
      "stream=codec_type,codec_name,bit_rate,sample_rate,channels:stream_disposition=attached_pic:format=format_name,bit_rate,duration";
    const { stdout } = await run(ffprobe, [
      "-v",
      "error",
      "-select_streams",
      "a:0",
      "-show_entries",
      wanted,
      "-of",
      "json",
      "--",
      path,
    ]);
    return JSON.parse(stdout) as Probed;
  };

  return {
    decode: (file) =>
      inFolder(file, async (path) => {
        const mono = ["-map", "0:a:0", "-ac", "1", "-ar", `${heard.rate}`, "-f", "f32le", "-"];
        const { stdout } = await exec(ffmpeg, ["-v", "error", "-t", `${heard.seconds}`, "-i", path, ...mono], {
          timeout: Math.min(timeout, 60_000),
          encoding: "buffer",
          maxBuffer: 4 * (heard.seconds + 1) * heard.rate,
        }).catch((cause) => {
          throw failure("ffmpeg", cause);
        });
        return { samples: new Float32Array(new Uint8Array(stdout).buffer, 0, stdout.length >> 2), rate: heard.rate };
      }),

    remake: (file, change) =>
      inFolder(file, async (path, folder) => {
        const { streams = [], format } = await probe(path);
        const stream = streams.find((s) => s.codec_type === "audio");
        const film = streams.some((s) => s.codec_type === "video" && s.disposition?.attached_pic !== 1);
        const coding = codingOf(stream?.codec_name, format?.format_name, film);
        const samples = Number(format?.duration) * Number(stream?.sample_rate) * Number(stream?.channels);
        if (coding === undefined || !(samples <= mostSamples)) return undefined;
        const [wav, out] = [join(folder, "sound.wav"), join(folder, "out")];
        const quietly = ["-v", "error", "-nostdin", "-y"];
        await run(ffmpeg, [...quietly, "-i", path, "-map", "0:a:0", "-c:a", "pcm_s16le", "-fs", `${3 * mostSamples}`, wav]);
        const changed = await change(new Uint8Array(await readFile(wav)));
        if (changed === undefined) return undefined;
        await writeFile(wav, changed);
        const ogg = coding.muxer === "ogg"; // whose tags are the stream's, and which has no stream for a cover
        const others = ["-map", "1:a?", "-map", "-1:a:0", ...(ogg ? [] : ["-map", "1:s?"]), "-c", "copy"];
        const rate = /flac|alac/.test(coding.encoder)
          ? []
          : ["-b:a:0", `${bitRate(stream?.bit_rate ?? (film ? undefined : format?.bit_rate))}`];
        const kept = ["-map_metadata", ogg ? "1:s:a:0" : "1", "-map_chapters", "1", "-movflags", "+faststart"];
        const mapped = [...(ogg ? [] : ["-map", "1:v?"]), "-map", "0:a:0", ...others, "-c:a:0", coding.encoder, ...rate];
        await run(ffmpeg, [...quietly, "-i", wav, "-i", path, ...mapped, ...kept, "-f", coding.muxer, out]);
        return new Uint8Array(await readFile(out));
      }),
  };
}

interface Probed {
  readonly streams?: readonly {
    readonly codec_type?: string;
    readonly codec_name?: string;
    readonly bit_rate?: string;
    readonly sample_rate?: string;
    readonly channels?: number;
    readonly disposition?: { readonly attached_pic?: number };
  }[];
  readonly format?: { readonly format_name?: string; readonly bit_rate?: string; readonly duration?: string };
}

const encoders: Readonly<Record<string, string>> = {
  mp3: "libmp3lame",
  aac: "aac",
  alac: "alac",
  opus: "libopus",
  vorbis: "libvorbis",
  flac: "flac",
};

/** How a file is coded again; undefined for codecs and containers that are only read. */
function codingOf(codec = "", container = "", film: boolean): { readonly encoder: string; readonly muxer: string } | undefined {
  const encoder = Object.hasOwn(encoders, codec) ? encoders[codec] : undefined;
  const muxers: Readonly<Record<string, string>> = {
    mp3: "mp3",
    ogg: "ogg",
    flac: "flac",
    mov: film ? "mp4" : "ipod",
    matroska: "webm",
  };
  const muxer = muxers[container.split(",")[0] ?? ""];
  return encoder === undefined || muxer === undefined ? undefined : { encoder, muxer };
}

/** Bits a second: the sound's own where the file says it, and no less than what a second passage is hardly heard at. */
function bitRate(own: string | undefined): number {
  const known = Number(own);
  return Math.round(Math.min(320_000, Math.max(128_000, Number.isFinite(known) ? known : 0)));
}
