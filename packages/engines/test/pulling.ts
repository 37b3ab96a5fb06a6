import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type PullEvent, type PullOptions, pullModel } from "../src/models/pull.ts";

/** All that a pull says, without pauses between its tries. */
export async function pulled(
  source: string,
  options: Omit<PullOptions, "signal" | "pause"> & Partial<PullOptions>,
): Promise<PullEvent[]> {
  const events: PullEvent[] = [];
  const { signal } = new AbortController();
  for await (const event of pullModel(source, { signal, pause: async () => {}, ...options })) events.push(event);
  return events;
}

/** What came of each file: `downloaded a/b.gguf`. */
export const filesOf = (events: readonly PullEvent[]): string[] =>
  events.flatMap((e) => (e.type === "file" ? [`${e.how} ${e.file}`] : []));

/** Servers of a test's own, closed together. */
export class OwnServers {
  readonly #servers: Server[] = [];

  /** Its address. */
  async open(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const server of this.#servers.splice(0))
      await new Promise((resolve) => server.close(resolve) && server.closeAllConnections());
  }
}
