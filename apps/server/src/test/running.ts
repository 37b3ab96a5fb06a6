import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LedgerRow } from "@inkseal/core";
import { startUpstream, type Upstream } from "@inkseal/testkit";
import type { ConfigSchema } from "../config.ts";
import type { House } from "../house.ts";
import { loadConfig } from "../load-config.ts";
import { openHouse } from "../open-house.ts";
import { type Running, startServer } from "../server.ts";

/** A whole house with a scripted provider, listening on loopback. */
export interface TestServer {
  readonly house: House;
  readonly server: Running;
  readonly upstream: Upstream;
  /** `http://127.0.0.1:PORT/v1`. */
  readonly v1: string;
  /** The newest row once there are `more` rows than at the last call. */
  newRow(): Promise<LedgerRow>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

export async function testServer(limits: Partial<Parameters<typeof ConfigSchema.parse>[0] & object> = {}): Promise<TestServer> {
  const home = await mkdtemp(join(tmpdir(), "inkseal-server-"));
  const upstream = await startUpstream();
  const config = await loadConfig({}, { home, port: 0 });
  const provider = {
    name: "up",
    kind: "openai" as const,
    baseUrl: upstream.url,
    apiKey: "sk-upstream-secret",
    place: "local" as const,
    headers: {},
    idleMs: 400,
  };
  const house = await openHouse(
    { ...config, providers: [provider], limits: { ...config.limits, ...limits } },
    { PATH: process.env.PATH },
  );
  const server = await startServer(house);
  let known = 0;
  return {
    house,
    server,
    upstream,
    v1: `${server.url}/v1`,
    newRow: async () => {
      for (let i = 0; i < 200; i++) {
        const [row] = await house.ledger.rows({ limit: 1 });
        if (row !== undefined && row.seq > known) {
          known = row.seq;
          return row;
        }
        await new Promise((r) => setTimeout(r, 10));
      }
      throw new Error("no new row in the ledger");
    },
    post: (path, body, headers = {}) =>
      fetch(server.url + path, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    close: async () => {
      await server.close();
      await house.close();
      await upstream.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}
