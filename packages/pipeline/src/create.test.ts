import {
  type Artifact,
  type Brief,
  type Chunk,
  defaultPolicy,
  type Engine,
  InksealError,
  idMaker,
  type LedgerRow,
  type Plan,
  type Policy,
  PolicySchema,
  type RunEvent,
  type RunRecord,
} from "@inkseal/core";
import { createGuard } from "@inkseal/guard";
import type { Ledger } from "@inkseal/ledger";
import { describe, expect, it } from "vitest";
import type { Context } from "./context.ts";
import { create } from "./create.ts";

type Generate = (plan: Plan, signal: AbortSignal) => AsyncIterable<readonly Chunk[]>;
const engine = (name: string, generate: Generate, place: Engine["place"] = "local"): Engine => ({
  name,
  place,
  tasks: ["chat", "speech"],
  models: async () => [{ id: "m", tasks: ["chat", "speech"] }],
  generate,
});
const words = (...texts: string[]): Generate =>
  async function* () {
    for (const text of texts) yield [{ index: 0, text }];
    yield [{ index: 0, finish: "stop", usage: { inputTokens: 3, outputTokens: texts.length } }];
  };
const wav = Uint8Array.from("RIFF\x04\0\0\0WAVE", (c) => c.charCodeAt(0));

/** A house of fakes around the real guard. `rows` is what was made durable, in order; `log` what happened when. */
function house(engines: Engine[], options: { policies?: Policy[]; append?: (r: RunRecord) => Promise<void> } = {}) {
  const rows: RunRecord[] = [];
  const log: string[] = [];
  const clock = { now: () => 1_763_900_000_000 + log.length, random: (n: number) => new Uint8Array(n).fill(7) };
  const policies = [defaultPolicy, ...(options.policies ?? [])];
  const ledger = {
    append: async (record: RunRecord): Promise<LedgerRow> => {
      await options.append?.(record);
      rows.push(record);
      log.push(`row ${record.status}`);
      return { ...record, seq: rows.length, prev: "0".repeat(64), hash: "0".repeat(64) };
    },
    artifacts: { put: async (a: Artifact) => void log.push(`shelf ${a.mediaType}`) },
    policies: { get: (name: string) => policies.find((p) => p.name === name) },
    keys: { charge: (id: string, used: { tokens?: number }) => void log.push(`charge ${id} ${used.tokens}`) },
  } as unknown as Ledger;
  const marker = {
    seal: async (
      media: { mediaType: string; bytes: Uint8Array },
      _policy: Policy,
      p: { run: string; artifact: string },
    ): Promise<Artifact> => {
      log.push("seal");
      return {
        kind: "artifact",
        version: 1,
        id: p.artifact,
        run: p.run,
        mediaType: media.mediaType,
        bytes: media.bytes,
        sha256: "a".repeat(64),
        marks: [{ layer: "aigc", method: "test" }],
      };
    },
    read: async () => ({ mediaType: "", layers: [], labelClass: 0 as const }),
    readWords: async () => undefined,
    likelihood: async () => undefined,
    look: async () => [],
    history: async () => ({ steps: [], gap: false }),
  };
  const context: Context = {
    engines,
    guard: createGuard(),
    marker,
    ledger,
    clock,
    newId: idMaker(clock),
    actor: { id: "local", source: "cli" },
  };
  return { context, rows, log };
}
const ask = (more: Partial<Brief> = {}) => ({
  task: "chat" as const,
  model: "a/m",
  messages: [{ role: "user" as const, content: "hello" }],
  stream: true,
  ...more,
});
async function all(events: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const list: RunEvent[] = [];
  for await (const e of events) list.push(e);
  return list;
}
const textOf = (events: readonly RunEvent[]): string =>
  events.flatMap((e) => (e.type === "delta" ? e.chunks.map((c) => c.text ?? "") : [])).join("");

describe("create", () => {
  it("passes the stations in order, and the last words wait for the row", async () => {
    const { context, rows, log } = house([engine("a", words("Good ", "day. "))]);
    const seen: string[] = [];
    for await (const e of create(ask(), context))
      seen.push(`${e.type}${e.type === "delta" && e.chunks.some((c) => c.finish) ? " finish" : ""} after ${rows.length} rows`);
    expect(seen).toEqual([
      "started after 0 rows",
      "delta after 0 rows",
      "delta after 0 rows",
      "delta finish after 1 rows",
      "finished after 1 rows",
    ]);
    expect(rows[0]).toMatchObject({
      status: "done",
      engine: "a",
      model: "m",
      decision: "allow",
      usage: { inputTokens: 3, outputTokens: 2 },
    });
    expect(log).toEqual(["row done"]);
  });

  it("masks both ways and says so", async () => {
    let sent = "";
    const spy = engine("a", (plan, signal) => {
      sent = JSON.stringify(plan.brief.messages);
      return words("Write to ", "li.lei@exa", "mple.com now")(plan, signal);
    });
    const { context, rows } = house([spy]);
    const events = await all(create(ask({ messages: [{ role: "user", content: "my mail is han@example.org" }] }), context));
    expect(sent).not.toContain("han@example.org");
    expect(textOf(events)).toBe("Write to [EMAIL] now");
    expect(rows[0]).toMatchObject({ decision: "mask" });
    expect(rows[0]?.findings.map((f) => f.stage)).toEqual(["in", "out"]);
    expect(JSON.stringify(rows)).not.toContain("example");
  });

  it("seals files, stores them, and delivers them after the row", async () => {
    const speak = engine("a", async function* () {
      yield [{ index: 0, media: { mediaType: "audio/wav", bytes: wav.subarray(0, 6), last: false } }];
      yield [{ index: 0, media: { mediaType: "audio/wav", bytes: wav.subarray(6), last: true }, finish: "stop" }];
    });
    const { context, rows, log } = house([speak]);
    const events = await all(create({ task: "speech", model: "a/m", text: "hello" }, context));
    expect(log).toEqual(["seal", "shelf audio/wav", "row done"]);
    expect(events.find((e) => e.type === "artifact")?.artifact.bytes).toEqual(wav);
    expect(rows[0]?.artifact).toMatchObject({ mediaType: "audio/wav", size: wav.length });
  });

  it("keeps words as a labelled file when asked to", async () => {
    const { context, log } = house([engine("a", words("A poem. "))]);
    const events = await all(create(ask({ keep: true }), context));
    expect(events.filter((e) => e.type === "artifact")).toHaveLength(1);
    expect(log).toEqual(["seal", "shelf text/markdown", "row done"]);
  });

  it("blocks by policy before the engine hears of it, and in the middle of a stream", async () => {
    const strict = PolicySchema.parse({ name: "strict", rules: [{ hazard: "pii", in: "block", out: "block" }] });
    let heard = 0;
    const { context, rows } = house(
      [
        engine("a", (plan, signal) => {
          heard++;
          return words("Call ", "13800138000 ", "today")(plan, signal);
        }),
      ],
      { policies: [strict] },
    );
    const refused = await all(
      create(ask({ policy: "strict", messages: [{ role: "user", content: "han@example.org" }] }), context),
    );
    expect(refused.at(-1)).toMatchObject({ type: "failed", error: { code: "blocked" } });
    expect(heard).toBe(0);
    const cut = await all(create(ask({ policy: "strict" }), context));
    expect(textOf(cut)).not.toContain("138");
    expect(cut.at(-1)).toMatchObject({ type: "failed", error: { code: "blocked", details: { run: rows[1]?.run } } });
    expect(rows.map((r) => r.status)).toEqual(["blocked", "blocked"]);
  });

  it("retries and falls back until something came, and not afterwards", async () => {
    const down = (code: "upstream-error" | "upstream-auth") =>
      engine("a", async function* () {
        throw new InksealError(code, "down");
        // biome-ignore lint/correctness/noUnreachable: makes it a generator of chunks
        yield [];
      });
    const { context, rows } = house([down("upstream-error"), engine("b", words("here"))]);
    const events = await all(create(ask({ fallbacks: ["b/m"] }), context));
    expect(textOf(events)).toBe("here");
    expect(rows[0]).toMatchObject({
      engine: "b",
      attempts: [
        { engine: "a", errorCode: "upstream-error" },
        { engine: "a", errorCode: "upstream-error" },
      ],
    });

    const late = engine("a", async function* () {
      yield [{ index: 0, text: "half. " }];
      throw new InksealError("upstream-error", "went away");
    });
    const second = house([late, engine("b", words("never"))]);
    const broken = await all(create(ask({ fallbacks: ["b/m"] }), second.context));
    expect(textOf(broken)).toBe("half. ");
    expect(broken.at(-1)).toMatchObject({ type: "failed", error: { code: "upstream-error" } });
    expect(second.rows[0]).toMatchObject({ status: "failed", errorCode: "upstream-error" });
  });

  it("reaches the engine with an abort, a deadline, and a reader that leaves", async () => {
    let stopped = 0;
    const slow = engine("a", async function* (_plan, signal) {
      try {
        for (;;) {
          yield [{ index: 0, text: "tick " }];
          await new Promise<void>((resolve, reject) => {
            const timer = setTimeout(resolve, 5);
            signal.addEventListener(
              "abort",
              () => {
                clearTimeout(timer);
                reject(signal.reason);
              },
              { once: true },
            );
          });
        }
      } finally {
        stopped++;
      }
    });
    const { context, rows } = house([slow]);
    const abort = new AbortController();
    const cancelled: RunEvent[] = [];
    for await (const e of create(ask(), { ...context, signal: abort.signal })) {
      cancelled.push(e);
      if (cancelled.length === 4) abort.abort();
    }
    expect(cancelled.at(-1)).toMatchObject({ type: "failed", error: { code: "cancelled" } });
    const late = await all(create(ask({ deadlineMs: 30 }), context));
    expect(late.at(-1)).toMatchObject({ type: "failed", error: { code: "deadline-exceeded" } });
    for await (const e of create(ask(), context)) if (e.type === "delta") break;
    expect(rows.map((r) => [r.status, r.errorCode])).toEqual([
      ["cancelled", "cancelled"],
      ["failed", "deadline-exceeded"],
      ["cancelled", "cancelled"],
    ]);
    expect(stopped).toBe(3);
  });

  it("is pulled: an engine is never more than one batch ahead of its reader", async () => {
    let made = 0;
    const eager = engine("a", async function* () {
      for (; made < 1000; ) yield [{ index: 0, text: made++ > 0 ? "word. " : "first. " }];
    });
    const { context } = house([eager]);
    for await (const e of create(ask(), context)) {
      if (e.type !== "delta") continue;
      await new Promise((r) => setTimeout(r, 2));
      expect(made).toBeLessThanOrEqual(2);
      if (made > 1) break;
    }
  });

  it("lets nothing whole out when the ledger cannot be written", async () => {
    const { context } = house([engine("a", words("all. "))], {
      append: () => Promise.reject(new InksealError("ledger-unavailable", "disk full")),
    });
    const events = await all(create(ask(), context));
    expect(events.at(-1)).toMatchObject({ type: "failed", error: { code: "ledger-unavailable" } });
    expect(events.some((e) => e.type === "delta" && e.chunks.some((c) => c.finish))).toBe(false);
  });

  it("charges the key and obeys its policy and models", async () => {
    const { context, log } = house([engine("a", words("x. "))]);
    await all(create(ask(), { ...context, actor: { id: "key_1", source: "api" } }));
    expect(log).toContain("charge key_1 4");
    const refused = await all(create(ask(), { ...context, actor: { id: "key_1", source: "api", models: ["b/*"] } }));
    expect(refused.at(-1)).toMatchObject({ type: "failed", error: { code: "forbidden" } });
  });

  it("says what is wrong with a brief, with a row", async () => {
    const { context, rows } = house([engine("a", words("x"))]);
    const events = await all(create({ task: "chat", controls: { temperature: 99 } }, context));
    expect(events).toMatchObject([
      { type: "failed", error: { code: "bad-request", details: { param: "controls.temperature" } } },
    ]);
    expect((await all(create(ask({ model: "nobody/x" }), context))).at(-1)).toMatchObject({ error: { code: "unknown-model" } });
    expect((await all(create(ask({ policy: "none-such" }), context))).at(-1)).toMatchObject({ error: { code: "bad-request" } });
    const other = await all(create({ task: "music", text: "x", model: "m" }, context));
    expect(other.at(-1)).toMatchObject({ error: { code: "cannot-do" } }); // a model that is there, for other tasks
    expect(rows).toHaveLength(4);
  });
});
