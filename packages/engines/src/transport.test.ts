import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { InksealError } from "@inkseal/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, undiciTransport } from "./transport.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

describe("undiciTransport", () => {
  const transport = undiciTransport();
  let handler: Handler = (_q, r) => r.end();
  const sockets: Socket[] = [];
  const server = createServer((q, r) => handler(q, r)).on("connection", (s: Socket) => sockets.push(s));
  let url = "";
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x?y=1`;
  });
  afterAll(async () => {
    await transport.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const get = (signal?: AbortSignal, idleMs?: number): Promise<Answer> => transport({ method: "GET", url, signal, idleMs });
  const all = async (answer: Answer): Promise<string> => {
    const parts: Uint8Array[] = [];
    for await (const part of answer.body) parts.push(part);
    return Buffer.concat(parts).toString();
  };

  it("sends method, path, headers and body, and reads status, headers and text", async () => {
    handler = (q, r) => {
      q.setEncoding("utf8");
      let body = "";
      q.on("data", (d) => {
        body += d;
      });
      q.on("end", () => r.writeHead(201, { "X-Seen": `${q.method} ${q.url} ${q.headers["x-a"]}` }).end(`${body}好`));
    };
    const answer = await transport({ method: "POST", url, headers: { "x-a": "b" }, body: "你" });
    expect([answer.status, answer.headers["x-seen"]]).toEqual([201, "POST /x?y=1 b"]);
    expect(await answer.text()).toBe("你好");
  });
  it("keeps connections, also when the reader stops at the last event and the rest is short", async () => {
    handler = (_q, r) => {
      r.write("data");
      setTimeout(() => r.end("tail"), 20);
    };
    const before = sockets.length;
    for (let i = 0; i < 3; i++) {
      const answer = await get();
      for await (const part of answer.body) {
        expect(Buffer.from(part).toString()).toBe("data");
        answer.release?.();
        break; // after release this is no reason to close
      }
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    expect(sockets.length - before).toBeLessThanOrEqual(1);
  });
  it("closes the connection when the reader leaves early", async () => {
    let socket: Socket | undefined;
    handler = (q, r) => {
      socket = q.socket;
      r.write("one");
    };
    const answer = await get();
    const closed = once(socket as unknown as Socket, "close");
    for await (const _ of answer.body) break;
    await closed;
  });
  it("pauses a fast sender while nobody reads", async () => {
    let sent = 0;
    const piece = Buffer.alloc(64 * 1024, 97);
    handler = (_q, r) => {
      const more = (): void => {
        while (sent < 64 * 1024 * 1024) {
          sent += piece.length;
          if (!r.write(piece)) return void r.once("drain", more);
        }
        r.end();
      };
      more();
    };
    const answer = await get();
    // the sender stands still once the buffers of both kernels are full
    let last = -1;
    while (sent !== last) {
      last = sent;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(sent).toBeLessThan(32 * 1024 * 1024);
    let got = 0;
    for await (const part of answer.body) got += part.length;
    expect(got).toBe(64 * 1024 * 1024);
  });
  it("destroys the socket on abort: before the answer, and in its midst", async () => {
    for (const early of [true, false]) {
      const stop = new AbortController();
      const came = new Promise<Socket>((resolve) => {
        handler = (q, r) => {
          if (!early) r.write("x");
          resolve(q.socket);
        };
      });
      const answer = get(stop.signal).then(all);
      const closed = once(await came, "close");
      setTimeout(() => stop.abort(), early ? 0 : 30);
      await expect(answer).rejects.toMatchObject({ code: "cancelled" });
      await closed;
    }
  });
  it("keeps the reason of a signal that is one of ours, and refuses one that is over", async () => {
    const reason = new InksealError("deadline-exceeded", "too late");
    await expect(get(AbortSignal.abort(reason))).rejects.toBe(reason);
    await expect(get(AbortSignal.abort())).rejects.toMatchObject({ code: "cancelled" });
  });
  it("tells a stall, an early end, bad bytes and a closed door apart", async () => {
    handler = () => {};
    await expect(get(undefined, 80)).rejects.toMatchObject({ code: "upstream-timeout" });
    handler = (_q, r) => void r.write("x");
    await expect(get(undefined, 80).then(all)).rejects.toMatchObject({ code: "upstream-timeout" });
    handler = (_q, r) => {
      r.writeHead(200, { "content-length": 10 }).write("x");
      setTimeout(() => r.destroy(), 10);
    };
    await expect(get().then(all)).rejects.toMatchObject({ code: "upstream-invalid" });
    handler = (_q, r) => void r.end(Buffer.from([0xc3, 0x28]));
    await expect(get().then((a) => a.text())).rejects.toMatchObject({ code: "upstream-invalid" });
    await expect(transport({ method: "GET", url: "http://127.0.0.1:1/" })).rejects.toMatchObject({ code: "upstream-error" });
    await expect(transport({ method: "GET", url: "no url" })).rejects.toMatchObject({ code: "upstream-error" });
  });
});
