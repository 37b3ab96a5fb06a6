import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Streams lines to a file (which appears only when whole) or, without one, to standard output, at its reader's pace. */
export async function writeLines(lines: AsyncIterable<string>, path: string | undefined): Promise<void> {
  if (path === undefined) {
    await pipeline(Readable.from(lines), process.stdout, { end: false });
    return;
  }
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString("hex")}.part`);
  try {
    await pipeline(Readable.from(lines), createWriteStream(beside, { flags: "wx", flush: true }));
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
