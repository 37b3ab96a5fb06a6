import { ffmpeg, hasFfmpeg } from "@inkseal/testkit";
import { describe, expect, it } from "vitest";
import { cuesOf, type TimedWord } from "./cues.ts";
import { toSrt, toVtt } from "./formats.ts";
import { brokenLines, columns, unbreakable } from "./lines.ts";

/** Every word or Han character, a quarter of a second each; a pause of `gap` seconds where the text has `|`, which goes. */
function timed(marked: string, gap = 2): { text: string; words: TimedWord[] } {
  const text = marked.replaceAll("|", "");
  const words: TimedWord[] = [];
  let [at, clock] = [0, 0];
  for (const part of marked.split("|")) {
    for (const match of part.matchAll(/\p{Script=Han}|[^\s\p{P}\p{Script=Han}]+/gu)) {
      const start = at + match.index;
      words.push({ start, end: start + match[0].length, from: clock, to: clock + 0.25 });
      clock += 0.25;
    }
    at += part.length;
    clock += gap;
  }
  return { text, words };
}
const cuesFor = (marked: string) => {
  const { text, words } = timed(marked);
  return cuesOf(text, words);
};

describe("lines", () => {
  it("never begins with a closing mark nor ends with an opening one", () => {
    const text = "他说：“今天（星期三）的天气，很好！”大家听了，都《高兴》地笑了起来……然后走了。";
    for (let width = 8; width < 40; width++) {
      const lines = brokenLines(text, width);
      expect(lines.join("")).toBe(text);
      for (const line of lines) {
        expect(columns(line)).toBeLessThanOrEqual(width);
        if (width >= 14) {
          expect(line).not.toMatch(/^[，。！？：；、”》）…]/);
          expect(line).not.toMatch(/[“《（]$/);
        }
      }
    }
  });
  it("keeps words whole, in both scripts", () => {
    expect(unbreakable("人工智能 makes well-known things.")).toEqual(["人工", "智能 ", "makes ", "well-", "known ", "things."]);
    expect(brokenLines("Generated content should be recognisable by everybody.", 30)).toEqual([
      "Generated content should be",
      "recognisable by everybody.",
    ]);
    expect(brokenLines("a".repeat(50), 20).map((l) => l.length)).toEqual([20, 20, 10]);
  });
});

describe("captions", () => {
  it("end with sentences, and at long pauses", () => {
    expect(cuesFor("床前明月光，疑是地上霜。举头望明月，|低头思故乡。").map((c) => c.text)).toEqual([
      "床前明月光，疑是地上霜。",
      "举头望明月，",
      "低头思故乡。",
    ]);
  });
  it("cut a long sentence into even parts after its marks, each short enough for two lines", () => {
    const long =
      "When in the course of human events, it becomes necessary for one people to dissolve the political bands which have connected them with another, and to assume among the powers of the earth the separate and equal station, a decent respect is due.";
    const cues = cuesFor(long);
    expect(cues.map((c) => c.text).join(" ")).toBe(long);
    for (const { text } of cues) expect(brokenLines(text, 42).length).toBeLessThanOrEqual(2);
    expect(cues.filter((c) => /[,.]$/.test(c.text)).length).toBeGreaterThanOrEqual(3);
  });
  it("stand from the first word, never over the next one, long enough to be read", () => {
    const cues = cuesFor("一。|二。三。四五六七八九十。");
    expect(cues[0]!.from).toBe(0);
    expect(cues[0]!.to - cues[0]!.from).toBeGreaterThanOrEqual(0.9);
    for (const [i, c] of cues.entries()) expect(c.to).toBeLessThanOrEqual(cues[i + 1]?.from ?? Number.POSITIVE_INFINITY);
  });
  it("keep quotation marks and brackets with their words", () => {
    expect(cuesFor("他说：“走。”“好！”（完）").map((c) => c.text)).toEqual(["他说：“走。”", "“好！”", "（完）"]);
  });
});

it("writes both formats as their readers want them", () => {
  const cues = [
    { from: 0, to: 1.5, text: "A <b> & c --> d" },
    { from: 3661.0004, to: 3662, text: "第二句" },
  ];
  expect(toSrt(cues)).toBe(
    "1\r\n00:00:00,000 --> 00:00:01,500\r\nA <b> & c → d\r\n\r\n2\r\n01:01:01,000 --> 01:01:02,000\r\n第二句\r\n\r\n",
  );
  expect(toVtt(cues)).toBe(
    "WEBVTT\n\n1\n00:00:00.000 --> 00:00:01.500\nA &lt;b> &amp; c → d\n\n2\n01:01:01.000 --> 01:01:02.000\n第二句\n\n",
  );
});

it.skipIf(!hasFfmpeg)("ffmpeg reads the same captions out of both (skipped without ffmpeg)", () => {
  const cues = [
    { from: 0.5, to: 1.75, text: "床前明月光，疑是地上霜。" },
    { from: 2, to: 3661.25, text: "Two lines, because forty-two columns do not hold all of these words." },
  ];
  const read = (kind: "webvtt" | "srt", text: string): unknown[] => {
    const out = new TextDecoder().decode(
      ffmpeg(["-f", kind, "-i", "pipe:0", "-f", "srt", "pipe:1"], new TextEncoder().encode(text)),
    );
    return out.trim().split(/\r?\n\r?\n/).map((block) => block.split(/\r?\n/).slice(1)); // biome-ignore format: one idea
  };
  const wanted = [
    ["00:00:00,500 --> 00:00:01,750", "床前明月光，疑是地上霜。"],
    ["00:00:02,000 --> 01:01:01,250", ...brokenLines(cues[1]!.text, 42)],
  ];
  expect(read("webvtt", toVtt(cues))).toEqual(wanted);
  expect(read("srt", toSrt(cues))).toEqual(wanted);
  expect(wanted[1]).toHaveLength(3);
});
