import { createHash, type Hash, hash } from "node:crypto";
import { type Brief, type Chunk, type Cleared, InksealError, type MediaPart, type Policy } from "@inkseal/core";

/** A run's file may not grow beyond this in memory. */
const largestFile = 1024 * 1024 * 1024;

/** What has come of a run so far: the digest of the words let out, the words to keep, files still growing. */
export class Draft {
  readonly #brief: Brief;
  /** Words in one piece need no Hash object, which costs more than the hashing. */
  #only: string | undefined;
  #digest: Hash | undefined;
  readonly #kept: string[] | undefined;
  readonly #growing = new Map<number, MediaPart[]>();
  #files: MediaPart[] = [];
  #size = 0;

  constructor(brief: Brief) {
    this.#brief = brief;
    this.#kept = brief.keep === true || brief.wire === undefined ? [] : undefined;
  }

  addText(chunk: Cleared<Chunk>): void {
    if (chunk.text === undefined || chunk.text === "") return;
    if (this.#digest !== undefined) this.#digest.update(chunk.text);
    else if (this.#only === undefined) this.#only = chunk.text;
    else this.#digest = createHash("sha256").update(this.#only).update(chunk.text);
    this.#kept?.push(chunk.text);
  }

  addMedia(index: number, part: MediaPart): void {
    this.#size += part.bytes.length;
    if (this.#size > largestFile) throw new InksealError("too-large", `the engine's file is larger than ${largestFile} bytes`);
    const parts = this.#growing.get(index) ?? [];
    parts.push(part);
    this.#growing.set(index, parts);
    if (part.last) {
      this.#growing.delete(index);
      this.#files.push(
        parts.length === 1 ? part : { ...part, mediaType: parts[0]?.mediaType ?? part.mediaType, bytes: concat(parts) },
      );
    }
  }

  /** Finished files; words become one when the brief says `keep`. A file that never ended is `upstream-invalid`. */
  files(): readonly MediaPart[] {
    if (this.#growing.size > 0) throw new InksealError("upstream-invalid", "the engine stopped in the middle of a file");
    if (this.#brief.keep === true && this.#only !== undefined && this.#files.length === 0) {
      this.#files = [{ mediaType: this.#textType(), bytes: new TextEncoder().encode(this.text), last: true }];
    }
    return this.#files;
  }

  get text(): string {
    return this.#kept?.join("") ?? "";
  }

  /** SHA-256, hex, of all words let out, in the order they were let out; empty when there were none. */
  wordsDigest(): string {
    return this.#digest?.copy().digest("hex") ?? (this.#only === undefined ? "" : hash("sha256", this.#only));
  }

  get editsInput(): boolean {
    return this.#brief.task === "image-edit";
  }

  /** The brief's first words, for people; only where the policy keeps words. */
  title(policy: Policy): string | undefined {
    if (!policy.keepText) return undefined;
    const words = this.#brief.text ?? this.#brief.messages?.map((m) => m.content).findLast((c) => typeof c === "string");
    return words?.slice(0, 80);
  }

  #textType(): string {
    if (this.#brief.controls.schema !== undefined) return "application/json";
    return this.#brief.controls.format?.includes("plain") || this.#brief.controls.format === "txt"
      ? "text/plain"
      : "text/markdown";
  }
}

function concat(parts: readonly MediaPart[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, p) => sum + p.bytes.length, 0));
  let at = 0;
  for (const { bytes } of parts) {
    whole.set(bytes, at);
    at += bytes.length;
  }
  return whole;
}
