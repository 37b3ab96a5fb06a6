import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { aigcJson, parseAigc, producedField } from "./field.ts";
import { frontMatterAigc, splitFrontMatter, withFrontMatterAigc } from "./front-matter.ts";

const aigc = aigcJson(producedField('I"N\\K', "art_1", "run_1"));
const inner = (text: string): Record<string, unknown> =>
  parse(splitFrontMatter(text).front.replace(/^---\r?\n|---\r?\n$/g, ""));

test("a YAML parser reads the seven keys, and the rest of the front matter is kept", () => {
  const before = "---\ntitle: 春\nAIGC:\n  Label: '2'\n  ContentProducer: x\ntags: [a]\n---\n# Body\n\n---\nmore\n";
  const after = withFrontMatterAigc(before, aigc);
  expect(inner(after)).toEqual({ title: "春", tags: ["a"], AIGC: JSON.parse(aigc) });
  expect(splitFrontMatter(after).body).toBe("# Body\n\n---\nmore\n");
  expect(frontMatterAigc(splitFrontMatter(after).front).map(parseAigc)).toEqual([parseAigc(aigc)]);
});

test("a front matter that is indented as a whole keeps its keys beside the new one", () => {
  const after = withFrontMatterAigc(
    "---\n# by hand\n  title: 春\n  AIGC:\n    Label: '2'\n  draft:\n    AIGC: no\n---\n",
    aigc,
  );
  expect(inner(after)).toEqual({ title: "春", draft: { AIGC: "no" }, AIGC: JSON.parse(aigc) });
  expect(frontMatterAigc(splitFrontMatter(after).front)).toEqual([aigc]);
  expect(withFrontMatterAigc(after, aigc)).toBe(after);
});

test("any document keeps its body, and writing twice is writing once", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."a-\n\r#: 文AIGC") }), (text) => {
      const once = withFrontMatterAigc(text, aigc);
      expect(once.endsWith(splitFrontMatter(text).body)).toBe(true);
      expect(withFrontMatterAigc(once, aigc)).toBe(once);
      expect(frontMatterAigc(splitFrontMatter(once).front)).toEqual([aigc]);
    }),
    { numRuns: 500 },
  );
});

test("flow style, other quotes and plain numbers are read", () => {
  expect(frontMatterAigc(`---\nAIGC: ${aigc}\n---\n`)).toEqual([aigc]);
  expect(JSON.parse(frontMatterAigc("---\nAIGC:\n  Label: 1\n  ProduceID: 'it''s'\n---\n")[0]!)).toEqual({
    Label: "1",
    ProduceID: "it's",
  });
});
