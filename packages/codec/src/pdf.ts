import { badFile, concat, fromLatin1, latin1 } from "./bytes.ts";
import { inflateUpTo } from "./inflate.ts";
import { dictionary, elements, referenced, skipSpace, valueEnd } from "./pdf-syntax.ts";

/** A PDF file (ISO 32000-2) by its cross-reference sections, newest first; objects are read when asked for. */
export interface Pdf {
  readonly trailer: ReadonlyMap<string, string>;
  /** The newest section is a stream (7.5.8), so the next one has to be, too. */
  readonly streamed: boolean;
  readonly startxref: number;
  /** An object's text up to its stream, if it has one. Undefined when there is none of this number. */
  object(number: number): string | undefined;
  /** Bytes of an object's stream as they stand, and their offset; undefined without. */
  stream(number: number): { readonly data: Uint8Array; readonly offset: number } | undefined;
}

/** Where an object is: at an offset, or the `index`-th in an object stream. */
type Entry = { readonly offset: number } | { readonly inside: number; readonly index: number };

const maxSections = 1000;
const maxObjects = 2_000_000;
/** Bytes that an object stream unpacks to; a few hundred objects are usual in one. */
const maxStream = 16 * 1024 * 1024;

/** Throws `bad-file`, also for encrypted files: nothing can be added to them without their key. */
export function parsePdf(file: Uint8Array): Pdf {
  const text = fromLatin1(file);
  if (!text.startsWith("%PDF-")) throw badFile("not a PDF");
  const tail = /startxref\s+(\d{1,10})\s+%%EOF/y;
  // whatever follows the last section is ignored, but not for longer than readers do (annex H)
  tail.lastIndex = Math.max(text.lastIndexOf("startxref"), text.length - 2048);
  const found = tail.exec(text);
  if (found === null) throw badFile("PDF without startxref");
  const startxref = Number(found[1]);
  const entries = new Map<number, Entry>();
  let trailer: Map<string, string> | undefined;
  let streamed = false;
  const seen = new Set<number>();
  // of all cross-reference streams together, repeated rows too: no object takes less than a byte, packed or not
  const budget = { rows: Math.min(maxObjects, file.length) };
  for (const queue = [startxref]; queue.length > 0; ) {
    const at = queue.shift() as number;
    if (seen.has(at) || seen.size > maxSections) continue;
    seen.add(at);
    const isTable = text.startsWith("xref", skipSpace(text, at));
    const section = isTable ? table(text, at, entries) : crossStream(file, text, at, entries, budget);
    if (trailer === undefined) [trailer, streamed] = [section, !isTable];
    for (const key of ["XRefStm", "Prev"]) {
      const next = Number(section.get(key) ?? Number.NaN);
      if (Number.isInteger(next) && next > 0 && next < file.length) queue.push(next);
    }
  }
  if (trailer === undefined || referenced(trailer.get("Root")) === undefined) throw badFile("PDF without a catalog");
  if (trailer.has("Encrypt")) throw badFile("PDF: encrypted files are not read");
  const headAt = (number: number): { start: number; end: number } | undefined => {
    const entry = entries.get(number);
    return entry === undefined || !("offset" in entry) ? undefined : span(text, entry.offset, number);
  };
  /** An object that stands in the file itself: lengths and object streams do, so that none can lead back to itself. */
  const direct = (number: number): string | undefined => {
    const head = headAt(number);
    return head && text.slice(head.start, head.end);
  };
  const stream = (number: number): { data: Uint8Array; offset: number } | undefined => {
    const head = headAt(number);
    return head && streamAt(file, text, head, direct);
  };
  const object = (number: number): string | undefined => {
    const entry = entries.get(number);
    if (entry === undefined || !("inside" in entry)) return direct(number);
    const [head, raw] = [direct(entry.inside), stream(entry.inside)];
    return head === undefined || raw === undefined ? undefined : compressed(raw.data, dictionary(head), entry.index);
  };
  return { trailer, streamed, startxref, object, stream };
}

/** The value of `number generation obj` at an offset. */
function span(text: string, offset: number, number: number): { start: number; end: number } | undefined {
  const head = /(\d+)\s+\d+\s+obj/y;
  head.lastIndex = skipSpace(text, offset);
  const found = head.exec(text);
  if (found === null || Number(found[1]) !== number) return undefined;
  const start = head.lastIndex;
  return { start, end: valueEnd(text, start) };
}

function streamAt(
  file: Uint8Array,
  text: string,
  head: { start: number; end: number },
  object: (n: number) => string | undefined,
): { data: Uint8Array; offset: number } | undefined {
  const at = skipSpace(text, head.end);
  if (!text.startsWith("stream", at)) return undefined;
  const offset = at + 6 + (text[at + 6] === "\r" ? 2 : 1);
  const value = dictionary(text.slice(head.start, head.end)).get("Length") ?? "";
  const target = referenced(value);
  const length = Number(target === undefined ? value : object(target)?.trim());
  if (!Number.isInteger(length) || length < 0 || offset + length > file.length) throw badFile("PDF: a stream of no length");
  return { data: file.subarray(offset, offset + length), offset };
}

/** 7.5.4; gives the trailer. Entries that are known already are newer. */
function table(text: string, from: number, entries: Map<number, Entry>): Map<string, string> {
  let at = skipSpace(text, from) + 4;
  const line = /\s*(\d{1,10})\s+(\d{1,10})(?:\s+([nf]))?/y;
  for (;;) {
    line.lastIndex = at;
    const head = line.exec(text);
    if (head === null) break;
    at = line.lastIndex;
    const [first, count] = [Number(head[1]), Number(head[2])];
    if (count > maxObjects || count > text.length / 18) throw badFile("PDF: a table larger than its file");
    for (let i = 0; i < count; i++) {
      line.lastIndex = at;
      const entry = line.exec(text);
      if (entry === null || entry[3] === undefined) throw badFile("PDF: a table that ends early");
      at = line.lastIndex;
      if (!entries.has(first + i) && entry[3] === "n") entries.set(first + i, { offset: Number(entry[1]) });
    }
  }
  at = skipSpace(text, at);
  if (!text.startsWith("trailer", at)) throw badFile("PDF: a table without trailer");
  return dictionary(text.slice(at + 7, valueEnd(text, at + 7)));
}

/** 7.5.8: rows of fields whose widths `W` gives; gives the stream's dictionary. */
function crossStream(
  file: Uint8Array,
  text: string,
  from: number,
  entries: Map<number, Entry>,
  budget: { rows: number },
): Map<string, string> {
  const head = /\d+\s+\d+\s+obj/y;
  head.lastIndex = skipSpace(text, from);
  if (head.exec(text) === null) throw badFile("PDF: no cross-reference where one should be");
  const start = head.lastIndex;
  const end = valueEnd(text, start);
  const dict = dictionary(text.slice(start, end));
  const raw = streamAt(file, text, { start, end }, () => undefined);
  if (raw === undefined || dict.get("Type") !== "/XRef") throw badFile("PDF: no cross-reference where one should be");
  const widths = elements(dict.get("W") ?? "").map(Number);
  const [a = 0, b = 0, c = 0] = widths;
  const width = a + b + c;
  if (widths.length !== 3 || widths.some((w) => !(w >= 0 && w <= 8)) || width === 0)
    throw badFile("PDF: a cross-reference of no width");
  const index = elements(dict.get("Index") ?? `[0 ${dict.get("Size")}]`).map(Number);
  const count = index.reduce((sum, n, i) => sum + (i % 2 === 1 ? n : 0), 0);
  budget.rows -= count;
  if (!(count >= 0 && budget.rows >= 0)) throw badFile("PDF: cross-references to more objects than a file has");
  // a predictor takes a byte of each row; a little more than the rows may stand behind them
  const rows = decoded(raw.data, dict, count * (width + 1) + 4096);
  const number = (at: number, n: number): number => rows.subarray(at, at + n).reduce((v, x) => v * 256 + x, 0);
  let at = 0;
  for (let i = 0; i + 1 < index.length; i += 2) {
    for (let n = 0; n < (index[i + 1] as number) && at + width <= rows.length; n++, at += width) {
      const kind = a === 0 ? 1 : number(at, a);
      const id = (index[i] as number) + n;
      if (entries.has(id)) continue;
      if (kind === 1) entries.set(id, { offset: number(at + a, b) });
      if (kind === 2) entries.set(id, { inside: number(at + a, b), index: number(at + a + b, c) });
    }
  }
  return dict;
}

/** A stream of at most `limit` bytes without its filter: none, or Flate with or without the PNG predictor "up" and its kin (7.4.4). */
function decoded(data: Uint8Array, dict: ReadonlyMap<string, string>, limit: number): Uint8Array {
  const filters = dict.get("Filter");
  if (filters === undefined) return data;
  if (elements(filters).join() !== "/FlateDecode") throw badFile("PDF: a cross-reference in a filter that is not read");
  const plain = inflateUpTo(data, limit);
  const parameters = elements(dict.get("DecodeParms") ?? "<<>>")[0] ?? "<<>>";
  const known = parameters.startsWith("<<") ? dictionary(parameters) : new Map<string, string>();
  if (Number(known.get("Predictor") ?? 1) < 10) return plain;
  return unpredicted(plain, Number(known.get("Columns") ?? 1));
}

/** PNG filters over rows of single bytes (PNG, clause 9). */
function unpredicted(data: Uint8Array, columns: number): Uint8Array {
  if (!(columns > 0 && columns < 1024)) throw badFile("PDF: rows of no width");
  const rows = Math.floor(data.length / (columns + 1));
  const out = new Uint8Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    const filter = data[r * (columns + 1)];
    for (let c = 0; c < columns; c++) {
      const left = c > 0 ? (out[r * columns + c - 1] as number) : 0;
      const up = r > 0 ? (out[(r - 1) * columns + c] as number) : 0;
      const corner = c > 0 && r > 0 ? (out[(r - 1) * columns + c - 1] as number) : 0;
      const [p, q, s] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
      const paeth = p <= q && p <= s ? left : q <= s ? up : corner;
      const guess = [0, left, up, (left + up) >> 1, paeth][filter ?? 0] ?? 0;
      out[r * columns + c] = (data[r * (columns + 1) + 1 + c] as number) + guess;
    }
  }
  return out;
}

/** An object of an object stream (7.5.7). */
function compressed(data: Uint8Array, dict: ReadonlyMap<string, string>, index: number): string | undefined {
  const text = fromLatin1(decoded(data, dict, maxStream));
  const first = Number(dict.get("First"));
  const numbers = text.slice(0, first).trim().split(/\s+/).map(Number);
  const at = first + (numbers[index * 2 + 1] ?? Number.NaN);
  return Number.isInteger(at) && at < text.length ? text.slice(at, valueEnd(text, at)) : undefined;
}

/** A new or changed object. */
export interface PdfObject {
  readonly number: number;
  /** Value, as it is written; a stream's dictionary needs its `Length`. */
  readonly value: string;
  readonly stream?: Uint8Array;
}

/** The file with an incremental update (7.5.6) behind it: nothing of it changes, later objects win. Offsets of streams come back in order. */
export function updatePdf(
  file: Uint8Array,
  pdf: Pdf,
  objects: readonly PdfObject[],
  trailer: ReadonlyMap<string, string> = new Map(),
): { readonly file: Uint8Array; readonly streams: readonly number[] } {
  const parts: Uint8Array[] = [file, latin1("\n")];
  let length = file.length + 1;
  const push = (bytes: Uint8Array): void => {
    parts.push(bytes);
    length += bytes.length;
  };
  const streams: number[] = [];
  const places: [number: number, offset: number][] = [];
  for (const o of objects) {
    places.push([o.number, length]);
    push(latin1(`${o.number} 0 obj\n${o.value}\n`));
    if (o.stream !== undefined) {
      push(latin1("stream\n"));
      streams.push(length);
      push(o.stream);
      push(latin1("\nendstream\n"));
    }
    push(latin1("endobj\n"));
  }
  const at = length;
  const size = Math.max(nextNumber(pdf), ...objects.map((o) => o.number + 1));
  const kept = ["Root", "Info", "ID"].flatMap((k) => {
    const value = trailer.get(k) ?? pdf.trailer.get(k);
    return value === undefined ? [] : [`/${k} ${value}`];
  });
  const common = `${kept.join(" ")} /Prev ${pdf.startxref}`;
  push(latin1(pdf.streamed ? streamSection(places, at, size, common) : tableSection(places, size, common)));
  push(latin1(`startxref\n${at}\n%%EOF\n`));
  return { file: concat(parts), streams };
}

/** The first number that no object has. */
export const nextNumber = (pdf: Pdf): number => Number(pdf.trailer.get("Size"));

const padded = (n: number, digits: number): string => String(n).padStart(digits, "0");

function tableSection(places: readonly [number, number][], size: number, common: string): string {
  const rows = places.map(([n, offset]) => `${n} 1\n${padded(offset, 10)} 00000 n \n`).join("");
  return `xref\n${rows}trailer\n<</Size ${size} ${common}>>\n`;
}

/** Rows of 1, 4 and 2 bytes, not compressed; the section lists itself, too. */
function streamSection(places: readonly [number, number][], at: number, size: number, common: string): string {
  const all = [...places, [size, at] as const];
  const rows = all
    .map(([, o]) => String.fromCharCode(1, (o >>> 24) & 255, (o >>> 16) & 255, (o >>> 8) & 255, o & 255, 0, 0))
    .join("");
  const index = all.map(([n]) => `${n} 1`).join(" ");
  const dict = `<</Type /XRef /Size ${size + 1} /Index [${index}] /W [1 4 2] ${common} /Length ${rows.length}>>`;
  return `${size} 0 obj\n${dict}\nstream\n${rows}\nendstream\nendobj\n`;
}
