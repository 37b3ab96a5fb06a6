import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Unfinished films that are kept; the one that was touched longest ago goes first. */
const kept = 8;

/**
 * What is finished of a film, on disk under the digest of all that decides it: after a kill the same brief goes on where it was. A file
 * appears only when it is whole.
 */
export class JobFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** The folder for what is decided by `key` (JSON) and `files`. */
  static async open(root: string, key: unknown, files: readonly Uint8Array[]): Promise<JobFolder> {
    const hash = createHash("sha256").update(JSON.stringify(key));
    for (const bytes of files) hash.update(createHash("sha256").update(bytes).digest());
    const name = hash.digest("hex").slice(0, 32);
    await mkdir(join(root, name), { recursive: true, mode: 0o700 });
    await clear(root, name);
    return new JobFolder(join(root, name));
  }

  file(name: string): string {
    return join(this.path, name);
  }

  async has(name: string): Promise<boolean> {
    return stat(this.file(name)).then(
      () => true,
      () => false,
    );
  }

  /** Plain bytes: a Buffer's `slice` is no copy, which whoever edits files relies on. */
  async read(name: string): Promise<Uint8Array | undefined> {
    const bytes = await readFile(this.file(name)).catch(() => undefined);
    return bytes && new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  async write(name: string, bytes: Uint8Array | string): Promise<void> {
    const part = this.file(`part-${name}`);
    await writeFile(part, bytes, { mode: 0o600 });
    await rename(part, this.file(name));
  }

  /** The film is made: nothing of it stays here. */
  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

async function clear(root: string, mine: string): Promise<void> {
  const names = (await readdir(root)).filter((n) => /^[0-9a-f]{32}$/.test(n) && n !== mine);
  if (names.length < kept) return;
  const dated = await Promise.all(
    names.map(async (n) => ({ n, at: (await stat(join(root, n)).catch(() => undefined))?.mtimeMs ?? 0 })),
  );
  dated.sort((a, b) => b.at - a.at);
  for (const { n } of dated.slice(kept - 1)) await rm(join(root, n), { recursive: true, force: true });
}
