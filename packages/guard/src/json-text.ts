import type { Cover } from "./mask.ts";

/** The characters that a piece of JSON text stands for: escapes decoded, all else as it is. */
export interface JsonView {
  readonly text: string;
  /** Offset in the raw text of each character of `text`, and of its end; absent when they are the same. */
  readonly offsets?: readonly number[];
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" };

/** An escape that is cut off at the end is left out of the view. */
export function jsonView(raw: string): JsonView {
  if (!raw.includes("\\")) return { text: raw };
  let text = "";
  const offsets: number[] = [];
  let i = 0;
  while (i < raw.length) {
    if (raw[i] !== "\\") {
      offsets.push(i);
      text += raw[i++];
      continue;
    }
    const kind = raw[i + 1];
    const length = kind === "u" ? 6 : 2;
    if (i + length > raw.length) break;
    offsets.push(i);
    const code = kind === "u" ? Number.parseInt(raw.slice(i + 2, i + 6), 16) : Number.NaN;
    text += Number.isNaN(code) ? (escapes[kind as string] ?? (kind as string)) : String.fromCharCode(code);
    i += length;
  }
  offsets.push(i);
  return { text, offsets };
}

/** Offset in the raw text of offset `i` in the view. */
export const rawOffset = (view: JsonView, i: number): number => (view.offsets === undefined ? i : (view.offsets[i] as number));

/** Whether JSON text that began inside (or outside) a string ends inside one. */
export function endsInString(raw: string, inString: boolean): boolean {
  let inside = inString;
  for (let i = 0; i < raw.length; i++) {
    const c = raw.charCodeAt(i);
    if (c === 34) inside = !inside;
    else if (c === 92) i++;
  }
  return inside;
}

/**
 * Covers of a view as covers of the raw text such that JSON stays JSON: inside a string the placeholder goes in as it
 * is, the quotes stay; a bare number becomes a string. A negative number is nobody's number and stays.
 *
 * `before` is what precedes `raw` (its last character counts).
 */
export function jsonSpans(raw: string, view: JsonView, covers: readonly Cover[], inString: boolean, before: string): Cover[] {
  const spans: Cover[] = [];
  let at = 0;
  let inside = inString;
  for (const cover of covers) {
    const end = rawOffset(view, cover.end);
    let from = rawOffset(view, cover.start);
    inside = endsInString(raw.slice(at, from), inside);
    let placeholder = cover.text;
    while (from < end) {
      let to = from;
      while (to < end && raw[to] !== '"') to += raw[to] === "\\" ? 2 : 1;
      to = Math.min(to, end);
      if (inside && to > from) {
        spans.push({ start: from, end: to, text: placeholder });
        placeholder = "";
      } else if (!inside) {
        for (const number of raw.slice(from, to).matchAll(/\d[\d.eE+-]*/g)) {
          const start = from + number.index;
          if ((start > 0 ? raw[start - 1] : before.at(-1)) === "-") continue;
          spans.push({ start, end: start + number[0].length, text: placeholder === "" ? "" : `"${placeholder}"` });
        }
      }
      if (to < end) inside = !inside; // over the quote
      from = to + 1;
    }
    at = end;
  }
  return spans;
}
