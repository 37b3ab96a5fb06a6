import type { Chunk } from "@inkseal/core";
import { describe, expect, it } from "vitest";
import { Flow, whole } from "./flow.ts";

const never = new AbortController().signal;
async function all(batches: AsyncIterable<readonly Chunk[]>): Promise<(readonly Chunk[])[]> {
  const out: (readonly Chunk[])[] = [];
  for await (const batch of batches) out.push(batch);
  return out;
}

describe("the flow from a model to its reader", () => {
  it("batches what came together, in order", async () => {
    const flow = new Flow();
    const batches = flow.run(async () => {
      flow.push({ index: 0, text: "a" });
      flow.push({ index: 0, text: "b" });
      await new Promise((r) => setTimeout(r, 5));
      flow.push({ index: 0, text: "c", finish: "stop" });
    }, never);
    expect((await all(batches)).map((b) => b.map((c) => c.text).join(""))).toEqual(["ab", "c"]);
  });
  it("holds a model whose reader is slow, and lets it go when the reader reads or leaves", async () => {
    for (const leaves of [false, true]) {
      const flow = new Flow();
      let pushed = 0;
      const work = async (signal: AbortSignal): Promise<void> => {
        for (let i = 0; i < 200 && !signal.aborted; i++) {
          const held = flow.hold();
          if (held !== undefined) await held;
          flow.push({ index: 0, text: "x".repeat(1_000) });
          pushed++;
        }
      };
      const batches = flow.run(work, never);
      await batches.next();
      await new Promise((r) => setTimeout(r, 10));
      expect(pushed).toBeLessThan(60);
      if (leaves) await batches.return(undefined);
      else await all(batches);
      await new Promise((r) => setTimeout(r, 5));
      if (!leaves) expect(pushed).toBe(200);
      else expect(pushed).toBeLessThan(60);
    }
  });
  it("tells the work of an abort, and the reader at once", async () => {
    const flow = new Flow();
    const stop = new AbortController();
    let told = false;
    const batches = flow.run(
      (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(void (told = true)))),
      stop.signal,
    );
    const reading = all(batches);
    stop.abort();
    await expect(reading).rejects.toMatchObject({ code: "cancelled" });
    expect(told).toBe(true);
  });
  it("brings what was said before an error is thrown", async () => {
    const flow = new Flow();
    const seen: Chunk[] = [];
    const reading = (async () => {
      const batches = flow.run(async () => {
        flow.push({ index: 0, text: "a" });
        await Promise.reject(new Error("broke off"));
      }, never);
      for await (const batch of batches) seen.push(...batch);
    })();
    await expect(reading).rejects.toThrow("broke off");
    expect(seen).toMatchObject([{ text: "a" }]);
  });
  it("joins the chunks of each choice", async () => {
    const call = { call: 0, id: "c", name: "now" };
    async function* pieces(): AsyncGenerator<readonly Chunk[]> {
      yield [
        { index: 0, reasoning: "hm" },
        { index: 1, text: "x" },
        { index: 0, text: "a" },
      ];
      yield [
        { index: 0, toolCalls: [{ ...call, arguments: "{" }] },
        { index: 0, toolCalls: [{ call: 0, arguments: "}" }] },
      ];
      yield [
        { index: 0, text: "b", finish: "stop" },
        { index: 1, finish: "length", usage: { outputTokens: 4 } },
      ];
    }
    expect(await all(whole(pieces()))).toEqual([
      [
        { index: 0, reasoning: "hm", text: "ab", toolCalls: [{ ...call, arguments: "{}" }], finish: "stop" },
        { index: 1, text: "x", finish: "length", usage: { outputTokens: 4 } },
      ],
    ]);
  });
});
