import { InksealError } from "@inkseal/core";
import { verify } from "@inkseal/pipeline";
import type { FastifyRequest } from "fastify";
import type { House } from "../house.ts";
import { readForm } from "../v1/multipart.ts";
import type { Handlers } from "./handlers.ts";

export const verifyHandlers = (house: House): Pick<Handlers, "verify"> => ({
  verify: async ({ request }) => {
    const report = await verify(await fileOf(request), { ...house, marker: house.reader });
    return { ...report, layers: [...report.layers] };
  },
});

/** The one file of a request: its body, or the first file of its form. */
async function fileOf(request: FastifyRequest): Promise<Uint8Array> {
  const bytes = request.isMultipart() ? (await readForm(request)).files[0]?.bytes : request.body;
  if (!(bytes instanceof Uint8Array) || bytes.length === 0)
    throw new InksealError("bad-request", "file: the request has no bytes", { param: "file" });
  return bytes;
}
