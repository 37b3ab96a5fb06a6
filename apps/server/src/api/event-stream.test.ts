import { get } from "node:http";
import type { AddressInfo } from "node:net";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, describe, expect, it, vi } from "vitest";
import { EventStream, heartbeatMs, wantsEvents } from "./event-stream.ts";

let app: FastifyInstance;
afterEach(async () => {
  vi.useRealTimers();
  app.server.closeAllConnections();
  await app.close();
});

/** A server whose one route hands its stream to the test, and that route's address. */
async function served(): Promise<{ url: string; stream: Promise<EventStream> }> {
  app = Fastify();
  const stream = new Promise<EventStream>((resolve) => {
    app.get("/", async (_request, reply) => {
      reply.header("x-own", "kept");
      resolve(new EventStream(reply));
      return reply;
    });
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  return { url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`, stream };
}

describe("EventStream", () => {
  it("opens at once with its headers, beats while nothing happens, and stops beating when it ends", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const { url, stream } = await served();
    const response = await fetch(url);
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect([response.headers.get("cache-control"), response.headers.get("x-own")]).toEqual(["no-cache, no-transform", "kept"]);
    const events = await stream;
    vi.advanceTimersByTime(heartbeatMs * 2);
    await events.send({ type: "a", text: "两行\n一事" });
    events.end();
    expect(vi.getTimerCount()).toBe(0);
    expect(await response.text()).toBe(': still here\n\n: still here\n\nevent: a\ndata: {"type":"a","text":"两行\\n一事"}\n\n');
  });

  it("waits for a slow reader, leaves out what it offered meanwhile, and learns that the reader is gone", async () => {
    const { url, stream } = await served();
    const reader = await new Promise<import("node:http").IncomingMessage>((resolve) => get(url, resolve));
    reader.on("error", () => {}); // destroyed below
    reader.pause();
    const events = await stream;
    const big = { type: "a", text: "x".repeat(64 * 1024 * 1024) }; // more than the socket's buffers take
    let done: boolean | undefined;
    const sent = events.send(big).then((delivered) => {
      done = delivered;
    });
    events.offer({ type: "progress" });
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).toBeUndefined();
    reader.destroy();
    await sent;
    expect(done).toBe(false);
    expect(await events.send({ type: "b" })).toBe(false);
    events.end();
  });
});

describe("wantsEvents", () => {
  it.each([
    ["text/event-stream", true],
    ["application/json, text/event-stream;q=0.9", true],
    ["*/*", false],
    [undefined, false],
  ])("%s", (accept, expected) => expect(wantsEvents(accept)).toBe(expected));
});
