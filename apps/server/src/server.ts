import { randomBytes } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import cors from "@fastify/cors";
import multipart from "@fastify/multipart";
import { InksealError } from "@inkseal/core";
import Fastify, { type FastifyInstance } from "fastify";
import { registerApi } from "./api/index.ts";
import { admit, isLoopback } from "./auth.ts";
import type { House } from "./house.ts";
import { Trainings } from "./lab/trainings.ts";
import { registerOpened } from "./resolution/index.ts";
import { RunsInFlight } from "./runs.ts";
import { serveStudio } from "./studio.ts";
import { Telemetry } from "./telemetry.ts";
import { errorEnvelope } from "./v1/envelope.ts";
import { registerV1 } from "./v1/table.ts";
import { Videos } from "./v1/videos.ts";

/** A server that listens. */
export interface Running {
  readonly url: string;
  readonly app: FastifyInstance;
  /** Takes no new runs, waits for those in flight (or records them as interrupted), stops a training with a checkpoint, then closes. */
  close(): Promise<void>;
}

/**
 * Opens the house to the network. Throws `forbidden` for an address that is not loopback while no key exists, and
 * `conflict` when the port is taken. Writes `serve.json` (0600) so that this user's CLI finds the server.
 */
export async function startServer(house: House): Promise<Running> {
  const { host, port, limits, home } = house.config;
  if (!isLoopback(host) && !house.ledger.keys.any()) {
    throw new InksealError(
      "forbidden",
      `refusing to listen on ${host}: without a key only loopback is served (make one with \`inkseal keys create\`)`,
    );
  }
  const runs = new RunsInFlight(limits.concurrency, limits.deadlineMs);
  const localToken = `ink_local_${randomBytes(32).toString("base64url")}`;
  const trainings = new Trainings(house);
  await trainings.settle();
  const app = buildApp(house, runs, localToken, trainings);
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    throw (cause as { code?: string }).code === "EADDRINUSE"
      ? new InksealError("conflict", `port ${port} on ${host} is taken; choose another with --port`, { cause })
      : cause;
  }
  const address = app.server.address();
  const actualPort = typeof address === "object" && address !== null ? address.port : port;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${actualPort}`;
  const sign = join(home, "serve.json");
  // renamed into place: whoever waits for it must never read half of it
  const beside = `${sign}.${process.pid}.part`;
  await writeFile(beside, JSON.stringify({ pid: process.pid, url, token: localToken }), { mode: 0o600 });
  await rename(beside, sign);
  return {
    url,
    app,
    close: async () => {
      await rm(sign, { force: true });
      await Promise.all([runs.drain(limits.drainMs), trainings.close()]);
      // whoever still holds a connection open (a download nobody reads) has a second
      const last = setTimeout(() => app.server.closeAllConnections(), 1_000);
      await app.close();
      clearTimeout(last);
    },
  };
}

/** The routes without the socket, for tests too. */
export function buildApp(
  house: House,
  runs: RunsInFlight,
  localToken: string,
  trainings = new Trainings(house),
): FastifyInstance {
  const { limits } = house.config;
  const app = Fastify({
    bodyLimit: limits.bodyBytes,
    forceCloseConnections: "idle",
    requestTimeout: 0,
    keepAliveTimeout: 72_000,
    return503OnClosing: false,
    trustProxy: false,
  });
  app.server.headersTimeout = 60_000;
  const telemetry = new Telemetry(house.clock.now, () => runs.size);
  const deps = { house, runs, telemetry, videos: new Videos(house) };

  app.removeContentTypeParser("application/json");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
    try {
      done(null, JSON.parse(body as string));
    } catch (cause) {
      done(new InksealError("bad-json", "the body is not valid JSON", { cause }));
    }
  });
  void app.register(multipart, { limits: { fileSize: limits.bodyBytes, files: 16, fields: 64, fieldSize: 1024 * 1024 } });

  const { allowedOrigins } = house.config;
  if (allowedOrigins.length > 0)
    void app.register(cors, {
      origin: [...allowedOrigins],
      methods: ["GET", "POST", "PUT", "DELETE"],
      exposedHeaders: ["x-inkseal-run", "x-inkseal-engine", "x-inkseal-warnings", "x-aigc", "retry-after"],
      maxAge: 600,
    });
  const door = { keys: house.ledger.keys, loopback: isLoopback(house.config.host), localToken };
  app.decorateRequest("actor");
  app.decorateRequest("scopes");
  app.addHook("onRequest", (request, _reply, done) => {
    // by the route that matched, not by the address: the router decodes, so `/%61pi/keys` is `/api/keys`
    const { url: route = "", config } = request.routeOptions;
    if (config.scope !== "none" && /^\/(v1|api|c2pa)\/|^\/metrics$/.test(route)) {
      try {
        admit(request, door);
      } catch (error) {
        done(error as Error);
        return;
      }
    }
    done();
  });
  app.setErrorHandler((thrown, request, reply) => {
    const error = toInksealError(thrown);
    if (error.code === "internal") request.log.error(thrown);
    if (error.details.retryAfter !== undefined) reply.header("retry-after", String(Math.ceil(error.details.retryAfter)));
    if (error.details.run !== undefined) reply.header("x-inkseal-run", error.details.run);
    if (error.status === 401) reply.header("www-authenticate", "Bearer");
    return reply.code(error.status === 499 ? 499 : error.status).send(errorEnvelope(error));
  });

  app.get("/metrics", async (_request, reply) =>
    reply.header("content-type", telemetry.registry.contentType).send(await telemetry.registry.metrics()),
  );
  registerV1(app, deps);
  registerApi(app, deps, trainings);
  registerOpened(app, house);
  serveStudio(app);
  return app;
}

/** Fastify's own and strangers' errors in our terms. */
function toInksealError(thrown: unknown): InksealError {
  if (InksealError.is(thrown)) return thrown;
  const { code, statusCode, message } = thrown as { code?: string; statusCode?: number; message?: string };
  if (statusCode === 413 || code === "FST_REQ_FILE_TOO_LARGE")
    return new InksealError("too-large", "the body is larger than this server takes", { cause: thrown });
  if (statusCode === 415) return new InksealError("unsupported-media", message ?? "unsupported media type", { cause: thrown });
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new InksealError("bad-request", message ?? "bad request", { cause: thrown });
  if (thrown instanceof Error && thrown.name === "ZodError")
    return new InksealError("bad-request", zodMessage(thrown), { cause: thrown });
  return InksealError.from(thrown);
}

function zodMessage(error: Error): string {
  const issue = (error as Error & { issues?: { path: PropertyKey[]; message: string }[] }).issues?.[0];
  return issue === undefined ? "not understood" : `${issue.path.join(".") || "body"}: ${issue.message}`;
}
