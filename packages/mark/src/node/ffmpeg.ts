import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Raster } from "@inkseal/codec";
import { InksealError } from "@inkseal/core";
import type { SoundCoder, VideoCoder, VideoFormat, VideoFrame } from "../video/coder.ts";
import { exec, failure, inFolder } from "./program.ts";
import { soundCoder } from "./sound.ts";

export interface FfmpegOptions {
  /** Programs by name or path. */
  readonly ffmpeg?: string;
  readonly ffprobe?: string;
  /** Milliseconds after which a program is ended. */
  readonly timeout?: number;
}

/** Frames beyond this are not decoded: 8K. */
const maxPixels = 7680 * 4320;
/** Seconds from the start within which frames are taken when a file is read. */
const sampled = 30;

/**
 * Moving pictures and compressed sound by ffmpeg, a program on the path. Why a program: it decodes what people have, in a process of its own that a bad file may
 * crash, and its licence stays its own. Files go through a folder of their own, which is removed again.
 */
export function ffmpegCoder({
  ffmpeg = "ffmpeg",
  ffprobe = "ffprobe",
  timeout = 600_000,
}: FfmpegOptions = {}): VideoCoder & SoundCoder {
  const probe = async (file: string): Promise<Stream> => {
    const wanted =
      "stream=width,height,r_frame_rate,avg_frame_rate,pix_fmt,color_range,color_space,color_transfer,color_primaries,sample_aspect_ratio,codec_name:stream_side_data=rotation:format=duration";
    const args = ["-v", "error", "-select_streams", "v:0", "-show_entries", wanted, "-of", "json", "--", file];
    const { stdout } = await exec(ffprobe, args, { timeout, maxBuffer: 1 << 20 }).catch((cause) => {
      throw failure("ffprobe", cause);
    });
    return streamOf(JSON.parse(stdout) as Probed);
  };

  return {
    ...soundCoder({ ffmpeg, ffprobe, timeout }),

    sample: (file, wish) =>
      inFolder(file, async (path) => {
        const stream = await probe(path);
        const [width, height] = within(stream, wish.size);
        const reach = wish.rate === undefined ? sampled : wish.count / wish.rate;
        const seconds = Math.min(reach, stream.seconds ?? reach);
        const spread = `${Math.max(0.05, wish.count / Math.max(0.1, seconds)).toFixed(4)}:round=up`;
        const filter = `fps=${wish.rate ?? spread},scale=${width}:${height}:flags=area,format=rgba`;
        const args = ["-v", "error", "-t", `${reach}`, "-i", path, "-map", "0:v:0", "-vf", filter];
        const { stdout } = await exec(ffmpeg, [...args, "-frames:v", `${wish.count}`, "-f", "rawvideo", "-"], {
          timeout: Math.min(timeout, 60_000),
          encoding: "buffer",
          maxBuffer: 4 * width * height * wish.count,
        }).catch((cause) => {
          throw failure("ffmpeg", cause);
        });
        return cut(new Uint8Array(stdout), width, height);
      }),

    repaint: (file, painter, as) =>
      inFolder(file, async (path, folder) => {
        const stream = await probe(path);
        if (!/^(yuvj?4(20|22|44)p|nv12|gray|rgb24|bgr0|gbrp)$/.test(stream.pixels)) return undefined;
        const { width, height } = stream;
        if (width % 2 !== 0 || height % 2 !== 0) return undefined;
        const paint = painter(stream) ?? (as && (() => undefined));
        if (paint === undefined) return undefined;
        const webm = as === undefined ? stream.webm : as === "video/webm";
        const raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p"];
        const rate = `${stream.rateText}`;
        const decoding = ["-v", "error", "-nostdin", "-i", path, "-map", "0:v:0", "-vsync", "cfr", "-r", rate, ...raw, "-"];
        const out = join(folder, `out.${webm ? "webm" : "mp4"}`);
        const source = [
          "-v",
          "error",
          "-y",
          ...raw,
          ...stream.colours,
          "-s",
          `${width}x${height}`,
          "-r",
          rate,
          "-i",
          "-",
          "-i",
          path,
        ];
        const maps = ["-map", "0:v", "-map", "1:a?", "-map", "1:s?", "-map_metadata", "1", "-map_chapters", "1"];
        const coded = (webm ? vp9 : h264)(as === undefined);
        const kept = ["-c:a", "copy", "-c:s", "copy", "-pix_fmt", "yuv420p", ...stream.colours, ...stream.aspect];
        await throughPaint({
          decoder: [ffmpeg, decoding],
          encoder: [ffmpeg, [...source, ...maps, ...coded, ...kept, out]],
          format: stream,
          paint,
          timeout,
        });
        return new Uint8Array(await readFile(out));
      }),
  };
}

/**
 * In about real time. A film that was coded before is coded so finely that nobody sees the second passage; one that was not, for people: at CRF 18 it
 * is smaller and still nearer to what was drawn than one of CRF 20 coded again at 16 (`npm run bench -- creators --only=film_psnr_db,film_mb`).
 */
const h264 = (again: boolean): string[] =>
  `-c:v libx264 -preset veryfast -profile:v high -crf ${again ? 16 : 18} -movflags +faststart`.split(" ");
const vp9 = (again: boolean): string[] =>
  `-c:v libvpx-vp9 -deadline realtime -cpu-used 5 -crf ${again ? 22 : 26} -b:v 0 -row-mt 1`.split(" ");

interface Probed {
  readonly streams?: readonly Record<string, unknown>[];
  readonly format?: { readonly duration?: string };
}

interface Stream extends VideoFormat {
  readonly rateText: string;
  readonly pixels: string;
  readonly codec: string;
  readonly webm: boolean;
  readonly seconds: number | undefined;
  readonly colours: readonly string[];
  readonly aspect: readonly string[];
}

function streamOf({ streams, format }: Probed): Stream {
  const [stream] = streams ?? [];
  if (stream === undefined) throw new InksealError("bad-file", "no moving picture in the file");
  const text = (key: string): string => String(stream[key] ?? "");
  const turned = [stream.side_data_list ?? []]
    .flat()
    .some((d) => Math.abs(Number((d as { rotation?: number }).rotation)) % 180 === 90);
  const [w, h] = [Number(stream.width), Number(stream.height)];
  if (!(w > 0 && h > 0) || w * h > maxPixels)
    throw new InksealError("bad-file", `a film of ${w}×${h} pixels is not decoded here`);
  // the base rate of films of varying rate can be a clock's, which would multiply their frames
  const [base, mean] = [fraction(text("r_frame_rate")), fraction(text("avg_frame_rate"))];
  const rateText = base.value > 0 && base.value <= 1.5 * mean.value ? base.text : mean.text;
  const seconds = Number(format?.duration);
  const known = (flag: string, key: string): string[] => (/^(unknown|reserved|)$/.test(text(key)) ? [] : [flag, text(key)]);
  return {
    width: turned ? h : w,
    height: turned ? w : h,
    rate: fraction(rateText).value,
    rateText,
    limited: text("color_range") !== "pc" && !text("pix_fmt").startsWith("yuvj"),
    // untold, by size, as ffmpeg and players guess
    bt709: text("color_space") === "bt709" || (/^(unknown|)$/.test(text("color_space")) && h >= 720),
    pixels: text("pix_fmt"),
    codec: text("codec_name"),
    webm: /^(vp8|vp9)$/.test(text("codec_name")),
    seconds: Number.isFinite(seconds) && seconds > 0 ? seconds : undefined,
    colours: [
      ...known("-color_range", "color_range"),
      ...known("-colorspace", "color_space"),
      ...known("-color_trc", "color_transfer"),
      ...known("-color_primaries", "color_primaries"),
    ],
    aspect:
      /^\d+:\d+$/.test(text("sample_aspect_ratio")) && !/^(0:1|1:1)$/.test(text("sample_aspect_ratio")) && !turned
        ? ["-aspect", `${w * fraction(text("sample_aspect_ratio").replace(":", "/")).value}:${h}`]
        : [],
  };
}

const fraction = (text: string): { readonly text: string; readonly value: number } => {
  const [a = 0, b = 1] = text.split("/").map(Number);
  return { text, value: b > 0 ? a / b : 0 };
};

/** Even sides of at most that size. */
function within({ width, height }: VideoFormat, size: number): [number, number] {
  const ratio = Math.max(1, Math.sqrt(width * height) / size);
  return [Math.max(2, Math.round(width / ratio)), Math.max(2, Math.round(height / ratio))];
}

function cut(bytes: Uint8Array, width: number, height: number): Raster[] {
  const size = 4 * width * height;
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, i) => ({
    width,
    height,
    data: new Uint8ClampedArray(bytes.buffer, bytes.byteOffset + i * size, size),
  }));
}

interface Passage {
  readonly decoder: readonly [program: string, args: readonly string[]];
  readonly encoder: readonly [program: string, args: readonly string[]];
  readonly format: VideoFormat;
  readonly paint: (frame: VideoFrame) => void;
  readonly timeout: number;
}

/** Frames out of one program, through `paint`, into the other; one frame at a time is held. */
async function throughPaint({ decoder, encoder, format, paint, timeout }: Passage): Promise<void> {
  const [from, into] = [started(decoder, timeout), started(encoder, timeout)];
  try {
    const pixels = format.width * format.height;
    const quarter = pixels / 4;
    let frame = new Uint8Array(1.5 * pixels);
    let filled = 0;
    for await (const part of from.child.stdout as AsyncIterable<Uint8Array>) {
      for (let at = 0; at < part.length; ) {
        const taken = part.subarray(at, at + frame.length - filled);
        frame.set(taken, filled);
        filled += taken.length;
        at += taken.length;
        if (filled < frame.length) continue;
        const planes = [
          frame.subarray(0, pixels),
          frame.subarray(pixels, pixels + quarter),
          frame.subarray(pixels + quarter),
        ] as const;
        paint({ luma: planes[0], blue: planes[1], red: planes[2] });
        if (!into.child.stdin.write(frame)) await Promise.race([once(into.child.stdin, "drain"), into.ended]);
        frame = new Uint8Array(frame.length); // the written one may still be on its way
        filled = 0;
      }
    }
    await from.ended;
    into.child.stdin.end();
    await into.ended;
  } finally {
    from.child.kill("SIGKILL");
    into.child.kill("SIGKILL");
  }
}

function started([program, args]: Passage["decoder"], timeout: number) {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], timeout, killSignal: "SIGKILL" });
  let said = "";
  child.stderr.on("data", (d) => (said = (said + d).slice(-2000)));
  child.stdin.on("error", () => undefined); // how the program ended says more
  const ended = new Promise<void>((resolve, reject) => {
    child.on("error", (cause) => reject(failure(program, cause)));
    child.on("close", (code, signal) =>
      code === 0
        ? resolve()
        : reject(failure(program, new Error(`ended with ${signal ?? code}: ${said.trim().split("\n").at(-1)}`))),
    );
  });
  ended.catch(() => undefined); // awaited where it matters
  return { child, ended };
}
