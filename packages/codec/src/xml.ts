import { badFile } from "./bytes.ts";

/** A tag of an XML text, with its place. */
export interface XmlTag {
  readonly kind: "open" | "close" | "empty";
  /** Qualified name as written. */
  readonly name: string;
  /** Namespace URI of the name; empty without one. */
  readonly ns: string;
  readonly local: string;
  readonly attributes: readonly XmlAttribute[];
  /** Half-open span in UTF-16 code units. */
  readonly start: number;
  readonly end: number;
}
export interface XmlAttribute {
  readonly ns: string;
  readonly local: string;
  /** Entities resolved. */
  readonly value: string;
  /** From the white space before the name to after the closing quote. */
  readonly start: number;
  readonly end: number;
}

const maxLength = 4 * 1024 * 1024;
const maxDepth = 200;
const namePattern = /[^\s=/>"'<&]+/y;

/**
 * The tags of a well-formed XML text in order, namespaces resolved. A DOCTYPE with declarations of its own throws, so
 * entities cannot expand. Throws `bad-file` for anything malformed, over 4 Mi characters, or nested deeper than 200.
 */
export function xmlTags(xml: string): XmlTag[] {
  if (xml.length > maxLength) throw badFile("XML longer than 4 Mi characters");
  const tags: XmlTag[] = [];
  const open: { name: string; scope: ReadonlyMap<string, string> }[] = [];
  const root: ReadonlyMap<string, string> = new Map([["xml", "http://www.w3.org/XML/1998/namespace"]]);
  for (let at = xml.indexOf("<"); at >= 0; at = xml.indexOf("<", at)) {
    const skip = skipped(xml, at);
    if (skip !== undefined) {
      at = skip;
      continue;
    }
    if (xml[at + 1] === "/") {
      const end = xml.indexOf(">", at);
      const name = xml.slice(at + 2, end).trim();
      const top = open.pop();
      if (end < 0 || top === undefined || top.name !== name) throw badFile("XML: a closing tag that closes nothing");
      tags.push({ kind: "close", name, ...resolve(name, top.scope, true), attributes: [], start: at, end: end + 1 });
      at = end + 1;
      continue;
    }
    const scope = open.at(-1)?.scope ?? root;
    const { tag, inner } = startTag(xml, at, scope);
    if (tag.kind === "open") {
      if (open.length >= maxDepth) throw badFile("XML nested too deep");
      open.push({ name: tag.name, scope: inner });
    }
    tags.push(tag);
    at = tag.end;
  }
  if (open.length > 0) throw badFile("XML ends inside an element");
  return tags;
}

function skipped(xml: string, at: number): number | undefined {
  for (const [begin, finish] of [
    ["<!--", "-->"],
    ["<?", "?>"],
    ["<![CDATA[", "]]>"],
  ] as const) {
    if (!xml.startsWith(begin, at)) continue;
    const end = xml.indexOf(finish, at + begin.length);
    if (end < 0) throw badFile("XML ends inside a comment, instruction or CDATA section");
    return end + finish.length;
  }
  if (xml[at + 1] === "!") {
    const declaration = /<!DOCTYPE[^[\]<>]*>/y;
    declaration.lastIndex = at;
    const found = declaration.exec(xml)?.[0];
    if (found === undefined) throw badFile("XML: document type declarations of one's own are not read");
    return at + found.length;
  }
  return undefined;
}

function startTag(
  xml: string,
  start: number,
  outer: ReadonlyMap<string, string>,
): { tag: XmlTag; inner: ReadonlyMap<string, string> } {
  const name = nameAt(xml, start + 1);
  const raw: { name: string; value: string; start: number; end: number }[] = [];
  let at = start + 1 + name.length;
  for (;;) {
    const before = at;
    while (/\s/.test(xml[at] ?? "")) at++;
    if (xml[at] === ">" || xml.startsWith("/>", at)) break;
    const attribute = nameAt(xml, at);
    at += attribute.length;
    while (/\s/.test(xml[at] ?? "")) at++;
    if (xml[at++] !== "=") throw badFile("XML: an attribute without a value");
    while (/\s/.test(xml[at] ?? "")) at++;
    const quote = xml[at];
    const end = quote === '"' || quote === "'" ? xml.indexOf(quote, at + 1) : -1;
    if (end < 0) throw badFile("XML: an attribute without quotes");
    if (before === start + 1 + name.length && !/\s/.test(xml[before] ?? "")) throw badFile("XML: malformed tag");
    raw.push({ name: attribute, value: unescapeXml(xml.slice(at + 1, end)), start: before, end: end + 1 });
    at = end + 1;
  }
  let inner = outer;
  for (const a of raw) {
    const prefix = a.name === "xmlns" ? "" : a.name.startsWith("xmlns:") ? a.name.slice(6) : undefined;
    if (prefix !== undefined) inner = new Map(inner).set(prefix, a.value);
  }
  const kind = xml[at] === ">" ? "open" : "empty";
  const attributes = raw.map((a) => ({ ...resolve(a.name, inner, false), value: a.value, start: a.start, end: a.end }));
  return { tag: { kind, name, ...resolve(name, inner, true), attributes, start, end: at + (kind === "open" ? 1 : 2) }, inner };
}

function nameAt(xml: string, at: number): string {
  namePattern.lastIndex = at;
  const name = namePattern.exec(xml)?.[0];
  if (name === undefined) throw badFile("XML: a name was expected");
  return name;
}

function resolve(name: string, scope: ReadonlyMap<string, string>, isElement: boolean): { ns: string; local: string } {
  const colon = name.indexOf(":");
  if (colon < 0) return { ns: isElement ? (scope.get("") ?? "") : "", local: name };
  return { ns: scope.get(name.slice(0, colon)) ?? "", local: name.slice(colon + 1) };
}

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/** Character data with the five entities and character references resolved; unknown ones stay as written. */
export function unescapeXml(text: string): string {
  return text.replace(/&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(\w+));/g, (whole, hex, decimal, name) => {
    const code = hex !== undefined ? Number.parseInt(hex, 16) : decimal !== undefined ? Number(decimal) : undefined;
    if (code === undefined) return entities[name as string] ?? whole;
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

export function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (c) => `&${Object.keys(entities).find((k) => entities[k] === c)};`);
}
