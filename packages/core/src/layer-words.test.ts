import { expect, test } from "vitest";
import { layerMeaning } from "./layer-words.ts";
import { LayerVerdict } from "./verdict.ts";

const { layer, status } = LayerVerdict.shape;

test("every verdict has Chinese words, English ones are its own, and what is wrong is quoted", () => {
  for (const l of layer.options)
    for (const s of status.options) {
      const verdict = { layer: l, method: "m", status: s, detail: "a.code: why", data: {} };
      const said = layerMeaning(verdict, "zh-CN");
      expect(said).toMatch(/^\P{Script=Latin}*\p{Script=Han}/u);
      expect(said.endsWith("（a.code: why）")).toBe(s === "invalid" || s === "untrusted");
      expect(layerMeaning(verdict, "en")).toBe("a.code: why");
    }
});

test("a watermark that was measured says how seldom chance does as much", () => {
  const verdict = {
    layer: "watermark",
    method: "inkseal.audio.1",
    status: "valid",
    detail: "",
    data: { chance: 3.2e-9 },
  } as const;
  expect(layerMeaning(verdict, "zh-CN")).toContain("小于 3e-9");
});
