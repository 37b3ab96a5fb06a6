import { BpeTokenizer } from "@inkseal/lab";
import { describe, expect, it } from "vitest";
import { CodeTokens, marks } from "../../src/code/tokens.ts";
import { longestCopy } from "./copied.ts";
import { lineTasks } from "./lines.ts";
import { makeWindows, windowLoader } from "./windows.ts";

const source = Array.from({ length: 60 }, (_, i) => `export const value${i} = compute(${i}, "name${i}");\n`).join("");
const tokenizer = BpeTokenizer.train([source], { vocab: 400, special: marks });
const { suffix, text, end } = new CodeTokens(tokenizer);

describe("windows of sources", () => {
  const windows = makeWindows([source, source], tokenizer, 64, 1);
  const rows = Array.from({ length: windows.count }, (_, i) => [...windows.ids.subarray(i * 65, (i + 1) * 65)]);

  it("are the text as it stands, and what follows put before what leads up to it", () => {
    const turned = rows.filter((row) => row[0] === suffix);
    expect(turned.length).toBeGreaterThan(5);
    expect(rows.length - turned.length).toBeGreaterThan(5);
    for (const row of turned) {
      const middle = row.indexOf(text);
      expect(row.at(-1)).toBe(end);
      const [after, before] = [row.slice(1, middle), row.slice(middle + 1, -1)].map((ids) => tokenizer.decode(ids)) as [
        string,
        string,
      ];
      expect(source).toContain(before + after);
    }
  });

  it("come again and again in the same order, also after a stop", () => {
    const loader = windowLoader(windows, 4);
    loader.next();
    const state = loader.state();
    const { inputs, targets } = loader.next();
    expect([...inputs.subarray(0, 64)]).toEqual(rows[4]!.slice(0, 64));
    expect([...targets.subarray(0, 64)]).toEqual(rows[4]!.slice(1));
    const again = windowLoader(windows, 4);
    again.restore(state);
    expect(again.next()).toEqual({ inputs, targets });
  });
});

describe("the task of the measurement", () => {
  it("is a file cut in the middle of a line, the lines after it apart", () => {
    const sources = [{ path: "a.ts", text: `// a comment that is long\n${source}` }];
    for (const task of lineTasks([{ name: "p", version: "1", licence: "MIT", sources }], 50, 1)) {
      expect(task.prefix + task.rest + task.suffix).toBe(sources[0]!.text);
      expect(task.rest.length).toBeGreaterThanOrEqual(3);
      expect(task.prefix.slice(task.prefix.lastIndexOf("\n") + 1)).toMatch(/^e/);
    }
  });
});

describe("the longest copy", () => {
  it("is found wherever it begins", () => {
    expect(longestCopy("let a = 1; return compute(7, b)", "xx; return compute(7, c)")).toBe("return compute(7,");
    expect(longestCopy("abc", "xyz")).toBe("");
    expect(longestCopy("same text", "the same text")).toBe("same text");
  });
});
