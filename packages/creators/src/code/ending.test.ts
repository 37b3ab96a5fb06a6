import { describe, expect, it } from "vitest";
import { Ending, type EndingOptions } from "./ending.ts";

const line: EndingOptions = { lines: 1, balance: true, stop: [], rest: "" };
/** What comes out of text that comes in pieces. */
function take(pieces: readonly string[], options: Partial<EndingOptions> = {}): { text: string; over: boolean } {
  const ending = new Ending({ ...line, ...options });
  let text = "";
  for (const piece of pieces) text += ending.push(piece);
  const { over } = ending;
  return { text: text + ending.flush(), over };
}

describe("where a completion ends", () => {
  it("is the line's end", () => {
    expect(take(["foo(", "1);", "\n    bar", "();"])).toEqual({ text: "foo(1);", over: true });
    expect(take(["foo("])).toEqual({ text: "foo(", over: false });
  });

  it("is before a bracket that closes nothing here and follows the gap already", () => {
    expect(take(["a, f(b)", ");\n"], { rest: ");" })).toEqual({ text: "a, f(b)", over: true });
    expect(take(["a, f(b)", ");\n"])).toEqual({ text: "a, f(b));", over: true });
  });

  it("is before a stop text, of which no piece is shown", () => {
    expect(take(["let x", " = EN", "D of it"], { stop: ["END"] })).toEqual({ text: "let x = ", over: true });
    expect(take(["let x = EN"], { stop: ["END"] })).toEqual({ text: "let x = EN", over: false });
  });

  it("is of several lines where the brackets are closed, or after the last line", () => {
    const text = ["{\n", "  if (a) {\n    b();\n  }\n", "}\nnext();\n"];
    expect(take(text, { lines: 9 })).toEqual({ text: "{\n  if (a) {\n    b();\n  }\n}", over: true });
    expect(take(text, { lines: 2 })).toEqual({ text: "{\n  if (a) {", over: true });
    expect(take(text, { lines: 6, balance: false })).toEqual({ text: "{\n  if (a) {\n    b();\n  }\n}\nnext();", over: true });
    expect(take(["a();\n", "b();\n"], { lines: 9 })).toEqual({ text: "a();", over: true });
    expect(take(["a\n", "}\n"], { lines: 9 })).toEqual({ text: "a\n", over: true });
  });
});
