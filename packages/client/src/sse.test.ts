import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readEvents, type ServerEvent, SseParser } from "./sse.ts";

const encoder = new TextEncoder();
const streamOf = (pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
const all = async (pieces: readonly Uint8Array[]): Promise<ServerEvent[]> => {
  const events: ServerEvent[] = [];
  for await (const event of readEvents(streamOf(pieces))) events.push(event);
  return events;
};

describe("SseParser, on the standard's own examples", () => {
  it("joins data lines", () => {
    expect(new SseParser().push("data: YHOO\ndata: +2\ndata: 10\n\n")).toEqual([{ event: "message", data: "YHOO\n+2\n10" }]);
  });
  it("skips comments, takes fields without a colon, takes one space off, drops what is cut off", () => {
    const text = ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\ndata: cut off";
    expect(new SseParser().push(text).map((e) => e.data)).toEqual(["first event", "second event", " third event"]);
  });
  it("fires for empty data, not for no data", () => {
    expect(new SseParser().push("data\n\ndata\ndata\n\nevent: lost\n\ndata:")).toEqual([
      { event: "message", data: "" },
      { event: "message", data: "\n" },
    ]);
  });
  it("takes every line ending, also cut between return and feed, and leaves out a byte order mark", () => {
    const parser = new SseParser();
    const events = [..."\ufeffevent: a\r\ndata: 1\r\n\r\nevent: b\rdata: 2\r\rdata: 3\n\n"].flatMap((c) => parser.push(c));
    expect(events).toEqual([
      { event: "a", data: "1" },
      { event: "b", data: "2" },
      { event: "message", data: "3" },
    ]);
  });
});

describe("readEvents", () => {
  it("gives the same events however the bytes are cut", async () => {
    const line = fc.string({ unit: "binary" }).map((s) => s.replace(/[\r\n]/g, ""));
    const event = fc.record({ event: line.filter((s) => s !== ""), data: fc.array(line, { minLength: 1, maxLength: 3 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 6 }),
        fc.constantFrom("\n", "\r\n", "\r"),
        fc.array(fc.nat(40), { maxLength: 40 }),
        async (events, eol, cuts) => {
          const text = events
            .map((e) => `: 心跳${eol}event: ${e.event}${eol}${e.data.map((d) => `data: ${d}${eol}`).join("")}${eol}`)
            .join("");
          const bytes = encoder.encode(text);
          const pieces: Uint8Array[] = [];
          let at = 0;
          for (const cut of cuts) pieces.push(bytes.subarray(at, (at += cut)));
          pieces.push(bytes.subarray(at));
          // what UTF-8 cannot carry (lone surrogates) comes as U+FFFD
          const wellFormed = (s: string): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(encoder.encode(s));
          expect(await all(pieces)).toEqual(
            events.map((e) => ({ event: wellFormed(e.event), data: e.data.map(wellFormed).join("\n") })),
          );
        },
      ),
    );
  });

  it("cancels the stream when its reader leaves", async () => {
    let cancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(encoder.encode("data: x\n\n")),
      cancel: () => {
        cancelled = true;
      },
    });
    for await (const event of readEvents(stream)) {
      expect(event.data).toBe("x");
      break;
    }
    expect(cancelled).toBe(true);
  });
});
