import type { Say } from "../locale.ts";
import { sizeOf } from "../make/summary.ts";
import { labWords as w } from "../words-lab.ts";

/** 1234567 → `1.23 M`, 950 → `950`. */
export function countOf(n: number): string {
  if (n < 1000) return String(Math.round(n));
  const power = Math.min(3, Math.floor(Math.log10(n) / 3));
  return `${(n / 1000 ** power).toPrecision(3)} ${["", "k", "M", "G"][power]}`;
}
export const bytesOf = (bytes: number): string => sizeOf(Math.round(bytes));
/** 0.0123 → `+1.2 %`. */
export const shareOf = (share: number): string => `${share < 0 ? "" : "+"}${(100 * share).toFixed(1)} %`;
/** `1.4697 nats` of models whose evaluation is a likelihood of tokens; others have losses of their own. */
export const heldOut = (loss: number, kind: string, say: Say): string =>
  kind === "gpt" || kind === "bert" ? say(w.train.nats(loss.toFixed(4))) : loss.toFixed(4);
