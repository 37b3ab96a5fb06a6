import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const bin = join(import.meta.dirname, "../apps/cli/bin/inkseal.mjs");

/** A real server in a process and a home of its own, on a free port. */
export interface RunningServer {
  readonly url: string;
  readonly home: string;
  /** Asks it to stop; resolves to its exit code once it has. */
  stop(): Promise<number | null>;
}

/** Starts `inkseal serve` and waits until it answers. Throws with what it printed when it does not. */
export async function startServer(env: NodeJS.ProcessEnv = {}): Promise<RunningServer> {
  const home = await mkdtemp(join(tmpdir(), "inkseal-e2e-"));
  let printed = "";
  const child: ChildProcess = spawn(process.execPath, [bin, "serve", "--port", "0"], {
    env: { ...process.env, LANG: "en_US.UTF-8", ...env, INKSEAL_HOME: home },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const gone = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.stdout?.on("data", (data) => (printed += data));
  child.stderr?.on("data", (data) => (printed += data));
  const stop = async () => {
    child.kill("SIGTERM");
    const code = await gone;
    await rm(home, { recursive: true, force: true });
    return code;
  };
  for (const end = performance.now() + 90_000; performance.now() < end && child.exitCode === null; ) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(printed)?.[0];
    if (url !== undefined && (await fetch(`${url}/api/health`).catch(() => undefined))?.ok) return { url, home, stop };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await stop();
  throw new Error(`inkseal serve did not come up:\n${printed}`);
}
