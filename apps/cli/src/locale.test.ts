import { describe, expect, it } from "vitest";
import { terminalLocale } from "./locale.ts";

describe("terminalLocale", () => {
  it("goes by --lang, then LC_ALL, LC_MESSAGES, LANG", () => {
    expect(terminalLocale({ LANG: "zh_CN.UTF-8" })).toBe("zh-CN");
    expect(terminalLocale({ LANG: "zh_CN.UTF-8", LC_ALL: "C" })).toBe("en");
    expect(terminalLocale({ LANG: "en_US.UTF-8", LC_MESSAGES: "zh_TW" })).toBe("zh-CN");
    expect(terminalLocale({ LANG: "zh_CN.UTF-8" }, "en")).toBe("en");
    expect(terminalLocale({})).toBe("en");
  });
});
