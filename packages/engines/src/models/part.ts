import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { diskError } from "./room.ts";

/** What an unfinished file belongs to, in `FILE.part.json` beside it. */
export interface PartState {
  readonly url: string;
  /** The server's strong entity tag of the version that the part is of. */
  readonly etag?: string;
  /** Bytes of the whole, where known. */
  readonly size?: number;
  readonly sha256?: string;
}

export const partOfFile = (path: string): string => `${path}.part`;
export const stateOfPart = (path: string): string => `${path}.part.json`;
export const lockOfPart = (path: string): string => `${path}.part.lock`;

/** The state beside a file that is being pulled; undefined when there is none, or half of one. */
export async function readState(path: string): Promise<PartState | undefined> {
  try {
    const state = JSON.parse(await readFile(stateOfPart(path), "utf8")) as PartState;
    return typeof state.url === "string" ? state : undefined;
  } catch {
    return undefined;
  }
}

/** A file on its way: bytes go to `FILE.part` and into a SHA-256; the file itself appears only whole. */
export class Part {
  readonly path: string;
  /** Bytes it has. */
  bytes = 0;
  state: PartState;
  #file: FileHandle;
  #hash: Hash = createHash("sha256");

  private constructor(path: string, state: PartState, file: FileHandle) {
    this.path = path;
    this.state = state;
    this.#file = file;
  }

  /**
   * Opens the part of `path`. What lies there is kept, and hashed again, when it is of the same address and checksum and
   * either can tell one version from another.
   */
  static async open(path: string, wanted: PartState, signal: AbortSignal): Promise<Part> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const known = await readState(path);
    const file = await open(partOfFile(path), "a+", 0o600);
    const part = new Part(path, wanted, file);
    try {
      const same = known?.url === wanted.url && known.sha256 === wanted.sha256 && (known.etag ?? known.sha256) !== undefined;
      const size = wanted.size ?? known?.size;
      const { size: there } = await file.stat();
      if (!same || (size !== undefined && there > size) || (wanted.size !== undefined && known.size !== wanted.size)) {
        await part.restart(wanted);
        return part;
      }
      part.state = known;
      for await (const bytes of createReadStream(partOfFile(path), { signal })) {
        part.#hash.update(bytes as Buffer);
        part.bytes += (bytes as Buffer).length;
      }
      return part;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Empty again, for another version. */
  async restart(state: PartState): Promise<void> {
    await this.#file.truncate(0);
    this.bytes = 0;
    this.#hash = createHash("sha256");
    this.state = state;
    await writeFile(stateOfPart(this.path), JSON.stringify(state), { mode: 0o600 });
  }

  /** Throws `disk-full`. */
  async append(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    try {
      await this.#file.appendFile(bytes);
    } catch (error) {
      throw diskError(error);
    }
    this.bytes += bytes.length;
  }

  /** Of what has come so far. */
  sha256(): string {
    return this.#hash.copy().digest("hex");
  }

  /** To the disk, then in place of the file of that name. */
  async finish(): Promise<void> {
    await this.#file.sync();
    await this.close();
    await rename(partOfFile(this.path), this.path);
    await rm(stateOfPart(this.path), { force: true });
    const folder = await open(dirname(this.path)).catch(() => undefined); // Windows opens no folders
    await folder?.sync().catch(() => undefined);
    await folder?.close();
  }

  /** Keeps the part for another time. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  async discard(): Promise<void> {
    await this.close();
    await rm(partOfFile(this.path), { force: true });
    await rm(stateOfPart(this.path), { force: true });
  }
}
