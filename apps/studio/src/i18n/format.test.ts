import type { Finding } from "@inkseal/core";
import { describe, expect, it } from "vitest";
import { formatClock, formatSize, formatSpan, mediumOf, sayFindings, sayHazard } from "./format.ts";

const finding = (hazard: Finding["hazard"]): Finding => ({ hazard, detector: "d", score: 1, stage: "in" });

describe("sayFindings", () => {
  const two = [finding("pii.phone"), finding("pii.email")];
  it("counts by family and says what became of them", () => {
    expect(sayFindings(two, "mask", "en")).toEqual(["2 personal data spans were masked"]);
    expect(sayFindings(two, "mask", "zh-CN")).toEqual(["2 处个人信息已遮盖"]);
    expect(sayFindings([finding("pii.phone")], "mask", "en")).toEqual(["1 personal data span was masked"]);
    expect(sayFindings(two, "found", "zh-CN")).toEqual(["发现 2 处个人信息"]);
  });
  it("gives each family its own sentence, strangers too", () => {
    expect(
      sayFindings([...two, finding("security.injection"), finding("new.thing" as Finding["hazard"])], "allow", "en"),
    ).toEqual([
      "2 personal data spans were noted and let through",
      "1 sign of an attack was noted and let through",
      "1 finding was noted and let through",
    ]);
  });
  it("says nothing of nothing", () => expect(sayFindings([], "allow", "en")).toEqual([]));
});

it("names hazards, and leaves unknown ones as they are", () => {
  expect(sayHazard("pii.email", "zh-CN")).toBe("邮箱");
  expect(sayHazard("pii.passport", "en")).toBe("pii.passport");
});

it("says sizes and times as people do", () => {
  expect(formatSize(999, "en")).toBe("999 bytes");
  expect(formatSize(132_344, "en")).toBe("132.3 kB");
  expect(formatSpan(420, "en")).toBe("420 ms");
  expect(formatSpan(1500, "zh-CN")).toBe("1.5 秒");
  expect(formatSpan(65_000, "en")).toBe("1 min 5 s");
  expect(formatClock(65.4)).toBe("1:05");
  expect(formatClock(Number.NaN)).toBe("0:00");
});

it("sorts media types into what people see or hear", () => {
  expect(["audio/wav", "image/png", "text/plain; charset=utf-8", "application/json", "application/pdf"].map(mediumOf)).toEqual([
    "audio",
    "image",
    "text",
    "text",
    "other",
  ]);
});
