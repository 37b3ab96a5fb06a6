import { randomBytes } from "node:crypto";
import { open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Writes a file whole or not at all: beside it, to disk, then renamed over it. An existing file keeps its permissions;
 * what is no regular file (a pipe, `/dev/null`) is written to as it is.
 */
export async function writeWhole(name: string, bytes: Uint8Array): Promise<void> {
  const path = await realpath(name).catch(() => name); // a symbolic link stays one
  const old = await stat(path).catch(() => undefined);
  if (old !== undefined && !old.isFile()) {
    const file = await open(path, "w");
    await file.writeFile(bytes).finally(() => file.close());
    return;
  }
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString("hex")}.part`);
  try {
    const file = await open(beside, "wx", old === undefined ? 0o666 : old.mode & 0o777);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
