import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Inputs kept for a target: files named by the start of their SHA-256, those that once were a fault with `fault-` in front. */
export function readCorpus(folder: string, target: string): Uint8Array[] {
  const place = join(folder, target);
  if (!existsSync(place)) return [];
  return readdirSync(place)
    .sort()
    .map((name) => new Uint8Array(readFileSync(join(place, name))));
}

export function keep(folder: string, target: string, input: Uint8Array, prefix = ""): string {
  const place = join(folder, target);
  mkdirSync(place, { recursive: true });
  const file = join(place, `${prefix}${createHash("sha256").update(input).digest("hex").slice(0, 16)}`);
  writeFileSync(file, input);
  return file;
}
