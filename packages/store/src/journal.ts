import { mkdirSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { Journal } from "./contract.ts";

/** Two files in turn: one takes what comes while the other's lines go to their place. */
const names = ["even.log", "odd.log"] as const;

/**
 * Opens the journal of `folder` (made when missing), for one process: the caller holds a lock.
 * @see docs/decisions/0003-a-journal-before-the-embedded-database.md
 */
export async function openJournal(folder: string): Promise<Journal> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files: LogFile[] = [];
  const kept: string[] = [];
  for (const name of names) {
    const handle = await open(join(folder, name), "a+", 0o600);
    const bytes = await handle.readFile();
    // a crash in the midst of a write left an unfinished line, which nobody was told of
    const whole = bytes.lastIndexOf(10) + 1;
    if (whole < bytes.length) await handle.truncate(whole);
    files.push(new LogFile(handle, whole));
    kept.push(...bytes.subarray(0, whole).toString("utf8").split("\n").slice(0, -1));
  }
  return new DiskJournal(files, kept);
}

class DiskJournal implements Journal {
  readonly kept: readonly string[];
  readonly #files: readonly LogFile[];
  #current = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(files: readonly LogFile[], kept: readonly string[]) {
    this.#files = files;
    this.kept = kept;
  }

  append(lines: readonly string[]): Promise<void> {
    return this.#next(() => this.#file().append(`${lines.join("\n")}\n`));
  }

  turn(): Promise<() => Promise<void>> {
    return this.#next(async () => {
      const full = this.#file();
      this.#current = 1 - this.#current;
      return () => full.clear();
    });
  }

  async close(): Promise<void> {
    await this.#last;
    await Promise.all(this.#files.map((f) => f.close()));
  }

  #file(): LogFile {
    return this.#files[this.#current] as LogFile;
  }

  /** One after the other. */
  #next<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => undefined);
    return next;
  }
}

/** A file that only grows, by whole appends, until it is cleared. */
class LogFile {
  readonly #handle: FileHandle;
  #size: number;
  #unsure = false;

  constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.#size = size;
  }

  async append(text: string): Promise<void> {
    // what a failed append may have left was refused to its callers, so it must not come back at the next opening
    if (this.#unsure) await this.#handle.truncate(this.#size);
    this.#unsure = true;
    const bytes = Buffer.from(text);
    await this.#handle.appendFile(bytes);
    await this.#handle.datasync();
    this.#size += bytes.length;
    this.#unsure = false;
  }

  async clear(): Promise<void> {
    await this.#handle.truncate(0);
    this.#size = 0;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
