import { type ChildProcess, execFile, spawn } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { InksealError } from "@inkseal/core";
import type { FilmPlan } from "./plan.ts";

/** ffmpeg of the search path, or undefined. */
export async function findFfmpeg(path: string | undefined): Promise<string | undefined> {
  for (const folder of (path ?? "").split(delimiter)) {
    if (folder === "") continue;
    const file = join(folder, process.platform === "win32" ? "ffmpeg.exe" : "ffmpeg");
    if (await access(file, constants.X_OK).then(() => true, () => false)) return file; // biome-ignore format: one idea
  }
  return undefined;
}

/** The encoders that films need and this ffmpeg has not. */
export async function missingEncoders(ffmpeg: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)(ffmpeg, ["-hide_banner", "-encoders"], { timeout: 20_000 });
  return ["libx264", "aac", "libvpx-vp9", "libopus"].filter((name) => !new RegExp(`^ \\S+ ${name} `, "m").test(stdout));
}

const quiet = ["-hide_banner", "-loglevel", "error", "-nostats", "-y"];
const exact = ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"];

/** A running ffmpeg. Frames are written to it; it is heard of only when it fails. `onChild` has its process id while it runs. */
export class Encoder {
  readonly #child: ChildProcess;
  readonly #over: Promise<void>;
  #said = "";

  constructor(ffmpeg: string, args: readonly string[], onChild: (pid: number | undefined) => void) {
    this.#child = spawn(ffmpeg, [...quiet, ...args], { stdio: ["pipe", "ignore", "pipe"] });
    onChild(this.#child.pid);
    this.#child.once("close", () => onChild(undefined));
    this.#child.stderr!.on("data", (data) => (this.#said = `${this.#said}${data}`.slice(-2000)));
    this.#child.stdin!.on("error", () => undefined); // it ended before us; `#over` says why
    this.#over = new Promise((resolve, reject) => {
      this.#child.once("error", (e) => reject(new InksealError("engine-missing", `ffmpeg does not start: ${e.message}`)));
      this.#child.once("close", (code, signal) =>
        code === 0
          ? resolve()
          : reject(new InksealError("upstream-error", `ffmpeg ended with ${signal ?? code}: ${lastLine(this.#said)}`)),
      );
    });
    this.#over.catch(() => undefined);
  }

  /** Waits while ffmpeg is behind. The bytes may be changed once this has resolved. */
  async write(bytes: Uint8Array): Promise<void> {
    const written = new Promise<void>((resolve) => this.#child.stdin!.write(bytes, () => resolve()));
    await Promise.race([written, this.#over]);
  }

  async end(): Promise<void> {
    this.#child.stdin!.end();
    await this.#over;
  }
}

/** One run of ffmpeg without input from here. */
export const runFfmpeg = (ffmpeg: string, args: readonly string[], onChild: (pid: number | undefined) => void): Promise<void> =>
  new Encoder(ffmpeg, args, onChild).end();

/** What a film's files end in: VP9 has no fast coding without loss, and H.264 no place in WebM. */
export const endingOf = ({ format, coding }: Pick<FilmPlan, "format" | "coding">): "mp4" | "webm" | "mkv" =>
  coding !== "delivery" && format === "webm" ? "mkv" : format;

const h264 = { delivery: ["-preset", "veryfast", "-crf", "20", "-profile:v", "high"], fine: ["-preset", "veryfast", "-crf", "12"], lossless: ["-preset", "ultrafast", "-qp", "0"] }; // biome-ignore format: options in pairs

/** Raw frames from standard input as one silent piece of the film. */
export const shotArguments = (film: Pick<FilmPlan, "width" | "height" | "fps" | "format" | "coding">, file: string): string[] => [
  ...["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", `${film.width}x${film.height}`, "-r", `${film.fps}`],
  ...["-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-i", "pipe:0"],
  ...(endingOf(film) !== "webm"
    ? ["-c:v", "libx264", ...h264[film.coding], "-bf", "0", "-g", `${film.fps * 2}`, "-video_track_timescale", `${film.fps * 512}`]
    : ["-c:v", "libvpx-vp9", "-b:v", "0", "-crf", "31", "-deadline", "realtime", "-cpu-used", "7", "-row-mt", "1", "-tile-columns", "2", "-g", `${film.fps * 4}`]),
  ...["-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-pix_fmt", "yuv420p"],
  ...exact,
  file,
]; // biome-ignore format: options in pairs

/** The pieces in one file, with their sound; nothing of the picture is encoded again. */
export const filmArguments = (list: string, sound: string, format: FilmPlan["format"], seconds: number, file: string): string[] => [
  ...["-f", "concat", "-safe", "0", "-i", list, "-i", sound, "-map", "0:v:0", "-map", "1:a:0", "-c:v", "copy"],
  ...(format === "mp4" ? ["-c:a", "aac", "-b:a", "160k", "-movflags", "+faststart"] : ["-c:a", "libopus", "-b:a", "112k"]),
  ...["-t", seconds.toFixed(3)],
  ...exact,
  file,
]; // biome-ignore format: options in pairs

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";
