import type { Finding } from "@inkseal/core";
import { expect, it } from "vitest";
import { sayIn } from "../locale.ts";
import { decisionLine, sizeOf, usageLine } from "./summary.ts";

const finding = (hazard: Finding["hazard"]): Finding => ({ hazard, detector: "test", score: 1, stage: "in" });

it("counts findings by family, in both languages", () => {
  const findings = [finding("pii.email"), finding("pii.phone"), finding("security.injection")];
  expect(decisionLine({ action: "mask", findings }, sayIn("en"))).toBe(
    "masked (2 pieces of personal data, 1 sign of an attack)",
  );
  expect(decisionLine({ action: "mask", findings }, sayIn("zh-CN"))).toBe("已遮盖 (2 处个人信息, 1 处攻击迹象)");
  expect(decisionLine({ action: "allow", findings: [] }, sayIn("en"))).toBe("allowed (nothing found)");
  expect(decisionLine({ action: "allow", findings: [finding("new.kind" as Finding["hazard"])] }, sayIn("en"))).toBe(
    "allowed (1 finding)",
  );
});

it("says only what is known of the usage, and sizes in three digits", () => {
  expect(usageLine({})).toBe("");
  expect(usageLine({ inputTokens: 12, outputTokens: 34, cost: 0.000123, energy: 250.4, gramsCo2e: 0.0334 })).toBe(
    "12 → 34 tokens, $0.00012, 250 J, 33 mg CO2e",
  );
  expect([0, 999, 1000, 196_652, 2.5e9].map(sizeOf)).toEqual(["0 B", "999 B", "1.0 kB", "196.7 kB", "2.5 GB"]);
});
