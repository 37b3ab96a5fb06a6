import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import * as disk from "node:fs/promises";
import { dirname } from "node:path";
import { InksealError } from "@inkseal/core";
import {
  bytesPerId,
  checkRange,
  packIds,
  readTokenHeader,
  type TokenSource,
  tokenHeader,
  tokenHeaderBytes,
} from "../data/token-file.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { diskError, errorCode, syncFolder } from "./durable-file.ts";

export interface TokenFile extends TokenSource {
  readonly vocab: number;
  close(): void;
}

/**
 * A `.tokens` file of any size: pages are read when they are needed and the last used stay in memory (Node cannot map files).
 * `pageBytes`: a multiple of 4. `pages`: pages kept, by default 32 MiB in all. Throws `not-found` and `bad-file`.
 */
export function openTokenFile(path: string, { pageBytes = 65_536, pages = 512 } = {}): TokenFile {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if (errorCode(error) === "ENOENT") throw new InksealError("not-found", `there is no file ${path}`);
    throw error;
  }
  const open = file;
  try {
    const head = new Uint8Array(tokenHeaderBytes);
    const { bytesPerId, vocab, count } = readTokenHeader(head.subarray(0, readSync(open, head)), fstatSync(open).size);
    const idsPerPage = pageBytes / bytesPerId;
    const kept = new Map<number, Uint16Array | Uint32Array>(); // the least recently used first

    function page(number: number): Uint16Array | Uint32Array {
      let ids = kept.get(number);
      if (ids !== undefined) kept.delete(number);
      else {
        const bytes = new Uint8Array(Math.min(pageBytes, (count - number * idsPerPage) * bytesPerId));
        if (file === undefined) throw new InksealError("bad-request", `${path} is closed`);
        if (readSync(file, bytes, 0, bytes.length, tokenHeaderBytes + number * pageBytes) !== bytes.length)
          throw new InksealError("bad-file", `${path} was cut off while it was read`);
        ids = bytesPerId === 2 ? new Uint16Array(bytes.buffer) : new Uint32Array(bytes.buffer);
        if (kept.size >= pages) kept.delete(kept.keys().next().value!);
      }
      kept.set(number, ids);
      return ids;
    }

    return {
      length: count,
      vocab,
      slice(start, n) {
        checkRange(start, n, count);
        const first = Math.floor(start / idsPerPage);
        const offset = start - first * idsPerPage;
        if (n === 0) return [];
        if (offset + n <= idsPerPage) return page(first).subarray(offset, offset + n);
        const ids = new Uint32Array(n);
        for (let at = 0, number = first; at < n; number++) {
          const from = number === first ? offset : 0;
          const part = page(number).subarray(from, from + n - at);
          ids.set(part, at);
          at += part.length;
        }
        return ids;
      },
      close() {
        if (file !== undefined) closeSync(file);
        file = undefined;
        kept.clear();
      },
    };
  } catch (error) {
    closeSync(open);
    throw error;
  }
}

/**
 * Turns text files (.txt) and JSON lines (.jsonl, each with `text`) into one `.tokens` file, without holding any of them whole.
 * `end`: an id put after each document, which is a line of .jsonl or a whole .txt. Special tokens spelled out in the texts stay text.
 * Throws `bad-file` naming the line without `text`, `bad-request` for characters without
 * a token, `not-found`, `disk-full`; nothing is left then.
 */
export async function writeTokens(
  path: string,
  { inputs, tokenizer, end }: { readonly inputs: readonly string[]; readonly tokenizer: Tokenizer; readonly end?: number },
): Promise<{ readonly tokens: number; readonly documents: number }> {
  const { vocab } = tokenizer;
  const partial = `${path}.partial`;
  let tokens = 0;
  let documents = 0;
  const header = (count: number) => tokenHeader({ bytesPerId: bytesPerId(vocab), vocab, count });
  try {
    const file = await disk.open(partial, "w");
    try {
      await file.write(header(0));
      let waiting: number[] = [];
      const flush = async () => {
        await file.appendFile(packIds(waiting, vocab));
        waiting = [];
      };
      const append = async (ids: readonly number[]) => {
        for (const id of ids) waiting.push(id);
        tokens += ids.length;
        if (waiting.length > 1 << 18) await flush();
      };
      const ending = end === undefined ? [] : [end];
      for (const input of inputs) {
        const lines = input.endsWith(".jsonl");
        for await (const text of textsOf(input)) {
          await append(tokenizer.encode(text, { plain: true }));
          if (!lines) continue;
          await append(ending);
          documents++;
        }
        if (lines) continue;
        await append(ending);
        documents++;
      }
      await flush();
      await file.write(header(tokens), 0, tokenHeaderBytes, 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await disk.rename(partial, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await disk.rm(partial, { force: true });
    throw diskError(error, "the token file");
  }
  return { tokens, documents };
}

/** The texts of a file: each document of a .jsonl, a .txt in stretches. */
export const textsOf = (path: string): AsyncGenerator<string> =>
  path.endsWith(".jsonl") ? jsonlTexts(path) : textChunks(path);

async function* jsonlTexts(path: string): AsyncGenerator<string> {
  let number = 0;
  for await (const line of (await openText(path)).readLines()) {
    number++;
    if (line.trim() === "") continue;
    let text: unknown;
    try {
      text = JSON.parse(number === 1 ? line.replace(/^\ufeff/, "") : line).text;
    } catch {
      // said below
    }
    if (typeof text !== "string")
      throw new InksealError("bad-file", `line ${number} of ${path} is not JSON with a string "text"`);
    yield text;
  }
}

/** Its streams close it. */
async function openText(path: string): Promise<disk.FileHandle> {
  return disk.open(path, "r").catch((error: unknown) => {
    if (errorCode(error) !== "ENOENT") throw error;
    throw new InksealError("not-found", `there is no file ${path}`);
  });
}

/**
 * A text in stretches of about `size` characters, cut before white space that follows a letter or digit: no pre-tokeniser has a piece
 * that reaches over such a place, so the ids are those of the whole text (but for Llama 2's, which put a space before every stretch).
 */
export async function* textChunks(path: string, size = 1 << 22): AsyncGenerator<string> {
  let text = "";
  let first = true;
  for await (const part of (await openText(path)).createReadStream({
    encoding: "utf8",
    highWaterMark: Math.min(size, 1 << 20),
  })) {
    text += first ? part.replace(/^\ufeff/, "") : part;
    first = false;
    if (text.length < size) continue;
    let cut = text.length - 1;
    while (cut > 0 && !(/\s/.test(text[cut]!) && /[\p{L}\p{N}]/u.test(text[cut - 1]!))) cut--;
    if (cut === 0) cut = text.length - (/[\ud800-\udbff]$/.test(text) ? 1 : 0);
    yield text.slice(0, cut);
    text = text.slice(cut);
  }
  if (text !== "") yield text;
}
