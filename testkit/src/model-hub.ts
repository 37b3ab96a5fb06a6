import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface HubAsk {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
}
/** How the server misbehaves for one request; nothing means that it serves what was asked. */
export type Mischief = (ask: HubAsk, response: ServerResponse, serve: () => void) => void;

export interface ModelHub {
  /** `http://127.0.0.1:PORT`, for HF_ENDPOINT. */
  readonly url: string;
  /** Files by `publisher/repository/path`; may be changed while it runs. */
  readonly files: Map<string, Uint8Array>;
  /** Files without a checksum in the listing, as small ones are on the hub. */
  readonly plain: Set<string>;
  /** Every request, in order. */
  readonly asks: HubAsk[];
  /** For all files' bodies (not the listing) until changed. */
  mischief: Mischief | undefined;
  close(): Promise<void>;
}

/**
 * A model hub on this machine, as huggingface.co answers: `/api/models/REPO/tree/REV?recursive=true` in pages of three
 * and `/REPO/resolve/REV/FILE` with strong entity tags, Range, If-Range and If-None-Match (RFC 9110).
 */
export async function startModelHub(files: Readonly<Record<string, Uint8Array>> = {}): Promise<ModelHub> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", hub.url);
    const ask: HubAsk = { path: decodeURIComponent(url.pathname), headers: request.headers };
    hub.asks.push(ask);
    const tree = /^\/api\/models\/([^/]+\/[^/]+)\/tree\//.exec(ask.path)?.[1];
    if (tree !== undefined) return list(tree, Number(url.searchParams.get("cursor") ?? 0), url, response);
    const [, repo, path] = /^\/([^/]+\/[^/]+)\/resolve\/[^/]+\/(.+)$/.exec(ask.path) ?? [];
    const bytes = hub.files.get(`${repo}/${path}`);
    const serve = (): void => (bytes === undefined ? void response.writeHead(404).end() : serveFile(bytes, ask, response));
    if (hub.mischief !== undefined) hub.mischief(ask, response, serve);
    else serve();
  });
  const hub: ModelHub = {
    url: "",
    files: new Map(Object.entries(files)),
    plain: new Set(),
    asks: [],
    mischief: undefined,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  const list = (repo: string, from: number, url: URL, response: ServerResponse): void => {
    const all = [...hub.files].filter(([name]) => name.startsWith(`${repo}/`));
    if (all.length === 0) return void response.writeHead(401).end('{"error":"Repository not found"}');
    const page = all.slice(from, from + 3).map(([name, bytes]) => ({
      type: "file",
      path: name.slice(repo.length + 1),
      size: bytes.length,
      oid: createHash("sha1").update(bytes).digest("hex"),
      ...(!hub.plain.has(name) && { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 135 } }),
    }));
    url.searchParams.set("cursor", String(from + 3));
    if (from + 3 < all.length) response.setHeader("link", `<${url.href}>; rel="next"`);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(page));
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(hub, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

function serveFile(bytes: Uint8Array, { headers }: HubAsk, response: ServerResponse): void {
  const etag = `"${sha256(bytes).slice(0, 20)}"`;
  response.setHeader("etag", etag);
  if (headers["if-none-match"] === etag) return void response.writeHead(304).end();
  const from = /^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1];
  const fits = headers["if-range"] === undefined || headers["if-range"] === etag;
  if (from === undefined || !fits) return void response.writeHead(200, { "content-length": bytes.length }).end(bytes);
  const start = Number(from);
  if (start >= bytes.length) return void response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
  response
    .writeHead(206, {
      "content-length": bytes.length - start,
      "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
    })
    .end(bytes.subarray(start));
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
