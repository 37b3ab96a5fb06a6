import { readFile } from "node:fs/promises";
import { UsageError } from "../usage-error.ts";
import { words } from "../words.ts";

/**
 * The words of a brief: the argument, `-` for standard input, or a file. A byte order mark and the last line end go.
 * Throws UsageError when there are none, two sources, or bytes that are not UTF-8.
 */
export async function readWords(
  argument: string | undefined,
  file: string | undefined,
  stdin: AsyncIterable<Uint8Array>,
): Promise<string> {
  if (argument !== undefined && file !== undefined) throw new UsageError(words.make.twoSources);
  if (file === undefined && argument === undefined) throw new UsageError(words.make.noWords);
  if (file === undefined && argument !== "-") return nonEmpty(argument!);
  const fromStdin = file === undefined || file === "-";
  const bytes = fromStdin ? await readAll(stdin) : await readFile(file);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(words.make.notText(fromStdin ? "-" : file));
  }
  return nonEmpty(text.replace(/\r?\n$/, ""));
}

export async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

function nonEmpty(text: string): string {
  if (text.trim() === "") throw new UsageError(words.make.emptyWords);
  return text;
}
