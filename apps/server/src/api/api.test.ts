import { createHash } from "node:crypto";
import { request as httpRequest, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type Client, type ClientEvent, createClient } from "@inkseal/client";
import { type Chunk, type Engine, InksealError, type LedgerRow, PolicySchema } from "@inkseal/core";
import type { FastifyInstance } from "fastify";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import type { House } from "../house.ts";
import { RunsInFlight } from "../runs.ts";
import { buildApp } from "../server.ts";
import { closeTestDatabase, scripted, testHouse } from "../test/house.ts";

const chat = { task: "chat" as const, messages: [{ role: "user" as const, content: "你好" }] };
const png = Uint8Array.from(
  Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64"),
);

const echo = scripted("echo", async function* ({ brief }) {
  yield [
    { index: 0, text: "人工", wire: { json: { secret: "upstream" }, text: "raw" } },
    { index: 0, wire: { json: { ping: 1 } } },
  ];
  yield [{ index: 0, text: "智能", reasoning: "想" }];
  yield [{ index: 0, toolCalls: [{ call: 0, id: "c1", name: "find", arguments: '{"a"' }] }];
  yield [
    { index: 0, toolCalls: [{ call: 0, arguments: ":1}" }] },
    { index: 1, text: String(brief.files.length) },
  ];
  yield [{ index: 0, finish: "stop", usage: { inputTokens: 1, outputTokens: 2 } }];
});
const painter = (bytes: Uint8Array, mediaType: string): Engine =>
  scripted("painter", async function* () {
    yield [{ index: 0, media: { mediaType, bytes, last: true }, finish: "stop" }];
  });
/** Says one word, then nothing until it is aborted. */
const staller = (onAbort: () => void = () => {}): Engine =>
  scripted("staller", async function* (_plan, signal): AsyncGenerator<readonly Chunk[]> {
    yield [{ index: 0, text: "one" }];
    await new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        onAbort();
        reject(signal.reason as Error);
      });
    });
  });

interface Open {
  readonly app: FastifyInstance;
  readonly client: Client;
  readonly house: House;
  readonly runs: RunsInFlight;
  readonly url: string;
}
let close: () => Promise<void> = async () => {};
afterEach(() => close());
afterAll(closeTestDatabase);

/** The whole server on a real socket. */
async function open(engines: readonly Engine[], limits: Partial<House["config"]["limits"]> = {}, key?: string): Promise<Open> {
  await close();
  const house = await testHouse(engines, limits);
  const runs = new RunsInFlight(house.config.limits.concurrency);
  const app = buildApp(house, runs, "ink_local_test");
  close = async () => {
    close = async () => {};
    app.server.closeAllConnections();
    await app.close();
    await runs.drain(0);
    await house.close();
  };
  await app.listen({ host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  return { app, house, runs, url, client: createClient({ baseUrl: url, key }) };
}
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const caught = async (work: Promise<unknown>): Promise<InksealError> => {
  const thrown = await work.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(InksealError.is(thrown)).toBe(true);
  return thrown as InksealError;
};
const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};
const until = async (condition: () => Promise<boolean> | boolean): Promise<void> => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe("what the server is", () => {
  it("says so", async () => {
    const { client } = await open([echo]);
    expect(await client.health()).toMatchObject({
      status: "ok",
      engines: [{ name: "echo", place: "embedded" }],
      ledger: { dialect: "pglite", rows: 0 },
      auth: "open",
    });
    expect(await client.openapi()).toMatchObject({ openapi: "3.1.0", paths: { "/api/runs": {}, "/v1/chat/completions": {} } });
  });

  it("lists the models of every engine, and the engines that cannot say", async () => {
    const broken: Engine = {
      ...echo,
      name: "broken",
      models: () => Promise.reject(new InksealError("upstream-auth", "wrong key")),
    };
    const { client } = await open([echo, broken]);
    const { models, unavailable } = await client.models();
    expect(models).toMatchObject([{ name: "echo/one", engine: "echo", id: "one", place: "embedded" }]);
    expect(unavailable).toEqual([{ engine: "broken", reason: "wrong key" }]);
  });
});

describe("runs", () => {
  it("come whole: words, thoughts, tool calls and choices gathered", async () => {
    const { client } = await open([echo]);
    const result = await client.run(chat);
    expect(result).toMatchObject({
      engine: "echo",
      model: "one",
      text: "人工智能",
      texts: ["人工智能", "0"],
      reasoning: "想",
      toolCalls: [{ id: "c1", name: "find", arguments: '{"a":1}' }],
      finish: "stop",
      usage: { inputTokens: 1, outputTokens: 2 },
      row: { status: "done", source: "api", actor: "local" },
      decision: { action: "allow" },
    });
    expect(await client.runs.get(result.run)).toEqual(result.row);
  });

  it("come as events, without a word of the provider's own", async () => {
    const { client, url } = await open([echo]);
    const events = await collect(client.create(chat));
    expect([events[0]?.type, events.at(-1)?.type]).toEqual(["started", "finished"]);
    const chunks = events.flatMap((e) => (e.type === "delta" ? e.chunks : []));
    expect(chunks.map((c) => (c.index === 0 ? (c.text ?? "") : "")).join("")).toBe("人工智能");
    const body = JSON.stringify({ ...chat, stream: true });
    const raw = await fetch(`${url}/api/runs`, { method: "POST", body, headers: { "content-type": "application/json" } });
    expect(raw.headers.get("content-type")).toMatch(/^text\/event-stream/);
    const text = await raw.text();
    expect(text).toMatch(/^event: started\ndata: \{.*\}\n\nevent: delta\n/);
    expect(text).not.toMatch(/upstream|wire|ping/);
  });

  it("hide personal data both ways, and say that they did", async () => {
    const seen: string[] = [];
    const gossip = scripted("gossip", async function* ({ brief }) {
      seen.push(String(brief.messages?.[0]?.content));
      for (const piece of ["call 138", "0013", "8000 now"]) yield [{ index: 0, text: piece }];
      yield [{ index: 0, finish: "stop" }];
    });
    const { client } = await open([gossip]);
    const events = await collect(client.create({ task: "chat", messages: [{ role: "user", content: "I am a@example.com" }] }));
    expect(seen[0]).not.toContain("a@example.com");
    expect(JSON.stringify(events)).not.toMatch(/13800138000|a@example\.com/);
    expect(events.flatMap((e) => (e.type === "findings" ? e.findings.map((f) => [f.hazard, f.stage]) : []))).toEqual([
      ["pii.email", "in"],
      ["pii.phone", "out"],
    ]);
    const last = events.at(-1);
    expect(last?.type === "finished" && [last.decision.action, last.row.decision]).toEqual(["mask", "mask"]);
  });

  it("take files in base64 and as a form, and look at the bytes themselves", async () => {
    const seen: unknown[] = [];
    const looker = scripted("looker", async function* ({ brief }) {
      seen.push(brief.files.map(({ name, mediaType, role, bytes }) => [name, mediaType, role, bytes.length]));
      yield [{ index: 0, text: "ok", finish: "stop" }];
    });
    const { client, app } = await open([looker]);
    await client.run({
      ...chat,
      files: [
        { name: "图.png", bytes: png, mediaType: "audio/wav", role: "mask" },
        { name: "b", bytes: png },
      ],
    });
    const files = [
      { name: "c.txt", data: Buffer.from(png).toString("base64"), mediaType: "text/plain" },
      { name: "d.md", data: Buffer.from("# hi").toString("base64"), mediaType: "text/markdown" },
    ];
    const answer = await app.inject({ method: "POST", url: "/api/runs", payload: { ...chat, files } });
    expect(answer.statusCode).toBe(200);
    expect(seen).toEqual([
      [
        ["图.png", "image/png", "mask", png.length],
        ["b", "image/png", undefined, png.length],
      ],
      [
        ["c.txt", "image/png", undefined, png.length],
        ["d.md", "text/markdown", undefined, 4],
      ],
    ]);
  });

  it("put files on the shelf, or hand them over when they are not to be kept", async () => {
    const { client } = await open([painter(png, "image/png")]);
    const kept = await client.run({ task: "image", text: "seal" });
    const [artifact] = kept.artifacts;
    expect(artifact).toMatchObject({ mediaType: "image/png", run: kept.run });
    expect(artifact?.marks.map((m) => m.layer)).toContain("aigc");
    expect(artifact?.data).toBeUndefined();
    const blob = await client.artifacts.bytes(artifact?.id as string);
    expect([blob.type, blob.size]).toEqual(["image/png", artifact?.size]);
    expect(sha256(new Uint8Array(await blob.arrayBuffer()))).toBe(artifact?.sha256);

    const events = await collect(client.create({ task: "image", text: "seal", keep: false }));
    const event = events.find((e): e is Extract<ClientEvent, { type: "artifact" }> => e.type === "artifact");
    expect(sha256(Buffer.from(event?.artifact.data as string, "base64"))).toBe(event?.artifact.sha256);
    expect((await caught(client.artifacts.get(event?.artifact.id as string))).code).toBe("not-found");
  });

  it("that fail say so with their id: as an answer's status, or as the last event", async () => {
    const failing = scripted("failing", async function* () {
      yield [{ index: 0, text: "half" }];
      throw new InksealError("upstream-rejected", "the provider said no");
    });
    const { client } = await open([failing]);
    const thrown = await caught(client.run(chat));
    expect([thrown.code, thrown.status]).toEqual(["upstream-rejected", 502]);
    expect(await client.runs.get(thrown.details.run as string)).toMatchObject({
      status: "failed",
      errorCode: "upstream-rejected",
    });
    const last = (await collect(client.create(chat))).at(-1);
    expect(last?.type === "failed" && [last.error.code, last.error.details.run]).toEqual([
      "upstream-rejected",
      last?.type === "failed" && last.run,
    ]);
  });

  it("are listed newest first, by pages and by what is asked for", async () => {
    const { client } = await open([echo]);
    for (let i = 0; i < 5; i++) await client.run(chat);
    const first = await client.runs.list({ limit: 2 });
    expect([first.rows.map((r) => r.seq), first.next]).toEqual([[5, 4], 4]);
    const second = await client.runs.list({ limit: 2, before: first.next });
    expect([second.rows.map((r) => r.seq), second.next]).toEqual([[3, 2], 2]);
    const third = await client.runs.list({ limit: 2, before: second.next });
    expect([third.rows.map((r) => r.seq), third.next]).toEqual([[1], undefined]);
    expect((await client.runs.list({ status: "failed" })).rows).toEqual([]);
    expect((await client.runs.list({ task: "chat", actor: "local" })).rows.length).toBe(5);
    expect((await caught(client.runs.get("run_none"))).code).toBe("not-found");
  });

  it("in flight are cancelled by their id", async () => {
    const { client, runs } = await open([staller()]);
    const events: ClientEvent[] = [];
    for await (const event of client.create(chat)) {
      events.push(event);
      if (event.type === "started") await client.runs.cancel(event.run);
    }
    expect(events.map((e) => (e.type === "failed" ? e.error.code : e.type))).toEqual(["started", "cancelled"]);
    expect(runs.size).toBe(0);
    expect((await caught(client.runs.cancel((events[0] as { run: string }).run))).code).toBe("not-found");
  });

  it.each(["stream", "whole"] as const)("end when their client hangs up (%s), and are recorded so", async (how) => {
    let aborted = false;
    const engine = staller(() => {
      aborted = true;
    });
    const { house, runs, url } = await open([engine]);
    const request = httpRequest(`${url}/api/runs`, { method: "POST", headers: { "content-type": "application/json" } });
    request.on("error", () => {}); // hanging up is an error here too
    const firstBytes = new Promise((resolve) => request.on("response", (r) => r.once("data", resolve)));
    request.end(JSON.stringify({ ...chat, stream: how === "stream" }));
    await until(() => runs.size === 1);
    if (how === "stream") await firstBytes;
    request.destroy();
    await until(() => runs.size === 0);
    expect(aborted).toBe(true);
    await until(async () => (await house.ledger.rows()).length === 1);
    expect(await house.ledger.rows()).toMatchObject([{ status: "cancelled", errorCode: "cancelled" }]);
  });

  it("go no faster than their reader reads", async () => {
    let made = 0;
    const torrent = scripted("torrent", async function* (_plan, signal) {
      while (!signal.aborted) {
        made++;
        yield [{ index: 0, text: "x".repeat(64 * 1024) }];
      }
    });
    const { runs, url } = await open([torrent]);
    const request = httpRequest(`${url}/api/runs`, { method: "POST", headers: { "content-type": "application/json" } });
    request.on("error", () => {}); // destroyed below
    const response = new Promise<IncomingMessage>((resolve) => request.on("response", resolve));
    request.end(JSON.stringify({ ...chat, stream: true }));
    (await response).on("error", () => {}).pause();
    // the sockets' buffers fill, and then the engine waits
    let before = -1;
    while (made !== before) {
      before = made;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(made).toBeGreaterThan(1);
    expect(made * 64 * 1024).toBeLessThan(64 * 1024 * 1024);
    request.destroy();
    await until(() => runs.size === 0);
  });

  it("beyond the limit, or while the server stops, are turned away with a status", async () => {
    const { client, runs } = await open([staller()], { concurrency: 1 });
    const first = client.create(chat)[Symbol.asyncIterator]();
    await first.next();
    expect((await caught(collect(client.create(chat)))).status).toBe(503);
    const whole = await caught(client.run(chat));
    expect([whole.code, whole.details.retryAfter]).toEqual(["overloaded", 1]);
    await runs.drain(1);
    const last = (await collect({ [Symbol.asyncIterator]: () => first })).at(-1);
    expect(last?.type === "failed" && last.error.code).toBe("shutting-down");
    expect((await caught(client.run(chat))).code).toBe("shutting-down");
    expect((await client.runs.list()).rows).toMatchObject([{ status: "interrupted" }]);
  });
});

describe("bad requests", () => {
  const post = (payload: string, type = "application/json") => ({
    method: "POST" as const,
    url: "/api/runs",
    payload,
    headers: { "content-type": type },
  });
  it.each([
    ["malformed JSON", post('{"task":'), 400, "bad-json", null],
    ["an empty body", post(""), 400, "bad-json", null],
    ["another type of body", post("<a/>", "application/xml"), 415, "unsupported-media", null],
    ["a list", post("[]"), 400, "bad-request", null],
    ["null", post("null"), 400, "bad-request", null],
    ["an unknown task", post('{"task":"dance"}'), 400, "bad-request", "task"],
    [
      "a wrong type deep inside",
      post('{"task":"chat","controls":{"temperature":"hot"}}'),
      400,
      "bad-request",
      "controls.temperature",
    ],
    ["a number out of range", post('{"task":"chat","deadlineMs":0}'), 400, "bad-request", "deadlineMs"],
    ["what is not base64", post('{"task":"chat","files":[{"name":"a","data":"§§§§"}]}'), 400, "bad-request", "files.0.data"],
    ["an empty file", post('{"task":"chat","files":[{"name":"a","data":""}]}'), 400, "bad-file", "files.0.data"],
    ["too much", post(JSON.stringify({ task: "chat", text: "x".repeat(5000) })), 413, "too-large", null],
    ["a query that is no number", { method: "GET" as const, url: "/api/runs?limit=many" }, 400, "bad-request", "limit"],
    ["a limit out of range", { method: "GET" as const, url: "/api/runs?limit=501" }, 400, "bad-request", "limit"],
    ["an unknown artifact", { method: "GET" as const, url: "/api/artifacts/art_none/bytes" }, 404, "not-found", "id"],
    ["an unknown policy", { method: "GET" as const, url: "/api/policies/none" }, 404, "not-found", "name"],
    ["a policy name that is none", { method: "GET" as const, url: "/api/policies/No%20Name" }, 400, "bad-request", "name"],
    ["an unknown address", { method: "GET" as const, url: "/api/nothing" }, 404, "not-found", null],
  ])("%s: a status, a code, the field", async (_, request, status, code, param) => {
    const { app } = await open([echo], { bodyBytes: 4096 });
    const answer = await app.inject(request);
    expect(answer.json()).toMatchObject({ error: { code, param, next: expect.any(String), message: expect.any(String) } });
    expect(answer.statusCode).toBe(status);
    expect(answer.body).not.toMatch(/dance|hot|§|xxxx/); // never the caller's words
  });

  it("a form without a brief, with a broken one, with a file too large, or with too many", async () => {
    const { app, url } = await open([echo], { bodyBytes: 4096 });
    const send = async (fill: (form: FormData) => void): Promise<string> => {
      const form = new FormData();
      fill(form);
      const answer = await fetch(`${url}/api/runs`, { method: "POST", body: form });
      return ((await answer.json()) as { error: { code: string } }).error.code;
    };
    expect(await send((f) => f.append("other", "x"))).toBe("bad-request");
    expect(await send((f) => f.append("brief", "{"))).toBe("bad-json");
    expect(await send((f) => f.append("file", new Blob([new Uint8Array(5000)]), "big"))).toBe("too-large");
    expect(
      await send((f) => {
        for (const name of ["a", "b"]) f.append("file", new Blob([new Uint8Array(3000)]), name);
      }),
    ).toBe("too-large");
    expect(
      await send((f) => {
        for (let i = 0; i < 40; i++) f.append("file", new Blob(["x"]), `f${i}`);
      }),
    ).toBe("too-large");
    const cut = await app.inject({
      ...post('--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc', "multipart/form-data; boundary=b"),
    });
    expect(cut.statusCode).toBe(400);
  });

  it("an unknown model, as a failed run with its row", async () => {
    const { client } = await open([echo]);
    const thrown = await caught(client.run({ ...chat, model: "nobody/nothing" }));
    expect([thrown.code, typeof thrown.details.run]).toEqual(["unknown-model", "string"]);
    expect((await client.runs.list()).rows).toMatchObject([{ status: "failed", errorCode: "unknown-model" }]);
  });
});

describe("artifacts", () => {
  const svg = new TextEncoder().encode("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>");

  it("are listed, fetched in ranges, kept by ETag, deleted", async () => {
    const { client, url } = await open([painter(png, "image/png")]);
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.unshift((await client.run({ task: "image", text: "x" })).artifacts[0]?.id as string);
    const page = await client.artifacts.list({ limit: 2 });
    expect([page.artifacts.map((a) => a.id), page.next]).toEqual([ids.slice(0, 2), ids[1]]);
    expect((await client.artifacts.list({ before: page.next })).artifacts.map((a) => a.id)).toEqual(ids.slice(2));

    const id = ids[0] as string;
    const info = await client.artifacts.get(id);
    const at = client.artifacts.url(id);
    const whole = await fetch(at);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      "content-type": "image/png",
      "content-length": String(info.size),
      "x-content-type-options": "nosniff",
      "content-disposition": `inline; filename="${id}.png"`,
      "cross-origin-resource-policy": "same-origin",
      "accept-ranges": "bytes",
      etag: `"${info.sha256}"`,
    });
    const part = await fetch(at, { headers: { range: "bytes=1-3" } });
    expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([206, `bytes 1-3/${info.size}`, "PNG"]);
    expect((await fetch(at, { headers: { range: "bytes=9999-" } })).status).toBe(416);
    expect((await fetch(at, { headers: { range: "bytes=1-3", "if-range": '"other"' } })).status).toBe(200);
    expect((await fetch(at, { headers: { "if-none-match": `W/"${info.sha256}"` } })).status).toBe(304);
    const head = await fetch(at, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, String(info.size)]);
    expect((await fetch(`${url}/api/artifacts/${id}/bytes?download=1`)).headers.get("content-disposition")).toMatch(
      /^attachment/,
    );

    await client.artifacts.delete(id);
    expect((await caught(client.artifacts.delete(id))).code).toBe("not-found");
    expect((await caught(client.artifacts.bytes(id))).code).toBe("not-found");
  });

  it("that may hold scripts are shown in a sandbox without rights, unknown ones only saved", async () => {
    for (const [bytes, type, policy, disposition] of [
      [svg, "image/svg+xml", /^sandbox; default-src 'none'/, /^inline/],
      [svg, "text/html", /^sandbox; default-src 'none'/, /^inline/],
      [svg, "application/x-unknown", /^$/, /^attachment/],
    ] as const) {
      const { client, house } = await open([]);
      const id = house.newId("art");
      const piece = {
        kind: "artifact",
        version: 1,
        id,
        run: "run_x",
        mediaType: type,
        bytes,
        sha256: sha256(bytes),
        marks: [],
      } as const;
      await house.ledger.artifacts.put(piece, "2026-11-23T00:00:00.000Z");
      const answer = await fetch(client.artifacts.url(id));
      expect(answer.headers.get("content-security-policy") ?? "").toMatch(policy);
      expect(answer.headers.get("content-disposition")).toMatch(disposition);
      expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    }
  });
});

describe("verify", () => {
  it("takes bytes of any declared type, JSON and text too, or a form", async () => {
    const { client, app } = await open([painter(png, "image/png")]);
    const { run, artifacts } = await client.run({ task: "image", text: "x" });
    const piece = new Uint8Array(await (await client.artifacts.bytes(artifacts[0]?.id as string)).arrayBuffer());
    expect(await client.verify(piece)).toMatchObject({
      mediaType: "image/png",
      verdict: "recognised",
      rowBy: "sha256",
      row: { run },
    });
    for (const type of ["image/png", "application/json", "text/plain", "application/x-made-up"]) {
      const answer = await app.inject({
        method: "POST",
        url: "/api/verify",
        payload: Buffer.from(piece),
        headers: { "content-type": type },
      });
      expect(answer.json()).toMatchObject({ size: piece.length, verdict: "recognised" });
    }
    const form = new FormData();
    form.append("file", new Blob([piece]), "a.png");
    const answer = await fetch(client.artifacts.url("x").replace(/artifacts.*/, "verify"), { method: "POST", body: form });
    expect(await answer.json()).toMatchObject({ verdict: "recognised" });
  });

  it("wants bytes, and not too many", async () => {
    const { client } = await open([], { bodyBytes: 100 });
    expect((await caught(client.verify(new Uint8Array(0)))).details.param).toBe("file");
    expect((await caught(client.verify(new Uint8Array(101)))).code).toBe("too-large");
  });
});

describe("the ledger", () => {
  it("gives its head, checks its chain with progress, and exports every row, oldest first", async () => {
    const { client, house } = await open([echo]);
    expect(await client.ledger.head()).toEqual({ rows: 0, head: "0".repeat(64) });
    const { row } = await client.run(chat);
    await Promise.all(Array.from({ length: 1202 }, (_, i) => house.ledger.append({ ...row, run: `run_${i + 2}` })));
    const head = await client.ledger.head();
    expect(head.rows).toBe(1203);
    expect(await client.ledger.verify()).toEqual({ ok: true, rows: 1203, head: head.head, faults: [] });
    const progress: number[] = [];
    const report = await client.ledger.verify({ onProgress: (done) => progress.push(done) });
    expect([report.head, progress.at(-1)]).toEqual([head.head, 1203]);
    const rows: LedgerRow[] = await collect(client.ledger.export());
    expect(rows.map((r) => r.seq)).toEqual(Array.from({ length: 1203 }, (_, i) => i + 1));

    await house.database.query("update ledger_rows set record = replace(record, 'allow', 'block') where seq = 7");
    await house.database.query("delete from ledger_rows where seq between 600 and 700");
    const { ok, faults } = await client.ledger.verify({ onProgress: () => {} });
    expect([ok, faults[0]]).toMatchObject([false, { seq: 7, fault: "changed", run: "run_7" }]);
    expect(faults.map((f) => f.fault)).toContain("removed");
    const left = (await collect(client.ledger.export())).map((r) => r.seq);
    expect(left).toEqual(Array.from({ length: 1203 }, (_, i) => i + 1).filter((seq) => seq < 600 || seq > 700));
  });
});

describe("policies", () => {
  it("are made, read, replaced, deleted; `default` stays", async () => {
    const { client } = await open([]);
    const put = await client.policies.put("strict", { unchecked: "block", rules: [{ hazard: "pii", in: "block" }] });
    expect(put).toEqual(PolicySchema.parse({ name: "strict", rules: [{ hazard: "pii", in: "block" }] }));
    expect(await client.policies.get("strict")).toEqual(put);
    expect((await client.policies.list()).map((p) => p.name)).toEqual(["default", "strict"]);
    expect((await caught(client.policies.put("strict", { name: "other" }))).details.param).toBe("name");
    expect((await caught(client.policies.put("strict", { keepText: "yes" } as never))).details.param).toBe("keepText");
    await client.policies.delete("strict");
    expect((await caught(client.policies.delete("strict"))).code).toBe("not-found");
    expect((await caught(client.policies.delete("default"))).code).toBe("conflict");
  });
});

describe("keys", () => {
  it("are made with a secret that is said once, ask for themselves afterwards, and end when revoked", async () => {
    const { client, url } = await open([echo]);
    const { key, secret } = await client.keys.create({ name: "boss", scopes: ["admin"] });
    expect((await client.health()).auth).toBe("keys");
    expect((await caught(client.models())).code).toBe("unauthenticated");
    const boss = createClient({ baseUrl: url, key: secret });
    expect(await boss.keys.list()).toEqual([key]);
    expect(JSON.stringify(await boss.keys.list())).not.toContain(secret);
    expect((await caught(boss.keys.create({ name: "" }))).details.param).toBe("name");
    expect((await caught(boss.keys.create({ name: "x", policy: "none" }))).details.param).toBe("policy");
    await boss.keys.revoke(key.id);
    expect((await caught(client.keys.revoke(key.id))).code).toBe("not-found");
  });

  it("may do what their scopes say and no more", async () => {
    const { app, house, client, url } = await open([staller()]);
    const { secret: creator } = await house.ledger.keys.create({ name: "c", scopes: ["create"] });
    const { secret: reader } = await house.ledger.keys.create({ name: "r", scopes: ["read"] });
    const { secret: other } = await house.ledger.keys.create({ name: "o", scopes: ["create"] });
    const status = async (method: "GET" | "POST" | "PUT" | "DELETE", path: string, key: string): Promise<number> =>
      (await app.inject({ method, url: path, headers: { authorization: `Bearer ${key}` } })).statusCode;
    for (const path of [
      "/api/runs",
      "/api/artifacts",
      "/api/ledger",
      "/api/ledger/verify",
      "/api/ledger/export",
      "/api/policies",
    ]) {
      expect([path, await status("GET", path, creator)]).toEqual([path, 403]);
      expect([path, await status("GET", path, reader)]).toEqual([path, 200]);
    }
    for (const [method, path] of [
      ["GET", "/api/keys"],
      ["POST", "/api/keys"],
      ["DELETE", "/api/keys/k"],
      ["PUT", "/api/policies/p"],
      ["DELETE", "/api/policies/p"],
      ["DELETE", "/api/artifacts/a"],
      ["POST", "/api/verify"],
    ] as const) {
      expect([path, await status(method, path, reader), await status(method, path, creator)]).toEqual([path, 403, 403]);
    }
    expect(await status("POST", "/api/runs", reader)).toBe(403);
    expect(await status("GET", "/api/models", creator)).toBe(200);
    expect((await caught(client.models())).code).toBe("unauthenticated");

    // nor does another spelling of the address get around the door
    for (const path of ["/%61pi/models", "/ap%69/keys", "/%761/models"]) {
      expect([path, (await app.inject({ url: path })).statusCode]).toEqual([path, 401]);
    }

    // somebody else's run is not theirs to cancel
    for await (const event of createClient({ baseUrl: url, key: creator }).create(chat)) {
      if (event.type !== "started") continue;
      expect(await status("DELETE", `/api/runs/${event.run}`, other)).toBe(404);
      expect(await status("DELETE", `/api/runs/${event.run}`, creator)).toBe(200);
    }
  });
});
