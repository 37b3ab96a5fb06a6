import { rmdir } from "node:fs/promises";
import { dirname, resolve, sep } from "node:path";

/** Takes empty folders away, from `path` upwards, but not `folder` itself. */
export async function dropEmpty(path: string, folder: string): Promise<void> {
  const root = resolve(folder) + sep;
  for (let at = resolve(path); at.startsWith(root); at = dirname(at)) {
    try {
      await rmdir(at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") return; // not empty
    }
  }
}
