import "@fastify/multipart"; // its types: request.isMultipart, request.parts
import { InksealError, type InputFile, sniff } from "@inkseal/core";
import type { FastifyRequest } from "fastify";

/** A multipart form: fields as strings (repeated and `name[]` ones as arrays), files sniffed and bounded. */
export interface Form {
  readonly fields: Readonly<Record<string, string | string[]>>;
  readonly files: readonly InputFile[];
}

/** Throws `too-large` when all files together exceed the body limit, `bad-request` for what is no whole form. */
export async function readForm(request: FastifyRequest): Promise<Form> {
  if (!request.isMultipart()) throw new InksealError("unsupported-media", "this address takes multipart/form-data");
  const limit = request.routeOptions.bodyLimit ?? Number.POSITIVE_INFINITY;
  const fields: Record<string, string | string[]> = {};
  const files: InputFile[] = [];
  let size = 0;
  try {
    for await (const part of request.parts()) {
      if (part.type === "file") {
        const bytes = new Uint8Array(await part.toBuffer());
        if ((size += bytes.length) > limit)
          throw new InksealError("too-large", `the files are more than ${limit} bytes together`);
        files.push({ name: part.filename, mediaType: sniff(bytes), bytes, role: part.fieldname.replace(/\[\]$/, "") });
      } else {
        const name = part.fieldname.replace(/\[\]$/, "");
        const value = String(part.value);
        const before = fields[name];
        fields[name] = before === undefined ? (part.fieldname.endsWith("[]") ? [value] : value) : [before, value].flat();
      }
    }
  } catch (thrown) {
    // the parser's own complaints about cut or malformed forms have no code; limits do
    if (InksealError.is(thrown) || (thrown as { code?: unknown }).code !== undefined) throw thrown;
    throw new InksealError("bad-request", "the form is malformed or ends too early", { cause: thrown });
  }
  return { fields, files };
}
