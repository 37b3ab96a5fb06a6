import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type HubAsk, type ModelHub, startModelHub, writeTinyGguf } from "@inkseal/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { filesOf, pulled } from "../../test/pulling.ts";
import { undiciTransport } from "../transport.ts";
import { installedModels } from "./installed.ts";
import { type PullOptions, pullModel } from "./pull.ts";

const transport = undiciTransport();
let scratch: string;
let tiny: Buffer;
let other: Buffer;
let hub: ModelHub;
let folder: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "inkseal-models-"));
  await writeTinyGguf(join(scratch, "tiny.gguf"));
  await writeTinyGguf(join(scratch, "other.gguf"), { seed: 9 });
  tiny = await readFile(join(scratch, "tiny.gguf"));
  other = await readFile(join(scratch, "other.gguf"));
});
afterAll(async () => {
  await transport.close();
  await rm(scratch, { recursive: true });
});
beforeEach(async () => {
  hub = await startModelHub({ "pub/repo/tiny-Q4_K_M.gguf": tiny, "pub/repo/README.md": Buffer.from("# words") });
  folder = await mkdtemp(join(scratch, "home-"));
});
afterEach(() => hub.close());

const target = (): string => join(folder, "pub/repo/tiny-Q4_K_M.gguf");
const sha = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const pull = (source = "hf:pub/repo", more: Partial<PullOptions> = {}) =>
  pulled(source, { folder, transport, endpoint: hub.url, ...more });
/** The connection breaks after `bytes` of the body, and the headers promised all. */
function breakOff(bytes: number, headers: Record<string, string> = {}): (ask: HubAsk, response: ServerResponse) => void {
  return (_ask, response) => {
    response.writeHead(200, { etag: '"v1"', "content-length": tiny.length, ...headers });
    response.write(tiny.subarray(0, bytes), () => setTimeout(() => response.destroy(), 20));
  };
}
/** Leaves a part of `bytes` behind, as a pull that was stopped does. */
async function leavePart(bytes: number, headers?: Record<string, string>): Promise<void> {
  const stop = new AbortController();
  hub.mischief = (_a, response) => {
    response.writeHead(200, { etag: `"${sha(tiny).slice(0, 20)}"`, "content-length": tiny.length, ...headers });
    response.write(tiny.subarray(0, bytes));
  };
  const stopped = (async () => {
    for await (const event of pullModel("hf:pub/repo", {
      folder,
      transport,
      signal: stop.signal,
      endpoint: hub.url,
      now: () => 0,
    }))
      if (event.type === "progress" && (await stat(`${target()}.part`)).size === bytes) setTimeout(() => stop.abort(), 10);
  })();
  const poll = setInterval(
    () =>
      void stat(`${target()}.part`).then(
        (s) => s.size === bytes && stop.abort(),
        () => undefined,
      ),
    10,
  );
  await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
  clearInterval(poll);
  expect((await stat(`${target()}.part`)).size).toBe(bytes);
  hub.mischief = undefined;
  hub.asks.length = 0;
}

describe("a pull from the hub", () => {
  it("brings the file, checked, with its record and nothing else", async () => {
    const events = await pull();
    expect(events[0]).toMatchObject({ type: "started", id: "pub/repo/tiny-Q4_K_M", kind: "gguf", total: tiny.length });
    expect(events.filter((e) => e.type === "progress").at(-1)).toMatchObject({ bytes: tiny.length, total: tiny.length });
    expect(filesOf(events)).toEqual(["downloaded pub/repo/tiny-Q4_K_M.gguf"]);
    expect(events.at(-1)).toMatchObject({ type: "finished", id: "pub/repo/tiny-Q4_K_M", bytes: tiny.length });
    expect(await readFile(target())).toEqual(tiny);
    expect((await readdir(dirname(target()))).sort()).toEqual([".tiny-Q4_K_M.gguf.pulled.json", "tiny-Q4_K_M.gguf"]);
    expect((await installedModels(folder)).models).toMatchObject([
      {
        id: "pub/repo/tiny-Q4_K_M",
        bytes: tiny.length,
        architecture: "llama",
        context: 2048,
        licence: "cc0-1.0",
        type: "model",
      },
    ]);
  });

  it("asks for no byte twice: what is there and the same is present, what changed there comes anew", async () => {
    await pull();
    hub.asks.length = 0;
    expect(filesOf(await pull())).toEqual(["present pub/repo/tiny-Q4_K_M.gguf"]);
    expect(hub.asks.map((a) => a.path)).toEqual(["/api/models/pub/repo/tree/main"]);
    await utimes(target(), 1, 1); // the record no longer vouches for it: hashed again
    expect(filesOf(await pull())).toEqual(["present pub/repo/tiny-Q4_K_M.gguf"]);
    hub.files.set("pub/repo/tiny-Q4_K_M.gguf", other);
    expect(filesOf(await pull())).toEqual(["downloaded pub/repo/tiny-Q4_K_M.gguf"]);
    expect(await readFile(target())).toEqual(other);
  });

  it("takes a file that somebody put there when its checksum is the hub's", async () => {
    await mkdir(dirname(target()), { recursive: true });
    await writeFile(target(), tiny);
    expect(filesOf(await pull())).toEqual(["present pub/repo/tiny-Q4_K_M.gguf"]);
  });

  it("says what is missing, and for whom", async () => {
    await expect(pull("hf:no/such")).rejects.toMatchObject({ code: "not-found", message: expect.stringContaining("HF_TOKEN") });
    await expect(pull("hf:pub/repo:Q8_0")).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining("tiny-Q4_K_M"),
    });
    hub.mischief = (_a, r) => void r.writeHead(404).end();
    await expect(pull()).rejects.toMatchObject({ code: "not-found" });
    hub.mischief = (_a, r) => void r.writeHead(403).end();
    await expect(pull()).rejects.toMatchObject({ code: "upstream-auth" });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("a pull that breaks", () => {
  it("goes on where it was, by Range and If-Range, after a connection that broke", async () => {
    let times = 0;
    hub.mischief = (ask, response, serve) =>
      times++ === 0 ? breakOff(100_000, { etag: `"${sha(tiny).slice(0, 20)}"` })(ask, response) : serve();
    const events = await pull();
    expect(events.some((e) => e.type === "retry")).toBe(true);
    expect(hub.asks.at(-1)?.headers).toMatchObject({ range: "bytes=100000-", "if-range": `"${sha(tiny).slice(0, 20)}"` });
    expect(await readFile(target())).toEqual(tiny);
  });

  it("goes on in a later call after it was cancelled, and hashes what had come", async () => {
    await leavePart(200_000);
    await pull();
    expect(hub.asks.at(-1)?.headers.range).toBe("bytes=200000-");
    expect(await readFile(target())).toEqual(tiny);
    expect(existsSync(`${target()}.part`)).toBe(false);
    expect(existsSync(`${target()}.part.json`)).toBe(false);
  });

  it("finds out that a part was tampered with", async () => {
    await leavePart(200_000);
    const part = await readFile(`${target()}.part`);
    part[5]! ^= 1;
    await writeFile(`${target()}.part`, part);
    await expect(pull()).rejects.toMatchObject({ code: "upstream-invalid", message: expect.stringContaining(sha(tiny)) });
    expect(existsSync(`${target()}.part`)).toBe(false);
  });

  it.each([
    ["has another entity tag and ignores If-Range", { status: 206, etag: '"v2"' }],
    ["answers 200 to a Range", { status: 200, etag: '"v1"' }],
    ["answers 416", { status: 416, etag: '"v1"' }],
  ])("starts again when the server %s", async (_name, { status, etag }) => {
    await leavePart(200_000);
    hub.mischief = (ask, response, serve) => {
      if (ask.headers.range === undefined) return serve();
      if (status === 416) return void response.writeHead(416, { "content-range": `bytes */1` }).end();
      response.setHeader("etag", etag);
      if (status === 200) return void response.writeHead(200, { "content-length": tiny.length }).end(tiny);
      response
        .writeHead(206, { "content-range": `bytes 200000-${tiny.length - 1}/${tiny.length}` })
        .end(other.subarray(200_000));
    };
    await pull();
    expect(await readFile(target())).toEqual(tiny);
  });

  it("waits as long as a 429 asks, tries a 503 again, and gives up after a bounded number", async () => {
    const waits: number[] = [];
    const pause = async (ms: number): Promise<void> => void waits.push(ms);
    const answers = [429, 503];
    hub.mischief = (_a, response, serve) => {
      const status = answers.shift();
      if (status === undefined) serve();
      else response.writeHead(status, status === 429 ? { "retry-after": "7" } : {}).end();
    };
    await pull("hf:pub/repo", { pause });
    expect(waits[0]).toBe(7000);
    expect(waits).toHaveLength(2);
    hub.mischief = (_a, response) => void response.writeHead(503).end();
    await rm(target());
    waits.length = 0;
    await expect(pull("hf:pub/repo", { pause })).rejects.toMatchObject({ code: "upstream-error" });
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000]);
    hub.mischief = (_a, response) => void response.writeHead(429, { "retry-after": "86400" }).end();
    await expect(pull()).rejects.toMatchObject({ code: "upstream-rate-limited", details: { retryAfter: 86_400 } });
  });

  it("deletes what has the wrong checksum, and says what was expected", async () => {
    hub.mischief = (_a, response) => void response.writeHead(200, { "content-length": other.length }).end(other);
    await expect(pull()).rejects.toMatchObject({
      code: "upstream-invalid",
      message: expect.stringMatching(new RegExp(`${sha(tiny)}.*${sha(other)}`)),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it("refuses another size, more than was announced, and a compressed answer", async () => {
    hub.mischief = (_a, response) => void response.writeHead(200, { "content-length": 10 }).end("0123456789");
    await expect(pull()).rejects.toThrow(`10 bytes where ${tiny.length}`);
    hub.mischief = (_a, response) => void response.writeHead(200).end(Buffer.concat([tiny, tiny]));
    await expect(pull()).rejects.toThrow("more than");
    hub.mischief = (_a, response) => void response.writeHead(200, { "content-encoding": "gzip" }).end("x");
    await expect(pull()).rejects.toThrow("compressed");
  });

  it("says beforehand that the disk is too small", async () => {
    hub.files.set("pub/vast/vast.gguf", Buffer.from("x"));
    const lying = async (call: Parameters<typeof transport>[0]): ReturnType<typeof transport> => {
      const answer = await transport(call);
      if (!call.url.includes("/tree/")) return answer;
      const text = (await answer.text()).replaceAll('"size":1,', `"size":${2 ** 52},`);
      return { status: answer.status, headers: answer.headers, body: answer.body, text: async () => text };
    };
    await expect(pull("hf:pub/vast", { transport: lying })).rejects.toMatchObject({
      code: "disk-full",
      message: expect.stringMatching(/4503599627370496 bytes .* free/),
    });
    expect(hub.asks.filter((a) => a.path.includes("/resolve/"))).toEqual([]);
  });
});
