import { fromUtf8, parseZip, unescapeXml, type Zip, zipData } from "@inkseal/codec";
import { documentWords } from "./ooxml.ts";

/** Of slides and sheets: bytes that one unpacks to, and all of them. */
const limits = { part: 4 * 1024 * 1024, all: 16 * 1024 * 1024 };

/** What is read in a text document, on slides and in sheets, a paragraph or a cell a line. Undefined for what is none. Throws `bad-file`. */
export function officeWords(bytes: Uint8Array): string | undefined {
  const zip = parseZip(bytes);
  const parts = partsOf(bytes, zip);
  const slides = parts(/^ppt\/slides\/slide(\d+)\.xml$/);
  if (slides.length > 0) return slides.map((xml) => shown(xml, /<(?:\w+:)?br\b[^<>]*>|<\/(?:\w+:)?p>/g)).join("\n");
  const sheets = parts(/^xl\/worksheets\/sheet(\d+)\.xml$/);
  if (sheets.length === 0) return documentWords(bytes);
  const [strings = ""] = parts(/^xl\/sharedStrings()\.xml$/);
  const shared = strings
    .split(/<(?:\w+:)?si(?=[\s/>])/)
    .slice(1)
    .map((item) => shown(`<${item}`));
  return sheets.flatMap((xml) => cells(xml, shared)).join("\n");
}

/** Parts by name, in the order of the number in it. */
function partsOf(bytes: Uint8Array, { entries, ...zip }: Zip): (name: RegExp) => string[] {
  let left = limits.all;
  return (name) => {
    const numbered = entries.flatMap((entry) => {
      const found = name.exec(entry.name);
      return found === null ? [] : [{ name: entry.name, number: Number(found[1]) }];
    });
    numbered.sort((a, b) => a.number - b.number);
    return numbered.flatMap((entry) => {
      const data = left <= 0 ? undefined : zipData(bytes, { entries, ...zip }, entry.name, limits.part);
      left -= data?.length ?? 0;
      return (data && fromUtf8(data)) ?? [];
    });
  };
}

/** Text without tags. A tag ends where the next begins: what is never closed takes no longer. */
const shown = (xml: string, breaks?: RegExp): string =>
  unescapeXml((breaks === undefined ? xml : xml.replace(breaks, "\n")).replace(/<[^<>]*>/g, ""));

/** What stands in the cells of a sheet (ISO 29500-1, 18.3.1.4): strings, shared or its own, and values as they are written. */
const cells = (xml: string, shared: readonly string[]): string[] =>
  xml
    .split(/<(?:\w+:)?c(?=[\s/>])/)
    .slice(1)
    .map((cell) => {
      const type = /^[^<>]*\st="(\w+)"/.exec(cell)?.[1];
      if (type === "inlineStr") return shown(`<${cell}`);
      const value = /<(?:\w+:)?v(?:\s[^<>]*)?>([^<]*)</.exec(cell)?.[1] ?? "";
      return type === "s" ? (shared[Number(value)] ?? "") : unescapeXml(value);
    });
