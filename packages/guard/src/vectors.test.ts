import { readFileSync } from "node:fs";
import { defaultPolicy } from "@inkseal/core";
import { expect, test } from "vitest";
import { maskText } from "./mask.ts";

interface Vector {
  readonly text: string;
  readonly spans: readonly (readonly [hazard: string, start: number, end: number])[];
}
const vectors = JSON.parse(readFileSync(new URL("../vectors/personal-data.json", import.meta.url), "utf8")) as Vector[];

test("labelled vectors: every kind at 0.95 precision and recall or better", () => {
  const table: Record<string, { right: number; wrong: number; missed: number }> = {};
  const misses: string[] = [];
  const of = (h: string) => (table[h] ??= { right: 0, wrong: 0, missed: 0 });
  for (const { text, spans } of vectors) {
    const found = maskText(text, defaultPolicy, "in")
      .decision.findings.filter((f) => f.score >= 0.5)
      .map((f) => [f.hazard, f.span?.start, f.span?.end].join());
    const wanted = spans.map((s) => s.join());
    for (const w of wanted) {
      if (found.includes(w)) of(w.split(",")[0] as string).right++;
      else {
        of(w.split(",")[0] as string).missed++;
        misses.push(`missed ${w}: ${text}`);
      }
    }
    for (const f of found.filter((f) => !wanted.includes(f))) {
      of(f.split(",")[0] as string).wrong++;
      misses.push(`wrong ${f}: ${text}`);
    }
  }
  for (const line of misses) console.log(line);
  const rates = Object.entries(table).map(([hazard, { right, wrong, missed }]) => ({
    hazard,
    labelled: right + missed,
    precision: right / (right + wrong),
    recall: right / (right + missed),
  }));
  for (const r of rates)
    console.log(`${r.hazard}: ${r.labelled} labelled, precision ${r.precision.toFixed(3)}, recall ${r.recall.toFixed(3)}`);
  expect(vectors.length).toBeGreaterThan(150);
  expect(rates.map((r) => r.hazard).sort()).toEqual(["pii.card", "pii.email", "pii.id", "pii.ip", "pii.phone"]);
  for (const rate of rates) {
    expect(rate.precision, rate.hazard).toBeGreaterThanOrEqual(0.95);
    expect(rate.recall, rate.hazard).toBeGreaterThanOrEqual(0.95);
  }
});
