import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ModelHub, startModelHub, writeTinyGguf } from "@inkseal/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { OwnServers, pulled } from "../../test/pulling.ts";
import { undiciTransport } from "../transport.ts";
import { endpointOf } from "./hub.ts";
import type { PullOptions } from "./pull.ts";

const transport = undiciTransport();
let scratch: string;
let tiny: Buffer;
let folder: string;
let hub: ModelHub;
const servers = new OwnServers();
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "inkseal-hub-"));
  await writeTinyGguf(join(scratch, "tiny.gguf"));
  tiny = await readFile(join(scratch, "tiny.gguf"));
});
afterAll(async () => {
  await transport.close();
  await rm(scratch, { recursive: true });
});
beforeEach(async () => {
  folder = join(await mkdtemp(join(scratch, "home-")), "models");
  hub = await startModelHub();
});
afterEach(async () => {
  await hub.close();
  await servers.close();
});
const pull = (source: string, more: Partial<PullOptions> = {}) =>
  pulled(source, { folder, transport, endpoint: hub.url, ...more });

describe("redirects", () => {
  it("are followed to another host, which never sees the token; the hub does, also for a place of its own", async () => {
    const seen: (string | undefined)[] = [];
    const store = await servers.open((q, r) => {
      seen.push(q.headers.authorization);
      r.writeHead(200, { "content-length": tiny.length }).end(tiny);
    });
    hub.files.set("p/r/x.gguf", tiny);
    hub.mischief = (ask, response) =>
      void response.writeHead(302, { location: ask.path.endsWith("/again") ? `${store}/blob` : `${ask.path}/again` }).end();
    const events = await pull("hf:p/r", { token: "hf_very-secret" });
    expect(seen).toEqual([undefined]);
    expect(hub.asks.map((a) => a.headers.authorization)).toEqual(Array(3).fill("Bearer hf_very-secret"));
    expect(JSON.stringify(events)).not.toContain("secret");
    for (const name of await readdir(join(folder, "p/r"), { recursive: true }))
      expect(await readFile(join(folder, "p/r", name), "latin1")).not.toContain("secret");
  });

  it("do not carry the token back to the hub by way of a stranger, nor to other addresses at all", async () => {
    const store = await servers.open((_q, r) => r.writeHead(302, { location: `${hub.url}/p/r/resolve/main/back.gguf` }).end());
    hub.files.set("p/r/x.gguf", tiny);
    hub.mischief = (ask, response) => {
      if (ask.path.endsWith("back.gguf")) response.writeHead(200).end(tiny);
      else response.writeHead(302, { location: store }).end();
    };
    await pull("hf:p/r", { token: "hf_very-secret" });
    expect(hub.asks.at(-1)?.headers.authorization).toBeUndefined();
    let given: string | undefined = "nothing";
    const elsewhere = await servers.open((q, r) => {
      given = q.headers.authorization;
      r.end(tiny);
    });
    await pull(`${elsewhere}/y.gguf`, { token: "hf_very-secret" });
    expect(given).toBeUndefined();
  });

  it("end after five, and lead from https: nowhere else", async () => {
    const round = await servers.open((_q, r) => r.writeHead(302, { location: "/x.gguf" }).end());
    await expect(pull(`${round}/x.gguf`)).rejects.toMatchObject({
      code: "upstream-invalid",
      message: expect.stringContaining("5 times"),
    });
    const asked: string[] = [];
    const pretend: PullOptions["transport"] = async ({ url }) => {
      asked.push(url);
      return { status: 302, headers: { location: `${round}/x.gguf` }, body: (async function* () {})(), text: async () => "" };
    };
    await expect(pull("https://a.example/x.gguf", { transport: pretend })).rejects.toThrow(/not https:/);
    expect(new Set(asked)).toEqual(new Set(["https://a.example/x.gguf"]));
    const away = await servers.open((_q, r) => r.writeHead(302, { location: "http://a.example/x.gguf" }).end());
    await expect(pull(`${away}/x.gguf`)).rejects.toThrow(/not https:/);
    await expect(pull("hf:p/r", { endpoint: "http://127.0.0.1:9" })).rejects.toThrow(/^127\.0\.0\.1:9 cannot be reached/);
    expect(() => endpointOf("http://mirror.example")).toThrow(expect.objectContaining({ code: "bad-request" }));
  });
});

describe("the hub's listing", () => {
  it("is asked for again where the hub is busy, and believed only where it makes sense", async () => {
    const answers: [number, Record<string, string>, string][] = [
      [429, { "retry-after": "3" }, ""],
      [200, {}, '{"error":"no"}'],
      [200, {}, '[{"type":"file","path":"x.gguf"}]'],
      [200, { link: '<https://a.example/more>; rel="next"' }, "[]"],
    ];
    const endpoint = await servers.open((_q, r) => {
      const [status, headers, body] = answers.shift()!;
      r.writeHead(status, headers).end(body);
    });
    const waits: number[] = [];
    const options = { endpoint, pause: async (ms: number) => void waits.push(ms) };
    await expect(pull("hf:p/r", options)).rejects.toThrow(/no JSON array/);
    expect(waits).toEqual([3000]);
    await expect(pull("hf:p/r", options)).rejects.toThrow(/without a size/);
    await expect(pull("hf:p/r", { ...options, token: "hf_very-secret" })).rejects.toThrow(/leads elsewhere/);
  });
});
