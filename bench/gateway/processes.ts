/** The processes that the gateway benchmark measures, each started fresh and stopped by its handle. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");

export interface Proc {
  readonly port: number;
  readonly pid: number;
  readonly child: ChildProcess;
  /** Extra request headers that this gateway wants. */
  readonly headers: Readonly<Record<string, string>>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export async function freePort(): Promise<number> {
  return await new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function handle(child: ChildProcess, port: number, headers: Record<string, string> = {}): Proc {
  return {
    port,
    pid: child.pid as number,
    child,
    headers,
    stop: (signal = "SIGTERM") =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once("exit", () => resolve());
        child.kill(signal);
      }),
  };
}

/** Starts a script that prints its port. */
async function printsPort(script: string, ...args: string[]): Promise<Proc> {
  const child = spawn(process.execPath, [join(here, script), ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise<number>((resolve) =>
    child.stdout?.once("data", (d: Buffer) => resolve(Number(String(d).trim()))),
  );
  return handle(child, port);
}
export const startUpstream = (): Promise<Proc> => printsPort("upstream.mjs");
export const startBare = (upstream: number): Promise<Proc> => printsPort("bare.mjs", String(upstream));

/** A home folder with one provider and one key. */
export interface Home {
  readonly folder: string;
  readonly secret: string;
  remove(): Promise<void>;
}
export async function makeHome(upstream: number): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), "inkseal-bench-"));
  await writeFile(
    join(folder, "inkseal.json"),
    JSON.stringify({
      providers: [
        { name: "bench", kind: "openai", baseUrl: `http://127.0.0.1:${upstream}/v1`, apiKey: "sk-bench", place: "local" },
      ],
      limits: { concurrency: 20_000 },
    }),
  );
  const made = await cli(folder, "keys", "create", "bench", "--json");
  const { secret } = JSON.parse(made) as { secret: string };
  return { folder, secret, remove: () => rm(folder, { recursive: true, force: true }) };
}

export async function cli(home: string, ...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [join(root, "apps/cli/bin/inkseal.mjs"), ...args], {
    env: { ...process.env, INKSEAL_HOME: home },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.on("data", (d: Buffer) => (out += d));
  const code = await new Promise((resolve) => child.once("exit", resolve));
  if (code !== 0) throw new Error(`inkseal ${args.join(" ")}: exit code ${code}\n${out}`);
  return out;
}

/** Inkseal with guard, ledger and keys on. Resolves once it answers; `startMs` is how long that took. */
export async function startOurs(home: Home, env: Record<string, string> = {}): Promise<Proc & { startMs: number }> {
  const port = await freePort();
  const began = performance.now();
  const child = spawn(process.execPath, [join(root, "apps/cli/bin/inkseal.mjs"), "serve", "--port", String(port)], {
    env: { ...process.env, INKSEAL_HOME: home.folder, ...env },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const headers = { authorization: `Bearer ${home.secret}` };
  await untilAnswers(port, "/api/health", headers, child);
  return { ...handle(child, port, headers), startMs: performance.now() - began };
}

export async function startPortkey(upstream: number): Promise<Proc> {
  const port = await freePort();
  const script = join(root, "node_modules/@portkey-ai/gateway/build/start-server.js");
  const child = spawn(process.execPath, [script, `--port=${port}`, "--headless"], {
    env: { ...process.env, NODE_ENV: "production" },
    stdio: "ignore",
  });
  await untilAnswers(port, "/", {}, child);
  return handle(child, port, {
    authorization: "Bearer sk-bench",
    "x-portkey-provider": "openai",
    "x-portkey-custom-host": `http://127.0.0.1:${upstream}/v1`,
  });
}

async function untilAnswers(port: number, path: string, headers: Record<string, string>, child: ChildProcess): Promise<void> {
  for (let i = 0; i < 3000; i++) {
    if (child.exitCode !== null) throw new Error(`the server exited with ${child.exitCode}`);
    const ok = await fetch(`http://127.0.0.1:${port}${path}`, { headers }).then(
      (r) => r.ok,
      () => false,
    );
    if (ok) return;
    await new Promise((r) => setTimeout(r, 10));
  }
  throw new Error("the server does not answer");
}

/** Resident memory, bytes. */
export async function rss(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
}
