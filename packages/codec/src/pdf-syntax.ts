import { badFile, fromLatin1 } from "./bytes.ts";

/** PDF objects as they are written (ISO 32000-2, 7.3), found without being understood: a value is a piece of Latin-1 text. */
const space = /[\0\t\n\f\r ]/;
const regular = /[^\0\t\n\f\r ()<>[\]{}/%]/;
const maxDepth = 64;

/** Offset of the next token: behind white space and comments. */
export function skipSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    while (at < text.length && space.test(text[at] as string)) at++;
    if (text[at] !== "%") return at;
    while (at < text.length && text[at] !== "\n" && text[at] !== "\r") at++;
  }
}

/** Offset behind the value that begins at `from` (white space in front is skipped). References count as one value. Throws `bad-file`. */
export function valueEnd(text: string, from: number, depth = 0): number {
  if (depth > maxDepth) throw badFile("PDF: nested too deep");
  const at = skipSpace(text, from);
  const two = text.slice(at, at + 2);
  if (two === "<<") return listEnd(text, at + 2, ">>", depth);
  if (text[at] === "[") return listEnd(text, at + 1, "]", depth);
  if (text[at] === "(") return stringEnd(text, at);
  if (text[at] === "<") {
    const end = text.indexOf(">", at);
    if (end < 0) throw badFile("PDF ends inside a string");
    return end + 1;
  }
  const reference = /\d+[\0\t\n\f\r ]+\d+[\0\t\n\f\r ]+R(?![^\0\t\n\f\r ()<>[\]{}/%])/y;
  reference.lastIndex = at;
  const found = reference.exec(text);
  if (found !== null) return at + found[0].length;
  let end = text[at] === "/" ? at + 1 : at;
  while (end < text.length && regular.test(text[end] as string)) end++;
  if (end === at) throw badFile("PDF: a value was expected");
  return end;
}

function listEnd(text: string, from: number, close: string, depth: number): number {
  for (let at = skipSpace(text, from); ; at = skipSpace(text, valueEnd(text, at, depth + 1))) {
    if (text.startsWith(close, at)) return at + close.length;
    if (at >= text.length) throw badFile("PDF ends inside an object");
  }
}

function stringEnd(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "(") depth++;
    else if (text[at] === ")" && --depth === 0) return at + 1;
  }
  throw badFile("PDF ends inside a string");
}

/** Keys (without the slash) and values of the dictionary at the start of `text`. Throws `bad-file`. */
export function dictionary(text: string): Map<string, string> {
  let at = skipSpace(text, 0);
  if (!text.startsWith("<<", at)) throw badFile("PDF: a dictionary was expected");
  const out = new Map<string, string>();
  for (at = skipSpace(text, at + 2); !text.startsWith(">>", at); at = skipSpace(text, at)) {
    if (text[at] !== "/") throw badFile("PDF: a key was expected");
    const key = valueEnd(text, at);
    const end = valueEnd(text, key);
    out.set(text.slice(at + 1, key), text.slice(skipSpace(text, key), end));
    at = end;
  }
  return out;
}

export const written = (entries: ReadonlyMap<string, string>): string =>
  `<<${[...entries].map(([k, v]) => `/${k} ${v}`).join("\n")}>>`;

/** Values of an array; a value that is none is an array of one. */
export function elements(text: string): string[] {
  const start = skipSpace(text, 0);
  if (text[start] !== "[") return [text];
  const out: string[] = [];
  for (let at = skipSpace(text, start + 1); text[at] !== "]"; at = skipSpace(text, at)) {
    const end = valueEnd(text, at);
    out.push(text.slice(at, end));
    at = end;
  }
  return out;
}

/** Number of the object that a value refers to; undefined when it is no reference. */
export function referenced(value: string | undefined): number | undefined {
  const found = /^(\d{1,10})\s+\d+\s+R$/.exec(value?.trim() ?? "");
  return found === null ? undefined : Number(found[1]);
}

/** Characters of a literal or hexadecimal string, bytes as Latin-1; undefined for any other value. */
export function stringOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value.startsWith("<") && !value.startsWith("<<")) {
    const hex = value.slice(1, -1).replace(/[^0-9a-fA-F]/g, "");
    return fromLatin1(
      Uint8Array.from({ length: Math.ceil(hex.length / 2) }, (_, i) =>
        Number.parseInt(hex.slice(i * 2, i * 2 + 2).padEnd(2, "0"), 16),
      ),
    );
  }
  if (!value.startsWith("(")) return undefined;
  const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f", "\n": "" };
  return value
    .slice(1, -1)
    .replace(/\\([0-7]{1,3}|\r\n?|[\s\S])/g, (_, c: string) =>
      /^[0-7]/.test(c) ? String.fromCharCode(Number.parseInt(c, 8) & 255) : (escapes[c] ?? c.replace(/^\r\n?$/, "")),
    );
}

/** A literal string of ASCII characters. */
export const literal = (text: string): string => `(${text.replace(/[\\()]/g, "\\$&")})`;
