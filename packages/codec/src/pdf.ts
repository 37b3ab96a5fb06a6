import { badFile, fromLatin1 } from "./bytes.ts";
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
/** Bytes that object streams may unpack to in all, and of those kept, so that their next object costs nothing. */
const maxUnpacked = 256 * 1024 * 1024;
const maxKept = 64 * 1024 * 1024;

/**
 * Throws `bad-file`, also for encrypted files: nothing can be added to them without their key. `encrypted: true` takes them to look at
 * what is never encrypted, names and numbers.
 */
export function parsePdf(file: Uint8Array, { encrypted = false } = {}): Pdf {
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
  if (trailer.has("Encrypt") && !encrypted) throw badFile("PDF: encrypted files are not read");
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
  const kept = new Map<number, ObjectStream | undefined>();
  const unpacked = { kept: 0, all: 0 };
  const objectStream = (number: number): ObjectStream | undefined => {
    if (kept.has(number)) return kept.get(number);
    const [head, raw] = [direct(number), stream(number)];
    const found = head === undefined || raw === undefined ? undefined : objectsOf(raw.data, dictionary(head));
    const length = found?.text.length ?? 0;
    unpacked.all += length;
    if (unpacked.all > maxUnpacked) throw badFile("PDF: objects that unpack to too much");
    if (unpacked.kept + length > maxKept) kept.clear();
    unpacked.kept = kept.size === 0 ? length : unpacked.kept + length;
    kept.set(number, found);
    return found;
  };
  const object = (number: number): string | undefined => {
    const entry = entries.get(number);
    if (entry === undefined || !("inside" in entry)) return direct(number);
    const found = objectStream(entry.inside);
    const at = found?.places[entry.index];
    return found === undefined || at === undefined || Number.isNaN(at)
      ? undefined
      : found.text.slice(at, valueEnd(found.text, at));
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

/** An object stream unpacked (7.5.7), and where its objects begin. */
interface ObjectStream {
  readonly text: string;
  readonly places: readonly number[];
}

function objectsOf(data: Uint8Array, dict: ReadonlyMap<string, string>): ObjectStream {
  const text = fromLatin1(decoded(data, dict, maxStream));
  const first = Number(dict.get("First"));
  const numbers = text.slice(0, first).trim().split(/\s+/).map(Number);
  const places = numbers.filter((_, i) => i % 2 === 1).map((n) => first + n);
  return { text, places: places.map((at) => (Number.isInteger(at) && at < text.length ? at : Number.NaN)) };
}
