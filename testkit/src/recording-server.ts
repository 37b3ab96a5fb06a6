import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** A request that the upstream got. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  /** Parsed JSON; empty for anything else. */
  readonly body: Record<string, unknown>;
  readonly text: string;
  /** The client's port: tells connections apart. */
  readonly port: number;
  /** Whether the client closed the connection before the answer was whole. */
  gone: boolean;
}

export interface Upstream {
  readonly url: string;
  /** Newest last. */
  readonly seen: Seen[];
  close(): Promise<void>;
}

/** A server on loopback that keeps what it was asked. `base` is the path that its address ends with. */
export async function recordingServer(answer: (seen: Seen, response: ServerResponse) => unknown, base = ""): Promise<Upstream> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (d: Buffer) => parts.push(d));
    request.on("end", () => {
      const text = Buffer.concat(parts).toString("utf8");
      const json = request.headers["content-type"]?.includes("json") === true && text !== "";
      const entry: Seen = {
        method: request.method ?? "",
        path: request.url ?? "",
        headers: request.headers,
        body: json ? JSON.parse(text) : {},
        text,
        port: request.socket.remotePort ?? 0,
        gone: false,
      };
      seen.push(entry);
      response.on("close", () => {
        if (!response.writableFinished) entry.gone = true;
      });
      answer(entry, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}${base}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Writes byte by byte: every cut there is, also inside characters. */
export async function drip(response: ServerResponse, text: string): Promise<void> {
  for (const byte of Buffer.from(text)) {
    response.write(Buffer.of(byte));
    await new Promise((r) => setImmediate(r));
  }
}
