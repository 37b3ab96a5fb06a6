import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Options } from "./command.ts";
import { parse } from "./parse.ts";
import { UsageError } from "./usage-error.ts";

const options = {
  output: { kind: "file", short: "o", value: "FILE", help: { "zh-CN": "文件", en: "file" } },
  voice: { kind: "text", value: "NAME", help: { "zh-CN": "嗓音", en: "voice" } },
  speed: { kind: "number", min: 0.25, max: 4, help: { "zh-CN": "语速", en: "pace" } },
  seed: { kind: "number", min: -1000, max: 1000, whole: true, help: { "zh-CN": "种子", en: "seed" } },
  input: { kind: "list", short: "i", value: "FILE", help: { "zh-CN": "输入", en: "input" } },
  period: { kind: "choice", of: ["day", "month"], help: { "zh-CN": "周期", en: "period" } },
  stream: { kind: "flag", help: { "zh-CN": "流", en: "stream" } },
} satisfies Options;

function refusal(...argv: string[]): UsageError {
  try {
    parse(argv, options);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error(`${argv.join(" ")} was taken`);
}

describe("parse", () => {
  it("takes values after a space, after =, after a letter, and glued to the letter", () => {
    for (const argv of [["--output", "a.wav"], ["--output=a.wav"], ["-o", "a.wav"], ["-oa.wav"]]) {
      expect(parse(argv, options).options.output).toBe("a.wav");
    }
  });

  it("keeps words in order, `-` among them, and everything after --", () => {
    const parsed = parse(["speech", "--stream", "-", "--", "--voice", "-x"], options);
    expect(parsed.words).toEqual(["speech", "-", "--voice", "-x"]);
    expect(parsed.options.stream).toBe(true);
  });

  it("collects repeatable options and leaves out what was not given", () => {
    const parsed = parse(["-i", "a.png", "--input", "b.png"], options);
    expect(parsed.options.input).toEqual(["a.png", "b.png"]);
    expect(parsed.options.voice).toBeUndefined();
    expect(parsed.options.stream).toBe(false);
    expect(parsed.globals.json).toBe(false);
  });

  it("takes standard output as a file and a negative number as a value", () => {
    expect(parse(["-o", "-", "--seed", "-5"], options).options).toMatchObject({ output: "-", seed: -5 });
  });

  it("names the option that was probably meant", () => {
    expect(refusal("--voise", "x").meant).toBe("--voice");
    expect(refusal("--out", "x").meant).toBe("--output");
    expect(refusal("--qqqqqq").meant).toBeUndefined();
    expect(refusal("--constructor").message).toBe("there is no option --constructor");
    expect(refusal("--__proto__=1").message).toBe("there is no option --__proto__");
  });

  it("refuses a missing value, also where the next option would be eaten", () => {
    expect(refusal("--output").message).toContain("needs a value");
    expect(refusal("--output", "--stream").message).toContain("needs a value");
    expect(refusal("--output=").message).toContain("needs a value");
    expect(refusal("--stream=yes").message).toContain("takes no value");
  });

  it("refuses numbers out of range, fractions where whole ones are wanted, and other choices", () => {
    expect(refusal("--speed", "9").what).toEqual({
      "zh-CN": "--speed 要 0.25 到 4 之间的数，不能是“9”",
      en: '--speed takes a number from 0.25 to 4, not "9"',
    });
    expect(refusal("--speed", "quick").message).toContain("number");
    expect(refusal("--seed", "1.5").message).toContain("whole");
    expect(refusal("--period", "moth").meant).toBe("month");
  });

  it("gives back any words behind -- and any option value, whatever is in them", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.string({ minLength: 1 }), (words, value) => {
        const parsed = parse([`--voice=${value}`, "--", ...words], options);
        expect(parsed.words).toEqual(words);
        expect(parsed.options.voice).toBe(value);
      }),
    );
  });

  it("answers any command line with a result or a UsageError", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom("--", "-", "-o", "--seed", "--stream", "-io", "--json"))),
        (argv) => {
          try {
            parse(argv, options);
          } catch (error) {
            expect(error).toBeInstanceOf(UsageError);
          }
        },
      ),
    );
  });
});
