/**
 * Slow measurements are kept by a digest of what they depend on, and say when they were made. `npm run bench -- CLAIM --fresh` measures again.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "bench/.kept");

export interface Kept<T> {
  readonly value: T;
  /** ISO 8601, when it was measured. */
  readonly at: string;
  /** Whether this run measured it. */
  readonly now: boolean;
}

/** `measure`, or what it answered when the files below `sources` (paths from the repository's root) and the machine were the same. */
export async function kept<T>(
  name: string,
  { sources, fresh }: { readonly sources: readonly string[]; readonly fresh: boolean },
  measure: () => Promise<T>,
): Promise<Kept<T>> {
  const hash = createHash("sha256").update(JSON.stringify([name, cpus()[0]?.model, cpus().length, process.version]));
  for (const source of sources)
    for (const file of await filesOf(source)) hash.update(file).update(await readFile(join(root, file)));
  const path = join(folder, `${name}-${hash.digest("hex").slice(0, 16)}.json`);
  if (!fresh) {
    const found = await readFile(path, "utf8").catch(() => undefined);
    if (found !== undefined) return { ...(JSON.parse(found) as { value: T; at: string }), now: false };
  }
  const value = await measure();
  const at = new Date().toISOString();
  await mkdir(folder, { recursive: true });
  await writeFile(path, JSON.stringify({ value, at }));
  return { value, at, now: true };
}

/** The sources of a file or folder, tests left out. */
async function filesOf(path: string): Promise<string[]> {
  if (path.endsWith(".ts")) return [path];
  const found = await readdir(join(root, path), { recursive: true });
  return found
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .sort()
    .map((file) => `${path}/${file}`);
}
