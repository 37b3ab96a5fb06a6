import { type Chunk, PolicySchema } from "@inkseal/core";
import { expect, test } from "vitest";
import { createGuard, defaultDetectors, type TextDetector } from "./index.ts";

// This detector is the example of docs/guard.md; change both.
const badge = /\bEMP-\d{5}\b/g;
const employeeNumber: TextDetector = {
  name: "employee-number",
  needs: /-/,
  scan: (text) =>
    [...text.matchAll(badge)].map((m) => ({
      hazard: "pii.employee",
      start: m.index,
      end: m.index + m[0].length,
      score: 0.9,
      evidence: "employee number",
    })),
  // the longest match is 9 characters, and 1 more says where it ends: a start of it among the last 9 must wait
  holdFrom(text) {
    const from = Math.max(0, text.length - 9);
    const start = text.slice(from).search(/\b(?:E|EM|EMP|EMP-\d{0,5})$/);
    return start < 0 ? text.length : from + start;
  },
};

test("the example of docs/guard.md", () => {
  const guard = createGuard({ detectors: { ...defaultDetectors, text: [...defaultDetectors.text, employeeNumber] } });
  const gate = guard.open(PolicySchema.parse({ name: "staff" }));
  const out: Chunk[] = [];
  for (const text of ["Ask EM", "P-12", "345 or EMP-9", "99999, please."]) out.push(...gate.push([{ index: 0, text }]));
  out.push(...gate.end());
  expect(out.map((c) => c.text).join("")).toBe("Ask [EMPLOYEE] or EMP-999999, please.");
});
