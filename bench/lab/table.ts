/** Runs what is measured as processes of their own, and puts numbers side by side. */
import { type SpawnOptions, spawn } from "node:child_process";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const median = (list: readonly number[]): number => {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** Median of the ratios of what was measured in the same round: a noisy minute hits both sides. */
export const medianRatio = (ours: readonly number[], theirs: readonly number[]): number =>
  median(ours.map((value, round) => value / theirs[round]!));

export interface Child {
  /** Milliseconds; 300,000. */
  readonly limit?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** What runs instead of Node with tsx, as `python3`. */
  readonly command?: string;
  /** Options of Node itself. */
  readonly node?: readonly string[];
}

/**
 * Runs a file in a fresh process and returns the last line of its output that is JSON. Output goes to files, not pipes: a full pipe would
 * stop the child while it is timed. Throws with the end of its error output when it fails, prints no JSON, or is past its limit.
 */
export async function runJson<T>(file: string, args: readonly string[] = [], options: Child = {}): Promise<T> {
  const { limit = 300_000, env = {}, command, node = [] } = options;
  const folder = await mkdtemp(join(tmpdir(), "inkseal-lab-"));
  const out = await open(join(folder, "out"), "w");
  const err = await open(join(folder, "err"), "w");
  try {
    const spec: SpawnOptions = { env: { ...process.env, ...env }, stdio: ["ignore", out.fd, err.fd] };
    const child = spawn(
      command ?? process.execPath,
      command === undefined ? [...node, "--import", "tsx", file, ...args] : [file, ...args],
      spec,
    );
    let late = false;
    const clock = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, limit);
    const end = await new Promise<string>((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("close", (code, signal) => resolve(late ? `past ${limit} ms` : code === 0 ? "" : `exit ${signal ?? code}`));
    });
    clearTimeout(clock);
    const lines = (await readFile(join(folder, "out"), "utf8")).split("\n").filter((line) => line.startsWith("{"));
    if (end !== "" || lines.length === 0) {
      const said = (await readFile(join(folder, "err"), "utf8")).trim().slice(-1500);
      throw new Error(`${file}: ${end === "" ? "printed no JSON line" : end}\n${said}`);
    }
    return JSON.parse(lines.at(-1)!) as T;
  } finally {
    await out.close();
    await err.close();
    await rm(folder, { recursive: true, force: true });
  }
}
