import { type ArtifactInfo, extensionOf, InksealError } from "@inkseal/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { House } from "../house.ts";
import type { Handlers } from "./handlers.ts";
import { byteRange, namesTag } from "./range.ts";

type Names = "listArtifacts" | "getArtifact" | "getBytes" | "deleteArtifact";

export function artifactHandlers({ ledger: { artifacts } }: House): Pick<Handlers, Names> {
  const known = async (id: string): Promise<ArtifactInfo> => {
    const info = await artifacts.info(id);
    if (info === undefined) throw new InksealError("not-found", "no artifact has that id", { param: "id" });
    return info;
  };
  return {
    listArtifacts: async ({ query }) => {
      const list = await artifacts.list(query);
      return { artifacts: [...list], next: list.length === query.limit ? list.at(-1)?.id : undefined };
    },
    getArtifact: async ({ params }) => ({ artifact: await known(params.id) }),
    getBytes: async ({ params, query, request, reply }) => {
      const info = await known(params.id);
      return await sendBytes(info, () => artifacts.bytes(info.id), query.download === "1", request, reply);
    },
    deleteArtifact: async ({ params }) => {
      if (!(await artifacts.delete(params.id))) throw new InksealError("not-found", "no artifact has that id", { param: "id" });
      return undefined;
    },
  };
}

/** Types that a browser shows without running anything of theirs. */
const shown = /^(image\/(?!svg)|audio\/|video\/|text\/plain|application\/(json|pdf)$)/;
/** Types that may hold scripts: shown only in a sandbox without any rights. */
const active = /svg|html|xml/;

async function sendBytes(
  info: ArtifactInfo,
  load: () => Promise<Uint8Array | undefined>,
  download: boolean,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { mediaType, sha256, id } = info;
  const tag = `"${sha256}"`;
  const scripted = active.test(mediaType);
  const disposition = download || !(shown.test(mediaType) || scripted) ? "attachment" : "inline";
  reply.headers({
    etag: tag,
    "accept-ranges": "bytes",
    "cache-control": "private, no-cache", // ask again: it may have been deleted
    "content-disposition": `${disposition}; filename="${id}.${extensionOf(mediaType)}"`,
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin", // no page elsewhere shows what is on the shelf
    ...(scripted && {
      "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:",
    }),
  });
  if (namesTag(request.headers["if-none-match"], tag)) return reply.code(304).send();
  const bytes = await load();
  if (bytes === undefined) throw new InksealError("not-found", "the artifact's bytes are gone from the shelf", { param: "id" });
  reply.header("content-type", mediaType.startsWith("text/") ? `${mediaType}; charset=utf-8` : mediaType);
  const ifRange = request.headers["if-range"];
  const range = ifRange === undefined || ifRange === tag ? byteRange(request.headers.range, bytes.length) : undefined;
  if (range === undefined) return reply.send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (range === "unsatisfiable") return reply.code(416).header("content-range", `bytes */${bytes.length}`).send();
  reply.code(206).header("content-range", `bytes ${range.first}-${range.last}/${bytes.length}`);
  return reply.send(Buffer.from(bytes.buffer, bytes.byteOffset + range.first, range.last - range.first + 1));
}
