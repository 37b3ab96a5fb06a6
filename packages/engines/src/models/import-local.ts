import { link, mkdir, readdir, realpath, rm, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { InksealError } from "@inkseal/core";
import { readGguf } from "../local/gguf.ts";
import { onnxFiles } from "./choose-onnx.ts";
import { copyFile } from "./copy-file.ts";
import { lockOfPart } from "./part.ts";
import type { PullEvent } from "./pull.ts";
import { takeLock } from "./pull-lock.ts";
import { digestOf, writeRecord } from "./record.ts";
import { needRoom } from "./room.ts";
import { safeName } from "./safe-name.ts";
import { idOf, isGguf, partOf } from "./split-name.ts";

interface Import {
  readonly id: string;
  readonly kind: "gguf" | "onnx";
  readonly files: readonly { readonly from: string; readonly name: string; readonly bytes: number }[];
}

/**
 * A model of this machine into the folder, below `local/`: hard links where the disk is the same, copies otherwise.
 * Throws `bad-file` for what is no model, `conflict` when another lies there under its name.
 */
export async function* importLocal(
  path: string,
  folder: string,
  signal: AbortSignal,
): AsyncGenerator<PullEvent, void, undefined> {
  const plan = await planOf(path, await realpath(folder));
  const total = plan.files.reduce((sum, f) => sum + f.bytes, 0);
  yield { type: "started", id: plan.id, kind: plan.kind, files: plan.files.map((f) => f.name), total };
  let done = 0;
  for (const file of plan.files) {
    const to = join(folder, file.name);
    await mkdir(dirname(to), { recursive: true, mode: 0o700 });
    const release = await takeLock(lockOfPart(to), file.name);
    try {
      const how = (await isThere(file.from, to, file.name, signal))
        ? "present"
        : (await linked(file.from, to))
          ? "linked"
          : "copied";
      if (how === "copied") {
        await needRoom(to, file.bytes);
        for await (const bytes of copyFile(file.from, to, signal))
          yield { type: "progress", file: file.name, bytes: done + bytes, total, rate: undefined };
      }
      const { sha256 } = await writeRecord(to, { from: file.from, sha256: await digestOf(to, signal) });
      done += file.bytes;
      yield { type: "file", file: file.name, bytes: file.bytes, sha256, how };
    } finally {
      await release();
    }
  }
  yield { type: "finished", id: plan.id, kind: plan.kind, bytes: done };
}

async function planOf(given: string, folder: string): Promise<Import> {
  const path = await realpath(resolve(given)).catch((cause) => {
    const hint = /^[\w.-]+\/[\w.-]+(:[\w.-]+)?$/.test(given) ? `; for the hub's model write hf:${given}` : "";
    throw new InksealError("bad-file", `there is no file ${given}${hint}`, { cause, param: "model" });
  });
  const within = relative(folder, path);
  if (within === "" || !(within.startsWith(`..${sep}`) || within === ".."))
    throw new InksealError("bad-request", `${given} lies in the models folder already`, { param: "model" });
  if ((await stat(path)).isDirectory()) return onnxPlan(path);
  if (!isGguf(path))
    throw new InksealError("bad-file", `${given} is neither a .gguf file nor the folder of an ONNX model`, { param: "model" });
  const parts = await partsOf(path);
  for (const part of parts) await readGguf(part);
  const files = await Promise.all(
    parts.map(async (from) => ({ from, name: safeName(`local/${basename(from)}`), bytes: (await stat(from)).size })),
  );
  return { id: idOf(files[0]?.name ?? ""), kind: "gguf", files };
}

/** All parts of the model that a file is one of. */
async function partsOf(path: string): Promise<string[]> {
  const of = partOf(path)?.[1];
  if (of === undefined) return [path];
  const id = idOf(basename(path));
  const names = (await readdir(dirname(path))).filter((n) => isGguf(n) && idOf(n) === id && partOf(n)?.[1] === of).sort();
  if (names.length !== of) throw new InksealError("bad-file", `of the model's ${of} parts ${names.length} are there`);
  return names.map((n) => join(dirname(path), n));
}

async function onnxPlan(path: string): Promise<Import> {
  const all = (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((e) => e.isFile() || e.isSymbolicLink())
    .map((e) => ({ path: relative(path, join(e.parentPath, e.name)).split(sep).join("/") }));
  const id = safeName(`local/${basename(path)}`);
  // every number format: what lies on this disk costs nothing to link
  const formats = new Set(all.map((f) => f.path).filter((p) => /^onnx\/.*\.onnx$/.test(p)));
  if (formats.size === 0) onnxFiles(all, { repo: path });
  const wanted = new Set<string>();
  for (const file of formats)
    for (const f of onnxFiles(all, { repo: path, file })) if (f.path !== "config.json") wanted.add(f.path);
  const files = await Promise.all(
    [...wanted, "config.json"].map(async (name) => {
      const from = await realpath(join(path, name));
      return { from, name: safeName(`${id}/${name}`), bytes: (await stat(from)).size };
    }),
  );
  return { id, kind: "onnx", files };
}

/** Whether the same file lies there. Throws `conflict` when another does. */
async function isThere(from: string, to: string, name: string, signal: AbortSignal): Promise<boolean> {
  const [mine, theirs] = await Promise.all([stat(from), stat(to).catch(() => undefined)]);
  if (theirs === undefined) return false;
  if (mine.ino === theirs.ino && mine.dev === theirs.dev) return true;
  if (mine.size === theirs.size && (await digestOf(from, signal)) === (await digestOf(to, signal))) return true;
  throw new InksealError("conflict", `another file lies at ${name}; remove that model first, or rename this one`);
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") await rm(to, { force: true });
    return false; // another disk, or one without links
  }
}
