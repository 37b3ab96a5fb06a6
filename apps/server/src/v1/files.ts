import { InksealError } from "@inkseal/core";
import type { Upload } from "@inkseal/ledger";
import type { FastifyReply, FastifyRequest } from "fastify";
import { readForm } from "./multipart.ts";
import type { Deps } from "./run.ts";

/** OpenAI's file object. */
const fileObject = (u: Upload): object => ({
  id: u.id,
  object: "file",
  bytes: u.size,
  created_at: Math.floor(Date.parse(u.at) / 1000),
  filename: u.name,
  purpose: u.purpose,
  status: "processed",
  expires_at: null,
});

const idOf = (request: FastifyRequest): string => (request.params as { id: string }).id;
const missing = (request: FastifyRequest): InksealError =>
  new InksealError("not-found", `there is no file ${JSON.stringify(idOf(request))}`, { param: "id" });

export async function uploadFile({ house }: Deps, request: FastifyRequest): Promise<object> {
  const { fields, files } = await readForm(request);
  const file = files.find((f) => f.role === "file");
  if (file === undefined) throw new InksealError("bad-request", "file: send the file", { param: "file" });
  return fileObject(await house.uploads.put(request.actor.id, file.name, String(fields.purpose ?? "user_data"), file.bytes));
}

export async function listFiles({ house }: Deps, request: FastifyRequest): Promise<object> {
  const data = (await house.uploads.list(request.actor.id)).map(fileObject);
  return { object: "list", data, has_more: false };
}

export async function oneFile({ house }: Deps, request: FastifyRequest): Promise<object> {
  const upload = await house.uploads.info(request.actor.id, idOf(request));
  if (upload === undefined) throw missing(request);
  return fileObject(upload);
}

export async function fileContent({ house }: Deps, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const bytes = await house.uploads.bytes(request.actor.id, idOf(request));
  if (bytes === undefined) throw missing(request);
  // whatever somebody brought must not run in a browser as this site's own
  return reply
    .headers({
      "content-type": "application/octet-stream",
      "x-content-type-options": "nosniff",
      "content-disposition": "attachment",
    })
    .send(Buffer.from(bytes));
}

export async function deleteFile({ house }: Deps, request: FastifyRequest): Promise<object> {
  if (!(await house.uploads.delete(request.actor.id, idOf(request)))) throw missing(request);
  return { id: idOf(request), object: "file", deleted: true };
}
