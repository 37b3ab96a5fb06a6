import { type FileJson, RunRequest } from "@inkseal/client";
import { type Brief, InksealError, type InputFile, sniff } from "@inkseal/core";
import type { FastifyRequest } from "fastify";
import type { z } from "zod";
import { parsePart } from "../route.ts";
import { readForm } from "../v1/multipart.ts";

/** Fields of a form that hold files without saying what they are for. */
const plainFields = new Set(["file", "files"]);

/** The brief of a request, as JSON with files in base64, or as a form: `brief` (JSON) and files. */
export async function briefOf(request: FastifyRequest): Promise<Brief> {
  if (!request.isMultipart()) {
    const { files, ...rest } = parsePart(RunRequest, request.body);
    return Object.freeze({ ...rest, files: files.map(decode) });
  }
  const form = await readForm(request);
  const text = form.fields.brief;
  if (typeof text !== "string") throw new InksealError("bad-request", "brief: the form has no such field", { param: "brief" });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InksealError("bad-json", "brief: the field is not valid JSON", { param: "brief" });
  }
  const { files, ...rest } = parsePart(RunRequest, json);
  return Object.freeze({ ...rest, files: [...files.map(decode), ...form.files.map(named)] });
}

function named(file: InputFile, i: number): InputFile {
  if (file.bytes.length === 0) throw emptyFile(`files.${i}`);
  const role = file.role === undefined || plainFields.has(file.role) ? undefined : file.role;
  return { ...file, name: file.name || `file-${i}`, role };
}

function decode(file: z.output<typeof FileJson>, i: number): InputFile {
  const param = `files.${i}.data`;
  const bytes = new Uint8Array(Buffer.from(file.data, "base64"));
  // Buffer skips what is not base64: then there are fewer bytes than the letters promise
  const letters = file.data.replace(/={0,2}$/, "").length;
  if (bytes.length !== Math.floor((letters * 3) / 4)) throw new InksealError("bad-request", `${param}: not base64`, { param });
  if (bytes.length === 0) throw emptyFile(param);
  return { name: file.name, mediaType: typeOf(bytes, file.mediaType), bytes, role: file.role };
}

/** What the bytes say; for plain text also what the sender says, since JSON and Markdown begin like any text. */
function typeOf(bytes: Uint8Array, hint: string | undefined): string {
  const sniffed = sniff(bytes);
  return sniffed === "text/plain" && hint !== undefined && /^(text\/|application\/json$)/.test(hint) ? hint : sniffed;
}

const emptyFile = (param: string): InksealError => new InksealError("bad-file", `${param}: the file is empty`, { param });
