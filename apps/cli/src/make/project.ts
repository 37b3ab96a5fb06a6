import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import type { InputFile } from "@inkseal/core";

const most = { file: 300_000, all: 12_000_000 };

/**
 * The TypeScript and JavaScript below a folder, those changed last at the end. What is installed or built is left out (node_modules, dist, hidden
 * folders), so are files above 300 kB; beyond 12 MB those changed long ago are.
 */
export async function projectFiles(folder: string): Promise<InputFile[]> {
  const found: { path: string; size: number; changed: number }[] = [];
  for await (const path of scripts(folder)) {
    const { size, mtimeMs } = await stat(path);
    if (size <= most.file) found.push({ path, size, changed: mtimeMs });
  }
  found.sort((a, b) => b.changed - a.changed || (a.path < b.path ? -1 : 1));
  let room = most.all;
  const kept = found.filter(({ size }) => (room -= size) >= 0).reverse();
  return Promise.all(
    kept.map(async ({ path }) => ({
      name: relative(folder, path).replaceAll("\\", "/"),
      mediaType: "text/plain",
      bytes: new Uint8Array(await readFile(path)),
    })),
  );
}

async function* scripts(folder: string): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name.startsWith(".") || /^(node_modules|dist|build|out|coverage|vendor)$/.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* scripts(path);
    else if (entry.isFile() && /\.([cm]?[jt]s|[jt]sx)$/.test(entry.name) && !/\.min\./.test(entry.name)) yield path;
  }
}
