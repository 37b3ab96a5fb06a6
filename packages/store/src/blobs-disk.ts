import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, unlinkSync } from "node:fs";
import { access, mkdir, open, readFile, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { checkKey } from "./blob-key.ts";
import type { Blobs } from "./contract.ts";
import { processAlive } from "./lock.ts";

let serial = 0;

/**
 * Blobs as files, `folder/HH/NAME`: HH the first byte of the key's SHA-256, so that no folder grows beyond 1/256 of all,
 * NAME the key with `/` as `+` and capitals as `=` and the small letter (file systems that fold case keep keys apart).
 * A blob appears whole or not at all: temporary file, fsync, rename, fsync of the folder.
 */
export function diskBlobs(folder: string): Blobs {
  const temporary = join(folder, "tmp");
  mkdirSync(temporary, { recursive: true });
  // what a killed process left half-written
  for (const name of readdirSync(temporary)) {
    const pid = Number(name.split(".")[0]);
    if (!Number.isInteger(pid) || pid <= 0 || (pid !== process.pid && !processAlive(pid))) unlinkSync(join(temporary, name));
  }
  const pathOf = (key: string): string => {
    checkKey(key);
    const shard = createHash("sha256").update(key).digest("hex").slice(0, 2);
    return join(
      folder,
      shard,
      key.replaceAll("/", "+").replace(/[A-Z]/g, (c) => `=${c.toLowerCase()}`),
    );
  };
  return {
    async put(key, bytes) {
      const path = pathOf(key);
      const half = join(temporary, `${process.pid}.${++serial}`);
      try {
        const file = await open(half, "wx");
        try {
          await file.writeFile(bytes);
          await file.sync();
        } finally {
          await file.close();
        }
        const made = await mkdir(dirname(path), { recursive: true });
        await rename(half, path);
        await syncFolder(dirname(path));
        if (made !== undefined) await syncFolder(folder);
      } catch (error) {
        await unlink(half).catch(() => {});
        throw error;
      }
    },
    async get(key) {
      try {
        const bytes = await readFile(pathOf(key));
        return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      } catch (error) {
        if (missing(error)) return undefined;
        throw error;
      }
    },
    async has(key) {
      try {
        await access(pathOf(key));
        return true;
      } catch (error) {
        if (missing(error)) return false;
        throw error;
      }
    },
    async delete(key) {
      try {
        await unlink(pathOf(key));
      } catch (error) {
        if (!missing(error)) throw error;
      }
    },
  };
}

const missing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";

async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return; // folders cannot be opened there; NTFS journals the rename
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
