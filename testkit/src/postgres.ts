import { spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A throw-away PostgreSQL server on a loopback port. */
export interface TestPostgres {
  /** `postgres://` URL of its one, empty database. */
  readonly url: string;
  /** A further empty database on the same server. */
  database(): Promise<string>;
  /** Stops at once (SIGQUIT) and removes the data. */
  stop(): Promise<void>;
}

/** Folder of initdb and postgres: Debian keeps them out of PATH. */
function programs(): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...(process.env.PATH ?? "").split(":"), ...versions.map((v) => join(debian, v, "bin"))];
  return folders.find((f) => f !== "" && existsSync(join(f, "initdb")) && existsSync(join(f, "postgres")));
}

/** uid and gid to run as: the server refuses to be root. */
function identity(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = spawnSync("getent", ["passwd", "postgres"], { encoding: "utf8" }).stdout ?? "";
  const [, , uid, gid] = line.split(":");
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}

/** Why no server can be started here, or undefined when one can. Printed once, so that a skip is seen. */
export function noPostgres(): string | undefined {
  const reason =
    programs() === undefined
      ? "PostgreSQL is not installed (Debian: apt-get install postgresql)"
      : process.getuid?.() === 0 && identity() === undefined
        ? "running as root and there is no user postgres to run the server as"
        : undefined;
  if (reason !== undefined) console.warn(`skipped: ${reason}`);
  return reason;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** initdb, start, wait: about 1.5 s. Throws when `noPostgres()` gives a reason. */
export async function startPostgres(): Promise<TestPostgres> {
  const bin = programs();
  if (bin === undefined) throw new Error("PostgreSQL is not installed");
  const who = identity();
  const home = mkdtempSync(join(tmpdir(), "inkseal-pg-"));
  chmodSync(home, 0o700);
  if (who) chownSync(home, who.uid, who.gid);
  const data = join(home, "data");
  const made = spawnSync(
    join(bin, "initdb"),
    ["-D", data, "-U", "inkseal", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
    {
      ...who,
      cwd: home,
      encoding: "utf8",
    },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr || made.error}`);
  const port = await freePort();
  const settings = [
    "listen_addresses=127.0.0.1",
    `unix_socket_directories=${home}`,
    "max_connections=50",
    "shared_buffers=32MB",
  ];
  const server = spawn(join(bin, "postgres"), ["-D", data, "-p", String(port), ...settings.flatMap((s) => ["-c", s])], {
    ...who,
    cwd: home,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  server.stderr.setEncoding("utf8").on("data", (text: string) => (log = (log + text).slice(-4000)));
  const gone = new Promise<void>((r) => server.once("exit", () => r()));
  const base = `postgres://inkseal@127.0.0.1:${port}`;
  const { openDatabase } = await import("@inkseal/store");
  for (let tries = 0; ; tries++) {
    try {
      const db = await openDatabase({ url: `${base}/postgres` });
      await db.close();
      break;
    } catch (error) {
      if (tries > 200 || server.exitCode !== null) throw new Error(`PostgreSQL did not start: ${log}`, { cause: error });
      await new Promise((r) => setTimeout(r, 50));
    }
  }
  let serial = 0;
  return {
    url: `${base}/postgres`,
    async database() {
      const name = `test_${++serial}`;
      const db = await openDatabase({ url: `${base}/postgres` });
      await db.exec(`create database ${name}`);
      await db.close();
      return `${base}/${name}`;
    },
    async stop() {
      server.kill("SIGQUIT");
      await gone;
      rmSync(home, { recursive: true, force: true });
    },
  };
}
