import type { Budget } from "./contract.ts";

/** What a key used within one period. */
export interface Spend {
  /** `2026-11-23`, `2026-11` or `total`; empty before the first. Periods of one key compare as text. */
  readonly period: string;
  readonly tokens: number;
  readonly cost: number;
  readonly energy: number;
}

export const noSpend: Spend = Object.freeze({ period: "", tokens: 0, cost: 0, energy: 0 });

/** The calendar period (UTC) that `now`, in milliseconds since 1970, falls in. */
export function periodOf(budget: Budget | undefined, now: number): string {
  if (budget === undefined || budget.period === "total") return "total";
  return new Date(now).toISOString().slice(0, budget.period === "day" ? 10 : 7);
}

/** The sum within the later of the two periods: a new period starts from nothing. */
export function addSpend(a: Spend, b: Spend | undefined): Spend {
  if (b === undefined || a.period > b.period) return a;
  if (a.period < b.period) return b;
  return { period: a.period, tokens: a.tokens + b.tokens, cost: a.cost + b.cost, energy: a.energy + b.energy };
}

/** Which limit is reached, in words, or undefined. */
export function overBudget(budget: Budget, spent: Omit<Spend, "period">): string | undefined {
  for (const kind of ["tokens", "cost", "energy"] as const) {
    const limit = budget[kind];
    if (limit !== undefined && spent[kind] >= limit)
      return `the key's budget of ${limit} ${units[kind]} (${budget.period}) is used up: ${Number(spent[kind].toFixed(6))} spent`;
  }
  return undefined;
}
const units = { tokens: "tokens", cost: "US dollars", energy: "joules" } as const;
