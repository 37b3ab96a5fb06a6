import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { InksealError, type LedgerRow } from "@inkseal/core";
import { afterEach, describe, expect, it } from "vitest";
import { type Client, createClient } from "./client.ts";
import type { ClientEvent } from "./stream.ts";

const row: LedgerRow = {
  run: "run_01",
  at: "2026-11-23T17:00:00.000Z",
  status: "done",
  task: "chat",
  engine: "echo",
  model: "echo",
  policy: "default",
  decision: "allow",
  findings: [],
  marks: [],
  briefDigest: "b",
  outputDigest: "o",
  usage: {},
  totalMs: 3,
  actor: "local",
  source: "api",
  attempts: [],
  seq: 1,
  prev: "0".repeat(64),
  hash: "a".repeat(64),
};
const decision = { kind: "decision", version: 1, action: "allow", findings: [], policy: "default" } as const;
const finished = { type: "finished", run: "run_01", row, usage: { outputTokens: 2 }, decision } as const;
const started = { type: "started", run: "run_01", engine: "echo", model: "echo", warnings: [] } as const;
const frame = (event: { type: string }): string => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

/** What the double saw of one request. */
interface Seen {
  readonly request: IncomingMessage;
  readonly body: Buffer;
}
let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
});

/** A real HTTP server that answers as the test says. */
async function double(
  answer: (seen: Seen, response: ServerResponse) => void,
): Promise<{ client: Client; seen: Seen[]; url: string }> {
  const seen: Seen[] = [];
  server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const one = { request, body: Buffer.concat(pieces) };
    seen.push(one);
    answer(one, response);
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { client: createClient({ baseUrl: `${url}/`, key: "ink_test", source: "cli" }), seen, url };
}
const json = (response: ServerResponse, value: unknown, status = 200, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
};
const caught = async (work: Promise<unknown>): Promise<InksealError> => {
  const thrown = await work.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(InksealError.is(thrown)).toBe(true);
  return thrown as InksealError;
};
const collect = async (events: AsyncIterable<ClientEvent>): Promise<ClientEvent[]> => {
  const all: ClientEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
};
const brief = { task: "chat", messages: [{ role: "user", content: "你好" }] } as const;

describe("one answer", () => {
  it("sends key, face and brief, and gives the result typed", async () => {
    const result = {
      run: "run_01",
      engine: "echo",
      model: "echo",
      text: "好",
      artifacts: [],
      row,
      usage: {},
      decision,
      warnings: [],
    };
    const { client, seen } = await double((_, response) => json(response, result));
    expect(await client.run({ ...brief, messages: [...brief.messages] })).toEqual(result);
    const [{ request, body }] = seen as [Seen];
    expect(request.url).toBe("/api/runs");
    expect(request.headers).toMatchObject({
      authorization: "Bearer ink_test",
      "x-inkseal-source": "cli",
      accept: "application/json",
    });
    expect(JSON.parse(body.toString())).toEqual({ ...brief, stream: false });
  });

  it("puts queries and ids safely into addresses", async () => {
    const { client, seen } = await double((_, response) => json(response, { rows: [], row }));
    await client.runs.list({ before: 7, status: "failed", actor: "a&b" });
    await client.runs.get("../keys?x");
    expect(seen.map((s) => s.request.url)).toEqual(["/api/runs?before=7&status=failed&actor=a%26b", "/api/runs/..%2Fkeys%3Fx"]);
    expect(client.artifacts.url("art 1", { download: true })).toMatch(/\/api\/artifacts\/art%201\/bytes\?download=1$/);
  });

  it("sends files as a form, with bytes unharmed and roles as field names", async () => {
    const { client, seen } = await double((_, response) => json(response, {}, 500));
    const bytes = Uint8Array.from({ length: 300 }, (_, i) => i & 255);
    const files = [{ name: "图.png", bytes, mediaType: "image/png", role: "mask" }, new File(["x"], "b.txt")];
    await caught(client.run({ task: "image-edit", text: "sky", files }));
    const [{ request, body }] = seen as [Seen];
    const form = await new Response(new Uint8Array(body), {
      headers: { "content-type": request.headers["content-type"] as string },
    }).formData();
    expect(JSON.parse(form.get("brief") as string)).toEqual({ task: "image-edit", text: "sky", stream: false });
    const mask = form.get("mask") as File;
    expect([mask.name, mask.type, new Uint8Array(await mask.arrayBuffer())]).toEqual(["图.png", "image/png", bytes]);
    expect(await (form.get("file") as File).text()).toBe("x");
  });

  it("sends a file to verify as it is", async () => {
    const report = { mediaType: "image/png", size: 4, sha256: "0", verdict: "unknown", labelClass: 0, layers: [] };
    const { client, seen } = await double((_, response) => json(response, report));
    expect(await client.verify(Uint8Array.of(0, 255, 13, 10))).toEqual({
      ...report,
      history: [],
      resembles: [],
      unknown: [],
      likelihood: [],
    });
    expect([...(seen[0]?.body ?? [])]).toEqual([0, 255, 13, 10]);
  });
});

describe("errors", () => {
  it("are rebuilt from the envelope, run and wait included", async () => {
    const error = { message: "10 runs", type: "server_error", code: "overloaded", param: null, run: "run_9", next: "wait" };
    const { client } = await double((_, response) => json(response, { error }, 503, { "retry-after": "3" }));
    const thrown = await caught(client.health());
    expect([thrown.code, thrown.message, thrown.retryable]).toEqual(["overloaded", "10 runs", true]);
    expect(thrown.details).toMatchObject({ run: "run_9", retryAfter: 3, param: undefined });
  });

  it("with a code that this client does not know take the one of their status", async () => {
    const error = { message: "new", type: "x", code: "from-the-future", param: "model", run: null, next: "" };
    const { client } = await double((_, response) => json(response, { error }, 409));
    const thrown = await caught(client.models());
    expect([thrown.code, thrown.details.param]).toEqual(["conflict", "model"]);
  });

  it("of strangers in between go by their status", async () => {
    const { client } = await double((_, response) => response.writeHead(502).end("<html>Bad Gateway</html>"));
    expect((await caught(client.health())).code).toBe("unreachable");
  });

  it("are `unreachable` when nobody listens, or answers in another shape", async () => {
    const { client, url } = await double((_, response) => json(response, { status: "fine" }));
    const odd = await caught(client.health());
    expect([odd.code, odd.message.includes("status")]).toEqual(["unreachable", true]);
    await new Promise((resolve) => server?.close(resolve));
    server = undefined;
    expect((await caught(createClient({ baseUrl: url }).health())).code).toBe("unreachable");
  });

  it("are `cancelled` when the caller's signal aborts, `deadline-exceeded` when it times out", async () => {
    const { client } = await double(() => {});
    const controller = new AbortController();
    const waiting = caught(client.health({ signal: controller.signal }));
    controller.abort();
    expect((await waiting).code).toBe("cancelled");
    expect((await caught(client.health({ signal: AbortSignal.timeout(20) }))).code).toBe("deadline-exceeded");
  });
});

describe("a stream of events", () => {
  const chat = { task: "chat" as const, messages: [{ role: "user" as const, content: "你好" }] };

  it("comes typed, in order, however it is cut", async () => {
    const delta = { type: "delta", chunks: [{ index: 0, text: "人工智能" }] };
    const { client, seen } = await double(async (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const bytes = Buffer.from(`: still here\n\n${frame(started)}${frame(delta)}${frame(finished)}`);
      for (let i = 0; i < bytes.length; i += 7) {
        response.write(bytes.subarray(i, i + 7));
        await new Promise(setImmediate);
      }
      response.end();
    });
    expect(await collect(client.create(chat))).toEqual([started, delta, finished]);
    expect(seen[0]?.request.headers.accept).toBe("text/event-stream");
    expect(JSON.parse(String(seen[0]?.body))).toMatchObject({ stream: true });
  });

  it("ends with `failed`, its error an InksealError", async () => {
    const error = { message: "no", type: "permission_error", code: "blocked", param: null, run: "run_01", next: "ask" };
    const { client } = await double((_, response) =>
      response.writeHead(200).end(frame({ type: "failed", run: "run_01", error } as never)),
    );
    const [event] = await collect(client.create(chat));
    expect(event?.type === "failed" && [event.error.code, event.error.details.run]).toEqual(["blocked", "run_01"]);
  });

  it("throws what kept the run from beginning", async () => {
    const error = {
      message: "no key",
      type: "authentication_error",
      code: "unauthenticated",
      param: null,
      run: null,
      next: "",
    };
    const { client } = await double((_, response) => json(response, { error }, 401));
    expect((await caught(collect(client.create(chat)))).code).toBe("unauthenticated");
  });

  it("throws with the run's id when it breaks off, whether politely or not", async () => {
    for (const polite of [true, false]) {
      const { client } = await double((_, response) => {
        response.writeHead(200);
        response.write(frame(started), () => (polite ? response.end() : response.destroy()));
      });
      const thrown = await caught(collect(client.create(chat)));
      expect([thrown.code, thrown.details.run]).toEqual(["unreachable", "run_01"]);
      server?.close();
    }
  });

  it("throws at an event that is not one", async () => {
    for (const data of ["{", '{"type":"delta","chunks":3}', '{"type":"surprise"}']) {
      const { client } = await double((_, response) => response.writeHead(200).end(`data: ${data}\n\n`));
      expect((await caught(collect(client.create(chat)))).code).toBe("unreachable");
      server?.close();
    }
  });

  it("hangs up when its reader leaves or aborts, so that the server stops the run", async () => {
    for (const how of ["leave", "abort"] as const) {
      let hungUp: () => void = () => {};
      const gone = new Promise<void>((resolve) => {
        hungUp = resolve;
      });
      const { client } = await double((_, response) => {
        response.on("close", hungUp);
        response.writeHead(200);
        response.write(frame(started));
      });
      const controller = new AbortController();
      const reading = (async () => {
        for await (const event of client.create(chat, { signal: controller.signal })) {
          expect(event.type).toBe("started");
          if (how === "leave") break;
          controller.abort();
        }
      })();
      if (how === "leave") await reading;
      else expect((await caught(reading)).code).toBe("cancelled");
      await gone;
      server?.close();
    }
  });
});

describe("the ledger", () => {
  it("is checked with progress", async () => {
    const report = { ok: true, rows: 2, head: "a".repeat(64), faults: [] };
    const { client } = await double((_, response) =>
      response
        .writeHead(200)
        .end(frame({ type: "progress", done: 1, total: 2 } as never) + frame({ type: "report", report } as never)),
    );
    const progress: number[][] = [];
    expect(await client.ledger.verify({ onProgress: (done, total) => progress.push([done, total]) })).toEqual(report);
    expect(progress).toEqual([[1, 2]]);
  });

  it("is exported row by row, however the lines are cut, with or without a last line feed", async () => {
    const lines = [row, { ...row, seq: 2, model: "模型" }].map((r) => JSON.stringify(r)).join("\n");
    for (const text of [lines, `${lines}\n`]) {
      const { client } = await double(async (_, response) => {
        response.writeHead(200);
        const bytes = Buffer.from(text);
        for (let i = 0; i < bytes.length; i += 97) {
          response.write(bytes.subarray(i, i + 97));
          await new Promise(setImmediate);
        }
        response.end();
      });
      const rows: LedgerRow[] = [];
      for await (const one of client.ledger.export()) rows.push(one);
      expect(rows.map((r) => [r.seq, r.model])).toEqual([
        [1, "echo"],
        [2, "模型"],
      ]);
      server?.close();
    }
  });
});
