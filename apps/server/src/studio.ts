import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import { InksealError } from "@inkseal/core";
import type { FastifyInstance } from "fastify";
import { errorEnvelope } from "./v1/envelope.ts";

const dist = join(dirname(fileURLToPath(import.meta.url)), "../../studio/dist");

/** Nothing from elsewhere, no inline script, no framing. WebAssembly is for pictures that are verified in the page. */
const pageHeaders = {
  "content-security-policy":
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob: data:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
} as const;

/** The built Studio at `/`; any other page address is its business too (client-side routes). */
export function serveStudio(app: FastifyInstance): void {
  const built = existsSync(join(dist, "index.html"));
  if (built) {
    void app.register(fastifyStatic, {
      root: dist,
      wildcard: false,
      cacheControl: false,
      setHeaders: (reply, path) => {
        for (const [name, value] of Object.entries(pageHeaders)) reply.header(name, value);
        // files under /assets carry their digest in their name; the page that names them is asked for anew
        reply.header("cache-control", path.includes("/assets/") ? "public, max-age=31536000, immutable" : "no-cache");
      },
    });
  }
  app.setNotFoundHandler((request, reply) => {
    const page =
      request.method === "GET" &&
      !/^\/(v1|api|c2pa|public|metrics|assets)(\/|$)/.test(request.url) &&
      (request.headers.accept ?? "").includes("text/html");
    if (page && built) return reply.headers(pageHeaders).sendFile("index.html");
    const message = page
      ? "the Studio is not built; run `npm start`, or `npm run build -w @inkseal/studio`"
      : `there is nothing at ${request.method} ${request.url.split("?")[0]}`;
    return reply.code(404).send(errorEnvelope(new InksealError("not-found", message)));
  });
}
