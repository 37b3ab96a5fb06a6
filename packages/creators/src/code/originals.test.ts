import { describe, expect, it } from "vitest";
import { LearntLines, learntLines } from "./originals.ts";

describe("lines that were learnt", () => {
  const own = "  const everythingThatMatters = computeItAllAgain(options);";
  const common = 'Object.defineProperty(exports, "__esModule", { value: true });';
  const lines = new LearntLines(learntLines([[`short();\n${own}\n${common}\n${own}\n`], [`${common}\nother();`]]));

  it("are long lines of one package, whatever stands around them", () => {
    expect(lines.has(own)).toBe(true);
    expect(lines.has(`\t${own.trim()} `)).toBe(true);
    expect(lines.has(common)).toBe(false);
    expect(lines.has("short();")).toBe(false);
    expect(lines.has(own.replace("Again", "Anew"))).toBe(false);
  });

  it("may be none", () => {
    expect(new LearntLines(new Uint8Array()).has(own)).toBe(false);
  });
});
