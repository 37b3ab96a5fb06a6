import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestServer, testServer } from "../test/running.ts";

type Envelope = { error: { code: string; message: string; param: string | null; run: string | null; next: string } };

/** Bad input from clients and bad behaviour of providers: a clear error, a ledger row, no leak. */
describe("faults", () => {
  let t: TestServer;
  beforeAll(async () => {
    t = await testServer({ bodyBytes: 256 * 1024 } as never);
  });
  afterAll(() => t.close());
  const chat = (model: string, more: object = {}) =>
    t.post("/v1/chat/completions", { model, messages: [{ role: "user", content: "tell me" }], ...more });

  it.each([
    ["malformed JSON", '{"model": "up/echo", ', 400, "bad-json", null],
    ["an empty body", "", 400, "bad-json", null],
    ["a list for an object", "[]", 400, "bad-request", null],
    ["a number for messages", '{"model":"up/echo","messages":7}', 400, "bad-request", "messages"],
    ["a wrong role", '{"model":"up/echo","messages":[{"role":"god","content":"x"}]}', 400, "bad-request", "messages.0.role"],
    [
      "a temperature out of range",
      '{"model":"up/echo","messages":[{"role":"user","content":"x"}],"temperature":9}',
      400,
      "bad-request",
      "temperature",
    ],
    ["no model", '{"messages":[{"role":"user","content":"x"}]}', 400, "bad-request", "model"],
    [
      "an oversized body",
      `{"model":"up/echo","messages":[{"role":"user","content":"${"x".repeat(300_000)}"}]}`,
      413,
      "too-large",
      null,
    ],
  ])("answers %s", async (_name, body, status, code, param) => {
    const response = await t.post("/v1/chat/completions", body);
    expect(response.status).toBe(status);
    const { error } = (await response.json()) as Envelope;
    expect(error).toMatchObject({ code, param });
    expect(error.next.length).toBeGreaterThan(10);
  });

  it("answers other media types, methods and addresses", async () => {
    expect((await t.post("/v1/chat/completions", "x", { "content-type": "text/csv" })).status).toBe(415);
    expect((await fetch(`${t.v1}/chat/completions`)).status).toBe(404);
    expect((await (await fetch(`${t.v1}/nothing`)).json()) as Envelope).toMatchObject({ error: { code: "not-found" } });
  });

  it.each([
    ["stall", 504, "upstream-timeout"],
    ["cut", 502, "upstream-invalid"],
    ["bad-json", 502, "upstream-invalid"],
    ["bad-utf8", 502, "upstream-invalid"],
    ["html", 502, "upstream-invalid"],
    ["status:429", 429, "upstream-rate-limited"],
    ["status:500", 502, "upstream-error"],
    ["status:401", 502, "upstream-auth"],
    ["status:400", 502, "upstream-rejected"],
    ["no-such/at-all", 200, ""],
  ])("a provider that answers %s", async (model, status, code) => {
    const response = await chat(`up/${model}`);
    const text = await response.text();
    expect(response.status).toBe(status);
    expect(text).not.toContain("sk-upstream-secret");
    if (status === 200) return;
    const { error } = JSON.parse(text) as Envelope;
    expect(error.code).toBe(code);
    const row = await t.newRow();
    expect(row).toMatchObject({ status: "failed", errorCode: code, run: error.run });
    expect(JSON.stringify(row)).not.toContain("tell me");
    if (model === "status:429") expect(response.headers.get("retry-after")).toBe("7");
  });

  it.each([
    ["cut", "upstream-invalid"],
    ["bad-json", "upstream-invalid"],
    ["bad-utf8", "upstream-invalid"],
    ["error-event", "upstream-error"],
  ])("a stream that goes %s ends with an error and without [DONE]", async (model, code) => {
    const text = await (await chat(`up/${model}`, { stream: true })).text();
    const last = text.trim().split("\n\n").at(-1) ?? "";
    expect(JSON.parse(last.replace(/^data: /, ""))).toMatchObject({ error: { code } });
    expect(text).not.toContain("[DONE]");
    expect(await t.newRow()).toMatchObject({ status: "failed", errorCode: code });
  });

  it("reads a stream that comes byte by byte, and one that ends without [DONE]", async () => {
    const drip = await (await chat("up/drip", { stream: true, messages: [{ role: "user", content: "你好 世界" }] })).text();
    expect(drip.match(/"content":"[^"]*"/g)?.join("")).toContain("世界");
    expect(drip.endsWith("data: [DONE]\n\n")).toBe(true);
    expect((await (await chat("up/no-done", { stream: true })).text()).endsWith("data: [DONE]\n\n")).toBe(true);
  });

  it("retries what may pass, and falls back to another model", async () => {
    await t.newRow();
    expect((await chat("up/flaky")).status).toBe(200);
    expect((await t.newRow()).attempts).toMatchObject([{ errorCode: "upstream-error" }]);
    const response = await chat("up/status:500", { fallbacks: ["up/echo"] });
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: "tell me" } }] });
    expect(t.upstream.seen.at(-1)?.body).not.toHaveProperty("fallbacks");
  });

  it("a client that hangs up in mid-stream stops the provider and leaves a row", async () => {
    await t.newRow();
    const body = JSON.stringify({ model: "up/slow", stream: true, messages: [{ role: "user", content: "x" }] });
    await new Promise<void>((resolve) => {
      const socket = connect(Number(new URL(t.server.url).port), "127.0.0.1", () =>
        socket.write(
          `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        ),
      );
      socket.once("data", () => {
        socket.destroy();
        resolve();
      });
    });
    expect(await t.newRow()).toMatchObject({ status: "cancelled", errorCode: "cancelled" });
    await expect.poll(() => t.upstream.seen.at(-1)?.gone).toBe(true);
  });

  it("holds a slow reader's stream back instead of gathering it in memory", async () => {
    global.gc?.();
    const before = process.memoryUsage().rss;
    const response = await chat("up/huge", { stream: true });
    await new Promise((r) => setTimeout(r, 1_000));
    expect(process.memoryUsage().rss - before).toBeLessThan(48 * 1024 * 1024);
    let size = 0;
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) size += part.length;
    expect(size).toBeGreaterThan(60 * 1024 * 1024);
  });

  it("finishes the chain intact", async () => {
    expect(await t.house.ledger.verify()).toMatchObject({ ok: true, faults: [] });
  });
});
