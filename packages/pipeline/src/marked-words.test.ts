import { type Chunk, type Engine, idMaker, type Mark, PolicySchema, type RunEvent } from "@inkseal/core";
import { createGuard } from "@inkseal/guard";
import { type Ledger, openLedger } from "@inkseal/ledger";
import { createMarker, markedDraw } from "@inkseal/mark";
import { type Database, openBlobs } from "@inkseal/store";
import { memoryDatabase } from "@inkseal/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Context } from "./context.ts";
import { create } from "./create.ts";
import { verify } from "./verify.ts";

const now = Date.UTC(2026, 10, 25);
const clock = { now: () => now, random: (length: number) => new Uint8Array(length).fill(5) };
const vocabulary = Array.from({ length: 64 }, (_, i) => `w${i.toString(8)}`);
const even = new Float32Array(64).fill(1 / 64);

/** Draws 80 words, each as likely as every other. */
const writer: Engine = {
  name: "writer",
  place: "local",
  tasks: ["chat"],
  models: async () => [{ id: "even", tasks: ["chat"], logits: true }],
  async *generate({ wordMark, seed = 0 }) {
    let state = seed + 1;
    const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
    const draw = wordMark && markedDraw(wordMark);
    const ids = even.map((_, i) => i);
    const words = Array.from({ length: 80 }, (_, position) =>
      draw === undefined ? Math.floor(random() * 64) : draw(even, ids, random, { position }),
    );
    const mark = draw?.mark();
    const chunk: Chunk = { index: 0, text: words.map((w) => vocabulary[w]).join(" "), finish: "stop", ...(mark && { mark }) };
    yield [chunk];
  },
  tokens: async (text) => [{ models: ["even"], ids: text.split(/\s+/).map((w) => vocabulary.indexOf(w) >>> 0) }],
};
const broken: Engine = { ...writer, name: "broken", tokens: () => Promise.reject(new Error("no disk")) };

let database: Database;
let ledger: Ledger;
let context: Context;
beforeAll(async () => {
  database = await memoryDatabase();
  ledger = await openLedger({ database, blobs: await openBlobs(), clock });
  await ledger.policies.put(PolicySchema.parse({ name: "bare", marks: { watermark: false } }));
  const marker = createMarker({ producer: { code: "INKSEAL" }, now: clock.now, watermarkKey: new Uint8Array(32).fill(2) });
  context = {
    engines: [broken, writer],
    guard: createGuard(),
    marker,
    ledger,
    clock,
    newId: idMaker(clock),
    actor: { id: "local", source: "api" },
  };
});
afterAll(async () => {
  await ledger.close();
  await database.close();
});

async function said(seed: number, more: object = {}): Promise<{ text: string; marks: readonly Mark[]; file?: Uint8Array }> {
  const brief = { task: "chat", model: "writer/even", messages: [{ role: "user", content: "x" }], controls: { seed }, ...more };
  const events: RunEvent[] = [];
  for await (const event of create(brief as never, context)) events.push(event);
  const end = events.at(-1)!;
  if (end.type !== "finished") throw end.type === "failed" ? end.error : new Error(end.type);
  const text = events.flatMap((e) => (e.type === "delta" ? e.chunks.map((c) => c.text ?? "") : [])).join("");
  const file = events.find((e) => e.type === "artifact")?.artifact.bytes;
  return { text, marks: end.row.marks, ...(file && { file }) };
}
const check = (text: string | Uint8Array, engines = context.engines) =>
  verify(typeof text === "string" ? new TextEncoder().encode(text) : text, { ...context, engines });

test("words that an engine draws are marked, the row says so, and verify finds the mark in their bare copy", async () => {
  const { text, marks } = await said(1);
  expect(marks).toMatchObject([{ layer: "watermark", method: "inkseal.text.1", data: { tokens: 80, bits: 480 } }]);
  const report = await check(`Somebody else wrote this.\n\n${text}\n\nAnd this.`);
  expect(report).toMatchObject({ verdict: "recognised", labelClass: 3 });
  expect(report.layers.at(-1)).toMatchObject({
    layer: "watermark",
    status: "valid",
    data: { engine: "writer", models: ["even"], tokenizers: 1, falseAlarm: 1e-6 },
  });
  expect(report.unknown).not.toContain("watermark");
  expect(JSON.stringify(report)).not.toContain(Buffer.from(context.marker.wordMark!.key).toString("hex").slice(0, 16));
});

test("kept words carry it under their label", async () => {
  const { marks, file } = await said(2, { keep: true });
  expect(marks.map((m) => m.layer)).toContain("watermark");
  expect(marks.map((m) => m.layer)).toContain("label");
  const bare = new TextDecoder().decode(file).replace(/^---[\s\S]*?---\n/, "");
  expect((await check(bare)).layers.at(-1)).toMatchObject({ layer: "watermark", status: "valid" });
});

test("not where the policy says no; and unmarked or foreign words are not found", async () => {
  const { text, marks } = await said(3, { policy: "bare" });
  expect(marks).toEqual([]);
  const report = await check(`${text}.`);
  expect(report).toMatchObject({ verdict: "unknown", labelClass: 0 });
  expect(report.layers.at(-1)).toMatchObject({ layer: "watermark", status: "absent" });
  expect((await check(`${text}.`, [broken])).layers.map((l) => l.method)).not.toContain("inkseal.text.1"); // no model here could have marked it
});
