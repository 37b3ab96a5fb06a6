import { utf8 } from "@inkseal/codec";
import { describe, expect, it } from "vitest";
import { cleared, policy, provenance, withMarks } from "../../test/fixtures.ts";
import { createMarker } from "../index.ts";
import { isScene, labelScene, sceneIn, withoutScene } from "./scene.ts";

const game = "<!DOCTYPE html><html><head></head><body><canvas></canvas><script>play()</script></body></html>";
const marker = createMarker({ producer: { code: "X" } });
const sealed = async (html: string, marks = policy) => {
  const { bytes, marks: put } = await marker.seal(cleared("text/html", utf8(html)), marks, provenance);
  const label = (await marker.read(bytes)).layers.find((l) => l.layer === "label");
  return { text: new TextDecoder().decode(bytes), method: put.find((m) => m.layer === "label")?.method, label };
};

describe("a page that is used rather than read", () => {
  it.each([
    "<canvas id=c></canvas>",
    "<script>x()</script>",
    '<script src="a.js" defer></script>',
    "<script type=module>x</script>",
    "<script type='text/javascript'>x</script>",
    "<FORM action=x><input></FORM>",
    '<p onclick="x()">press</p>',
  ])("is one with %s", (html) => expect(isScene(`<p>a</p>${html}`)).toBe(true));
  it.each([
    "<p>once = 5, on x = 1</p>",
    '<script type="application/ld+json">{}</script>',
    '<script type="application/c2pa">AA</script>',
    "<!-- <script>x()</script> --><p>a</p>",
    "<!-- <canvas>",
    "<canvasser>",
  ])("is none with %s", (html) => expect(isScene(`<p>a</p>${html}`)).toBe(false));

  it("gets a start page and a corner mark at the end of its body, once, and the rest stays", async () => {
    const { text, method, label } = await sealed(game);
    expect([method, label?.status, label?.data]).toEqual([
      "gb45438.scene",
      "valid",
      { form: "words", text: "（本内容由人工智能生成）" },
    ]);
    expect(text).toMatch(
      /<\/script><ai-label lang="zh-CN"><template shadowrootmode="open">.*<\/template><\/ai-label><\/body><\/html>$/,
    );
    expect(text).toContain("<details open");
    expect(text).toContain(">AI生成</span>");
    expect(withoutScene(labelScene(game, "en", "words"))).toBe(game);
    const again = await sealed(text, withMarks({ language: "en" }));
    expect(again.text.match(/<ai-label/g)).toHaveLength(1);
    expect(again.label?.data).toEqual({ form: "words", text: "(AI-generated content)" });
  });
  it("as a corner mark alone, or bare, where the policy says so", async () => {
    const corner = await sealed(game, withMarks({ textForm: "corner" }));
    expect([corner.text.includes("<details"), corner.label?.data]).toEqual([false, { form: "corner", text: "AI生成" }]);
    const none = await sealed(game, withMarks({ text: "none" }));
    expect([none.method, none.label?.status]).toEqual([undefined, "absent"]);
  });
  it("has no end, no body, or no end of a label", () => {
    expect(labelScene("<canvas>", "en", "words")).toMatch(/^<canvas><ai-label /);
    expect(sceneIn("<ai-label >（本内容由人工智能生成）")).toBeUndefined();
    expect(sceneIn("<ai-label lang=x><p>other words</p></ai-label>")).toBeUndefined();
    // in linear time
    expect(isScene("<!--".repeat(300_000))).toBe(false);
    expect(isScene("<a ".repeat(300_000))).toBe(false);
    expect(isScene("<script ".repeat(300_000))).toBe(false);
  });
});
