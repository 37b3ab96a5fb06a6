import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventParser } from "./sse.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
function parse(all: Uint8Array, cuts: readonly number[]): string[] {
  const parser = new EventParser();
  const out: string[] = [];
  const at = [...new Set([0, ...cuts.map((c) => c % (all.length + 1)), all.length])].sort((a, b) => a - b);
  for (let i = 1; i < at.length; i++) out.push(...parser.push(all.subarray(at[i - 1], at[i])));
  return out;
}

describe("event streams", () => {
  it("agree with eventsource-parser however they are cut", () => {
    const line = fc.oneof(
      fc.string().map((s) => `data: ${s.replace(/[\r\n]/g, "")}`),
      fc.constantFrom(
        "data",
        "data:",
        "data:  two spaces",
        ": comment",
        "event: x",
        "id: 3",
        "retry: 5",
        "nonsense",
        "",
        "",
        "data: 你好🌊",
      ),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(line, fc.constantFrom("\n", "\r\n"))), fc.array(fc.nat()), (lines, cuts) => {
        const text = lines.map(([l, end]) => l + end).join("");
        const expected: string[] = [];
        const reference = createParser({ onEvent: (e) => expected.push(e.data) });
        reference.feed(text);
        expect(parse(bytes(text), cuts)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
  it("takes a lone CR as a line end, also at the edge of two reads", () => {
    expect(parse(bytes("data: a\r\rdata: b\r\n\r\n"), [8, 9, 17, 18])).toEqual(["a", "b"]);
  });
  it("refuses invalid UTF-8, inside and at the end", () => {
    expect(() => new EventParser().push(Uint8Array.of(0x64, 0xff))).toThrow(
      expect.objectContaining({ code: "upstream-invalid" }),
    );
    const cut = new EventParser();
    cut.push(bytes("data: 你").subarray(0, -1));
    expect(() => cut.end()).toThrow(expect.objectContaining({ code: "upstream-invalid" }));
  });
  it("gives up on an endless event", () => {
    const parser = new EventParser();
    const block = bytes("x".repeat(1024 * 1024));
    expect(() => {
      for (let i = 0; i < 20; i++) parser.push(block);
    }).toThrow(expect.objectContaining({ code: "upstream-invalid" }));
  });
});
