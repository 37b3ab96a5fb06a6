import { describe, expect, it } from "vitest";
import { inLocale, ownFields } from "./own-controls.ts";

describe("ownFields", () => {
  it("shows what a form can show, in the schema's order", () => {
    const properties = {
      form: { enum: ["七绝", "五律"], description: "Form / 体裁" },
      bars: { type: "integer", minimum: 1, maximum: 64 },
      acrostic: { type: "string" },
      theme: { type: "array", items: { type: "string" } },
      strict: { type: "boolean" },
      tempo: { anyOf: [{ type: "number" }, { type: "string" }] },
      nested: { type: "object" },
    };
    expect(ownFields({ type: "object", properties }).map(({ name, kind }) => `${name}:${kind}`)).toEqual([
      "form:choice",
      "bars:number",
      "acrostic:words",
      "theme:list",
      "strict:switch",
      "tempo:words",
    ]);
    expect(ownFields({ properties })[1]).toMatchObject({ min: 1, max: 64 });
    expect(ownFields(undefined)).toEqual([]);
  });
});

describe("inLocale", () => {
  it("takes the reader's language of a description in two", () => {
    expect(inLocale("Form of the verse / 体裁", "zh-CN")).toBe("体裁");
    expect(inLocale("Form of the verse / 体裁", "en")).toBe("Form of the verse");
    expect(inLocale("Rhyme book: 平水韵 (classical) · 韵书", "en")).toBe("Rhyme book: 平水韵 (classical)");
    expect(inLocale("Rhyme book: 平水韵 (classical) · 韵书", "zh-CN")).toBe("韵书");
    expect(inLocale("只有中文", "en")).toBe("只有中文");
    expect(inLocale("and/or", "zh-CN")).toBe("and/or");
  });
});
