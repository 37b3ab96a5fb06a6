import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** ffmpeg can be started here. Tests that need it say so in their name and are skipped without it. */
export const hasFfmpeg = spawnSync("ffmpeg", ["-version"], { stdio: "ignore" }).status === 0;

/** What `ffmpeg ARGUMENTS` writes to its standard output, given `input`; throws with its last words when it fails. */
export function ffmpeg(args: readonly string[], input?: Uint8Array): Uint8Array {
  const run = spawnSync("ffmpeg", ["-hide_banner", "-v", "error", ...args], { input: input ?? "", maxBuffer: 1 << 30 });
  if (run.status !== 0) throw new Error(`ffmpeg ${args.join(" ")}: ${run.stderr}`);
  return run.stdout;
}

/** The samples that ffmpeg decodes from a sound, channels interleaved, at the file's own rate. Through a file: from a pipe it cuts no ends. */
export function decodedByFfmpeg(sound: Uint8Array): Float32Array {
  const folder = mkdtempSync(join(tmpdir(), "inkseal-ffmpeg-"));
  try {
    writeFileSync(join(folder, "sound"), sound);
    return new Float32Array(ffmpeg(["-i", join(folder, "sound"), "-f", "f32le", "pipe:1"]).slice().buffer);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What ffprobe says of a file's format and streams. */
export function probed(path: string): { format: Record<string, string>; streams: Record<string, string>[] } {
  const run = spawnSync("ffprobe", ["-v", "error", "-of", "json", "-show_format", "-show_streams", path], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(`ffprobe ${path}: ${run.stderr}`);
  return JSON.parse(run.stdout);
}
