import type { Decision, Finding, LedgerRow, Mark, Usage } from "@inkseal/core";
import type { Say } from "../locale.ts";
import { words } from "../words.ts";

/** `masked (2 pieces of personal data)`; findings are counted by family, in the words of people. */
export function decisionLine(decision: Pick<Decision, "action"> & { readonly findings: readonly Finding[] }, say: Say): string {
  return `${say(words.action[decision.action])} (${foundLine(decision.findings, say)})`;
}

export function foundLine(findings: readonly Finding[], say: Say): string {
  const families = new Map<string, number>();
  for (const { hazard } of findings) {
    const family = hazard.split(".")[0]!;
    families.set(family, (families.get(family) ?? 0) + 1);
  }
  if (families.size === 0) return say(words.found.nothing);
  const count = (family: string, n: number): string => {
    const of = Object.hasOwn(words.found, family) ? words.found[family as keyof typeof words.found] : words.found.other;
    return say(typeof of === "function" ? of(n) : words.found.other(n));
  };
  return [...families].map(([family, n]) => count(family, n)).join(", ");
}

/** `label gb45438.morse, AIGC metadata, C2PA credentials`. */
export function marksLine(marks: readonly Mark[], say: Say): string {
  return marks.length === 0
    ? say(words.make.noMarks)
    : marks.map((m) => `${say(words.layer[m.layer])} (${m.method})`).join(", ");
}

export function usageLine(usage: Usage): string {
  const parts = [
    usage.inputTokens !== undefined && `${usage.inputTokens} → ${usage.outputTokens ?? 0} tokens`,
    usage.characters !== undefined && `${usage.characters} characters`,
    usage.seconds !== undefined && `${round(usage.seconds)} s`,
    usage.images !== undefined && `${usage.images} images`,
    usage.cost !== undefined && `$${usage.cost.toPrecision(2)}`,
    usage.energy !== undefined && energyOf(usage.energy),
    usage.gramsCo2e !== undefined && `${massOf(usage.gramsCo2e)} CO2e`,
  ];
  return parts.filter((p) => p !== false).join(", ");
}

export const rowLine = (row: LedgerRow, say: Say): string => say(words.make.rowNumber(row.seq, row.hash.slice(0, 16)));
const round = (x: number): string => (x >= 100 ? x.toFixed(0) : x.toPrecision(2));

/** Joules as `0.5 J`, `120 J`, `1.2 kJ`. */
export function energyOf(joules: number): string {
  if (joules < 1000) return `${round(joules)} J`;
  return joules < 1e6 ? `${round(joules / 1000)} kJ` : `${round(joules / 1e6)} MJ`;
}
/** Grams as `3.9 mg`, `1.2 g`, `2.5 kg`. */
export function massOf(grams: number): string {
  if (grams < 1) return `${round(grams * 1000)} mg`;
  return grams < 1000 ? `${round(grams)} g` : `${round(grams / 1000)} kg`;
}

/** 1234567 → `1.2 MB`. */
export function sizeOf(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const power = Math.min(4, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(1)} ${["B", "kB", "MB", "GB", "TB"][power]}`;
}
