import type { Action, Decision, Hazard, Policy } from "@inkseal/core";
import { jsonSpans, jsonView } from "./json-text.ts";
import { Judge } from "./judge.ts";
import { type Hit, Scanner } from "./scanner.ts";
import { personalData } from "./text/index.ts";

/** What is written in place of a span. */
export interface Cover {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const names: Readonly<Record<string, string>> = {
  "pii.email": "[EMAIL]",
  "pii.phone": "[PHONE]",
  "pii.id": "[ID]",
  "pii.card": "[CARD]",
  "pii.ip": "[IP]",
};

/**
 * What is written in place of a hazard, the same in every language, so that a reader, a model and a program know it
 * again: `[EMAIL]`, `[PHONE]`, `[ID]`, `[CARD]`, `[IP]`, else the last word of the hazard. Never holds a quote.
 */
export const placeholder = (hazard: Hazard): string =>
  names[hazard] ?? `[${(hazard.split(".").pop() as string).toUpperCase().replace(/[^A-Z0-9_-]/g, "_")}]`;

/**
 * What to cover of `hits` (sorted by start), judging each. Every character of every masked match is covered; a match
 * that overlaps the one before it goes under the same cover. `carried`: characters from 0 whose placeholder is
 * already out, which makes a first cover without text.
 */
export function coversOf(hits: readonly Hit[], judge: Judge, carried = 0): Cover[] {
  const covers: Cover[] = carried > 0 ? [{ start: 0, end: carried, text: "" }] : [];
  for (const hit of hits) {
    const last = covers.at(-1);
    const overlaps = last !== undefined && hit.start < last.end;
    // a match within a match says nothing new, unless the policy minds it more than masking
    if (overlaps && hit.end <= last.end && masksOrAllows(judge.actionOf(hit))) continue;
    const action = judge.judge(hit);
    if (action !== "mask" && action !== "rewrite") continue;
    if (overlaps) covers[covers.length - 1] = { ...last, end: Math.max(last.end, hit.end) };
    else covers.push({ start: hit.start, end: hit.end, text: placeholder(hit.hazard) });
  }
  return covers;
}

const masksOrAllows = (action: Action): boolean => action === "allow" || action === "mask" || action === "rewrite";

/** `text` with its covers on. */
export function paint(text: string, covers: readonly Cover[]): string {
  let out = "";
  let at = 0;
  for (const { start, end, text: instead } of covers) {
    out += text.slice(at, start) + instead;
    at = end;
  }
  return out + text.slice(at);
}

/** A whole text, masked as the policy says. The same string when nothing was. */
export function maskWhole(text: string, scanner: Scanner, judge: Judge): string {
  if (scanner.size === 0) judge.fault("there are no text detectors");
  if (!scanner.stirs(text)) return text;
  const covers = coversOf(scanner.scan(text, judge.failed), judge);
  return covers.length === 0 ? text : paint(text, covers);
}

/** The same for the text of a JSON document: what is masked stays JSON, and escapes hide nothing. */
export function maskJsonText(raw: string, scanner: Scanner, judge: Judge): string {
  if (scanner.size === 0) judge.fault("there are no text detectors");
  const view = jsonView(raw);
  if (!scanner.stirs(view.text)) return raw;
  const covers = jsonSpans(raw, view, coversOf(scanner.scan(view.text, judge.failed), judge), false, "");
  return covers.length === 0 ? raw : paint(raw, covers);
}

const defaultScanner = new Scanner(personalData);

/** Masks one text under a policy with the default detectors; for tests, the CLI and the curious. */
export function maskText(text: string, policy: Policy, stage: "in" | "out"): { text: string; decision: Decision } {
  const judge = new Judge(policy, stage);
  return { text: maskWhole(text, defaultScanner, judge), decision: judge.decision() };
}
