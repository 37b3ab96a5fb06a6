import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Where a file came from, in `.FILE.pulled.json` beside it. */
export interface PullRecord {
  /** Its address, or the path that it was copied from. */
  readonly from: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Milliseconds since 1970: the file's own time when it was pulled. */
  readonly modified: number;
  readonly etag?: string;
}

export const recordOf = (path: string): string => join(dirname(path), `.${basename(path)}.pulled.json`);

/** The record of a file that is still as it was pulled. */
export async function readRecord(path: string): Promise<PullRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(recordOf(path), "utf8")) as PullRecord;
    const { size, mtimeMs } = await stat(path);
    return record.bytes === size && record.modified === mtimeMs && typeof record.sha256 === "string" ? record : undefined;
  } catch {
    return undefined;
  }
}

export async function writeRecord(path: string, what: Omit<PullRecord, "modified" | "bytes">): Promise<PullRecord> {
  const { size, mtimeMs } = await stat(path);
  const record: PullRecord = { ...what, bytes: size, modified: mtimeMs };
  await writeFile(`${recordOf(path)}.new`, JSON.stringify(record), { mode: 0o600 });
  await rename(`${recordOf(path)}.new`, recordOf(path));
  return record;
}

/** SHA-256 of a file, in hexadecimal. */
export async function digestOf(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for await (const bytes of createReadStream(path, { signal, highWaterMark: 1024 * 1024 })) hash.update(bytes as Buffer);
  return hash.digest("hex");
}
