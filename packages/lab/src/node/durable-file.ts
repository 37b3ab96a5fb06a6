import * as disk from "node:fs/promises";
import { dirname } from "node:path";
import { InksealError } from "@inkseal/core";

/** The part of the file system that durable writing needs; tests put a failing one in its place. */
export type FileSystem = Pick<typeof disk, "mkdir" | "open" | "readdir" | "rename" | "rm">;

/** One read or write call moves at most this many bytes: Linux stops at 2³¹, and Node's readFile refuses larger files whole. */
const stride = 2 ** 30;

/** Writes a new file and does not return before it is on the disk. */
export async function writeDurably(path: string, bytes: Uint8Array, fs: FileSystem = disk): Promise<void> {
  const file = await fs.open(path, "wx");
  try {
    for (let at = 0; at < bytes.length; )
      at += (await file.write(bytes, at, Math.min(stride, bytes.length - at), at)).bytesWritten;
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Replaces a file as a whole: after a crash at any moment, the old bytes or the new ones are there. */
export async function replaceFile(path: string, bytes: Uint8Array, fs: FileSystem = disk): Promise<void> {
  const partial = `${path}.partial`;
  await fs.rm(partial, { force: true });
  try {
    await writeDurably(partial, bytes, fs);
    await fs.rename(partial, path);
  } catch (error) {
    await fs.rm(partial, { force: true }).catch(() => {});
    throw error;
  }
  await syncFolder(dirname(path), fs);
}

/** Makes the names in a folder as durable as the files behind them. */
export async function syncFolder(path: string, fs: FileSystem = disk): Promise<void> {
  const folder = await fs.open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A whole file of any size. */
export async function readWhole(path: string, fs: FileSystem = disk): Promise<Uint8Array> {
  const file = await fs.open(path, "r");
  try {
    const bytes = new Uint8Array((await file.stat()).size);
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await file.read(bytes, at, Math.min(stride, bytes.length - at), at);
      if (bytesRead === 0) return bytes.slice(0, at); // cut off meanwhile: whoever checks it will see
      at += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

/** An error of the file system as ours: a full disk or quota is `disk-full`, all others stay as they are. */
export function diskError(error: unknown, what: string): unknown {
  const code = errorCode(error);
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  return new InksealError("disk-full", `the disk has no room for ${what}`, { cause: error });
}

/** `ENOENT`, `ENOSPC`, … */
export const errorCode = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code;
