import { expect, it } from "vitest";
import { localeOfText, pickLocale } from "./locale.ts";

it("picks a locale by preference, and by text", () => {
  expect(pickLocale(["fr", "zh-TW", "en"])).toBe("zh-CN");
  expect(pickLocale(["fr"])).toBe("en");
  expect(localeOfText("人工智能生成的内容应当可以被认出来。")).toBe("zh-CN");
  expect(localeOfText("The word 道 is a single character in English prose")).toBe("en");
  expect(localeOfText("")).toBe("en");
});
