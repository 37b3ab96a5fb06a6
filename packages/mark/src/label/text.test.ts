import fc from "fast-check";
import { expect, test } from "vitest";
import { labelText, readTextLabel, textLabels } from "./text.ts";

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
