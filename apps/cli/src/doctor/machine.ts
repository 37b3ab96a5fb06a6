import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { access, readdir, stat, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sizeOf } from "../make/summary.ts";
import { doctorWords as w } from "../words-doctor.ts";
import { type Check, reason, verbatim } from "./check.ts";

/** Below this the disk is nearly full, in bytes. */
const littleSpace = 1e9;

export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const name = w.name.node;
  if (major > 20 || (major === 20 && minor >= 19)) return { id: "node", name, status: "ok", detail: verbatim(version) };
  return { id: "node", name, status: "broken", detail: w.node.old(version), fix: w.node.fix };
}

/** The data folder can be written, or can be made. */
export async function checkFolder(home: string): Promise<Check> {
  const name = w.name.folder;
  const there = await nearestFolder(home);
  try {
    await access(there, constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "?";
    return { id: "folder", name, status: "broken", detail: w.folder.cannot(there, code), fix: w.folder.fix };
  }
  return { id: "folder", name, status: "ok", detail: there === home ? w.folder.ok(home) : w.folder.fresh(home) };
}

export async function checkDisk(home: string): Promise<Check> {
  const name = w.name.disk;
  try {
    const { bavail, bsize } = await statfs(await nearestFolder(home));
    const free = bavail * bsize;
    const detail = w.folder.freeSpace(sizeOf(free));
    return free >= littleSpace
      ? { id: "disk", name, status: "ok", detail }
      : { id: "disk", name, status: "note", detail, fix: w.folder.freeFix };
  } catch (error) {
    return { id: "disk", name, status: "note", detail: verbatim(reason(error)) };
  }
}

/** Nobody else can read what signs, decrypts and admits. Windows has no such permissions. */
export async function checkSecrets(home: string): Promise<Check> {
  const name = w.name.permissions;
  const identity = join(home, "identity");
  const files = [join(home, "serve.json"), join(home, "inkseal.json"), identity];
  for (const file of await readdir(identity).catch(() => [])) files.push(join(identity, file));
  const loose: string[] = [];
  let seen = 0;
  for (const file of files) {
    const mode = (await stat(file).catch(() => undefined))?.mode;
    if (mode === undefined) continue;
    seen++;
    if (process.platform !== "win32" && (mode & 0o077) !== 0) loose.push(file);
  }
  if (loose.length > 0) {
    const fix = verbatim(`chmod go= ${loose.join(" ")}`);
    return { id: "permissions", name, status: "missing", detail: w.folder.loose(loose.join(", ")), fix };
  }
  return { id: "permissions", name, status: "ok", detail: seen === 0 ? w.folder.none : w.folder.tight };
}

export async function checkPort(host: string, port: number, servedUrl: string | undefined): Promise<Check> {
  const name = w.name.port;
  if (servedUrl !== undefined && new URL(servedUrl).port === String(port))
    return { id: "port", name, status: "ok", detail: w.port.ours(port) };
  const free = await new Promise<boolean>((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host, port }, () => server.close(() => resolve(true)));
  });
  return free
    ? { id: "port", name, status: "ok", detail: w.port.free(port) }
    : { id: "port", name, status: "missing", detail: w.port.taken(port), fix: w.port.fix };
}

/** What films are encoded with, and the font of their captions. */
export async function checkFilm(path: string | undefined): Promise<Check> {
  const name = w.name.film;
  const { captionFont, findFfmpeg, missingEncoders } = await import("@inkseal/engines");
  const ffmpeg = await findFfmpeg(path);
  if (ffmpeg === undefined) return { id: "film", name, status: "missing", detail: w.film.none, fix: w.film.fix };
  try {
    const missing = await missingEncoders(ffmpeg);
    if (missing.length > 0)
      return { id: "film", name, status: "missing", detail: w.film.lacks(ffmpeg, missing.join(", ")), fix: w.film.fix };
    const font = await captionFont();
    if (font === undefined) return { id: "film", name, status: "missing", detail: w.film.noFont, fix: w.film.fontFix };
    return { id: "film", name, status: "ok", detail: w.film.ok(ffmpeg, font.name, font.inside) };
  } catch (error) {
    return { id: "film", name, status: "missing", detail: verbatim(reason(error)), fix: w.film.fix };
  }
}

export async function checkStudio(): Promise<Check> {
  const page = join(dirname(fileURLToPath(import.meta.url)), "../../../studio/dist/index.html");
  const built = await access(page).then(
    () => true,
    () => false,
  );
  return {
    id: "studio",
    name: w.name.studio,
    ...(built ? { status: "ok", detail: w.studio.ok } : { status: "note", detail: w.studio.none, fix: w.studio.fix }),
  };
}

/** Runs a few lines of JavaScript in a process of their own (a native library that crashes takes only that along). */
export function probe(script: string, cwd: string, ms: number): Promise<string> {
  return new Promise((resolve, reject) => {
    // no --input-type: libraries that fork themselves would inherit it
    const child = spawn(process.execPath, ["-e", `(async () => { ${script} })()`], {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: ms,
    });
    let out = "";
    let err = "";
    child.stdout.on("data", (d) => (out += d));
    child.stderr.on("data", (d) => (err += d));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolve(out.trim());
      else
        reject(
          new Error(
            err
              .trim()
              .split("\n")
              .find((l) => /error/i.test(l)) ?? `ended with ${signal ?? code}`,
          ),
        );
    });
  });
}

/** `path` or the nearest folder above it that exists. */
async function nearestFolder(path: string): Promise<string> {
  const there = await stat(path).then(
    () => true,
    () => false,
  );
  return there || dirname(path) === path ? path : nearestFolder(dirname(path));
}
