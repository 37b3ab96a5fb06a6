import { type BriefInput, parseBrief } from "@inkseal/core";
import { describe, expect, it } from "vitest";
import { codeJob } from "./job.ts";

const job = (brief: Omit<BriefInput, "task">) =>
  codeJob({ brief: parseBrief({ task: "infill", ...brief }), model: "inkseal-code" }, 7);
const own = (text: string, controls: Record<string, unknown>) => job({ text, controls: { own: controls } });

describe("what a brief asks of the code model", () => {
  it("is a gap between text and suffix, one line at its likeliest", () => {
    expect(job({ text: "const a = ", suffix: "\r\nexport { a };" })).toEqual({
      ...{ prefix: "const a = ", suffix: "\nexport { a };", files: [], lines: 1, balance: true, original: false, stop: [] },
      ...{ maxTokens: 64, choices: 1, temperature: undefined, topP: 0.95, seed: 7 },
    });
  });

  it("may be a place in the text", () => {
    const text = "import a;\nlet b = \nlet c;";
    expect(own(text, { line: 2 })).toMatchObject({ prefix: "import a;\nlet b = ", suffix: "\nlet c;" });
    expect(own(text, { line: 2, column: 5 })).toMatchObject({ prefix: "import a;\nlet ", suffix: "b = \nlet c;" });
    expect(() => own(text, { line: 4 })).toThrow(/no line 4; the text has 3/);
    expect(() => own(text, { line: 1, column: 99 })).toThrow(/no column 99/);
    expect(() => own(text, { column: 1 })).toThrow(/needs a line/);
    expect(() => own(text, { lines: 21 })).toThrow(expect.objectContaining({ details: { param: "controls.own.lines" } }));
  });

  it("comes with the project's scripts, without others and without itself", () => {
    const file = (name: string, text: string) => ({ name, mediaType: "text/plain", bytes: new TextEncoder().encode(text) });
    const files = [file("a.ts", "one();\r\n"), file("b.py", "two"), file("self.ts", "const a = \n"), file("me.ts", "old();")];
    const brief = { text: "const a = ", files };
    expect(job({ ...brief, controls: { own: { name: "me.ts" } } }).files).toEqual([{ name: "a.ts", text: "one();\n" }]);
    expect(job({ ...brief, controls: { own: { project: false } } }).files).toEqual([]);
  });

  it.each([
    ["Python", "def area(r):\n    return 3.14 * r\n"],
    ["C or C++", "#include <stdio.h>\nint main() {"],
    ["Go", "package main\n\nfunc main() {"],
    ["Rust", "fn main() {\n    let mut x = 1;"],
    ["PHP", "<?php echo 1;"],
    ["prose", "Once upon a time there was a small village near the sea where nobody ever spoke aloud"],
    ["prose", "请帮我写一段关于秋天的散文，要有意境"],
  ])("is not %s", (what, text) => {
    expect(() => own(text, {})).toThrow(expect.objectContaining({ code: "cannot-do", message: expect.stringContaining(what) }));
  });

  it("is not a file of another language, by its name", () => {
    expect(() => own("x = 1", { name: "a.py" })).toThrow(/TypeScript and JavaScript only, and this is a file named \.py/);
    expect(own("// 请写\n", { name: "a.ts" }).prefix).toBe("// 请写\n");
  });

  it.each([
    "import { readFile } from 'node:fs';\n// 读一个文件，返回它的内容\nexport function read(",
    "class A {\n  public void() {\n",
    "/** Long explanation of what this function is going to do, in many words and no code at all. */\nfunction ",
    "const text = `Once upon a time there was a small village near the sea`;\nlet ",
    "<div className={style}>\n",
  ])("may be %j", (text) => {
    expect(own(text, {}).prefix).toBe(text);
  });

  it("needs some code", () => {
    expect(() => own(" \n", {})).toThrow(/no code to go on from/);
    expect(() => own("a".repeat(2_000_001), {})).toThrow(expect.objectContaining({ code: "too-large" }));
  });
});
