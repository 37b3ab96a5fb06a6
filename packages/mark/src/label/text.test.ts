import fc from "fast-check";
import { expect, test } from "vitest";
import { cornerLabel, labelText, readTextLabel, textLabels, withoutTextLabels } from "./text.ts";

test("labels name the AI element and the generation element (5.1)", () => {
  expect(textLabels["zh-CN"]).toMatch(/人工智能.*生成/);
  expect(textLabels.en).toMatch(/AI.*generated/);
});

test("a labelled text contains the text, says so once, and is found", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("head", "tail"),
      fc.constantFrom("zh-CN", "en"),
      (text, where, locale) => {
        const out = labelText(text, where as "head", locale as "en");
        expect(out).toContain(text);
        expect(readTextLabel(out)?.text).toBe(textLabels[locale as "en"]);
        if (text.trim() !== "") expect(readTextLabel(out)?.where).toBe(where);
        if (text.trim() !== "") expect(labelText(out, where as "head", locale as "en")).toBe(out);
      },
    ),
  );
});

test("words about AI in the middle are no label", () => {
  expect(readTextLabel("Is this (AI-generated content) or not?")).toBeUndefined();
});

const prose = "One day it rained. The cat slept.\n\nThen came the sun.\n\nThe cat went out, and nobody saw it again.\n";

test("in the middle: between the paragraphs, or the sentences, that are nearest to it", () => {
  const out = labelText(prose, "middle", "en");
  expect(out.split("\n\n")).toEqual([
    "One day it rained. The cat slept.",
    "Then came the sun.",
    textLabels.en,
    "The cat went out, and nobody saw it again.\n",
  ]);
  expect(readTextLabel(out)).toEqual({ where: "middle", form: "words", text: textLabels.en });
  expect(labelText(out, "middle", "en")).toBe(out);
  expect(labelText("春眠不觉晓。处处闻啼鸟。", "middle", "zh-CN")).toBe(
    `春眠不觉晓。\n\n${textLabels["zh-CN"]}\n\n处处闻啼鸟。`,
  );
  expect(readTextLabel(labelText("one word", "middle", "en"))?.where).toBe("tail");
});

test("a corner mark is raised letters at the words, wherever it stands, and goes without a trace", () => {
  expect(labelText(prose, "tail", "en", "corner").endsWith(`again.${cornerLabel}\n`)).toBe(true);
  expect(labelText(prose, "head", "zh-CN", "corner").startsWith(`${cornerLabel}One`)).toBe(true);
  expect(labelText(prose, "middle", "en", "corner")).toContain(`sun.${cornerLabel}\n\nThe`);
  for (const where of ["head", "middle", "tail"] as const) {
    const out = labelText(prose, where, "en", "corner");
    expect(readTextLabel(out)).toEqual({ where, form: "corner", text: cornerLabel });
    expect(labelText(out, where, "en", "corner")).toBe(out);
    expect(withoutTextLabels(out)).toBe(prose);
  }
  expect(readTextLabel(labelText("春眠不觉晓。处处闻啼鸟。", "middle", "zh-CN", "corner"))?.where).toBe("middle");
});
