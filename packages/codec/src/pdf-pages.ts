import { badFile } from "./bytes.ts";
import type { Pdf } from "./pdf.ts";
import { dictionary, elements, referenced } from "./pdf-syntax.ts";

/** A page (ISO 32000-2, 7.7.3.3) with what it inherits from its tree. */
export interface PdfPage {
  /** Number of its object. */
  readonly number: number;
  /** As they stand in the page itself. */
  readonly entries: ReadonlyMap<string, string>;
  readonly resources: ReadonlyMap<string, string>;
  /** What is shown of it, in user space: the crop box within the media box. */
  readonly box: PdfBox;
  /** Degrees clockwise by which it is turned when shown. */
  readonly rotate: 0 | 90 | 180 | 270;
  /** Points that a unit of its user space is long. */
  readonly unit: number;
}

export interface PdfBox {
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
  readonly top: number;
}

/** A value, or the object's that it refers to. */
export type PdfResolver = (value: string | undefined) => string | undefined;

/** Remembers what it looked up: thousands of pages may share what is long. */
export function pdfResolver(pdf: Pdf): PdfResolver {
  const known = new Map<string, string | undefined>();
  return (value) => {
    const number = referenced(value);
    if (value === undefined || number === undefined) return value;
    if (!known.has(value)) known.set(value, pdf.object(number));
    return known.get(value);
  };
}

const inherited = ["Resources", "MediaBox", "CropBox", "Rotate"] as const;
const maxDepth = 64;

/** The first `limit` pages of a document in order, pages of the same resources with the same map, and whether there are more. Throws `bad-file` for a tree that is none. */
export function pdfPages(
  pdf: Pdf,
  limit: number,
  resolve: PdfResolver,
): { readonly pages: readonly PdfPage[]; readonly more: boolean } {
  const dictionaries = new Map<string, ReadonlyMap<string, string>>();
  const shared = (text: string): ReadonlyMap<string, string> => {
    const known = dictionaries.get(text) ?? dictionary(text);
    dictionaries.set(text, known);
    return known;
  };
  const catalog = pdf.object(referenced(pdf.trailer.get("Root")) as number);
  const root = catalog === undefined ? undefined : dictionary(catalog).get("Pages");
  if (root === undefined) throw badFile("PDF without pages");
  const pages: PdfPage[] = [];
  const seen = new Set<number>();
  const waiting: { value: string; above: ReadonlyMap<string, string>; depth: number }[] = [
    { value: root, above: new Map(), depth: 0 },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const number = referenced(next.value);
    // an update writes generation 0: another one would be another object
    if (number === undefined || !/\s0\s+R\s*$/.test(next.value)) throw badFile("PDF: a page that is no plain reference");
    if (seen.has(number)) throw badFile("PDF: a tree of pages that goes round");
    seen.add(number);
    const text = pdf.object(number);
    if (text === undefined) throw badFile("PDF: a page that is not there");
    const entries = dictionary(text);
    const passed = new Map(next.above);
    for (const key of inherited) {
      const own = entries.get(key);
      if (own !== undefined) passed.set(key, own);
    }
    const kids = resolve(entries.get("Kids"));
    if (kids === undefined) {
      if (pages.length === limit) return { pages, more: true };
      pages.push(pageOf(number, entries, passed, { resolve, shared }));
      continue;
    }
    if (next.depth >= maxDepth) throw badFile("PDF: a tree of pages nested too deep");
    for (const value of elements(kids).reverse()) waiting.push({ value, above: passed, depth: next.depth + 1 });
  }
  return { pages, more: false };
}

function pageOf(
  number: number,
  entries: ReadonlyMap<string, string>,
  all: ReadonlyMap<string, string>,
  { resolve, shared }: { resolve: PdfResolver; shared: (text: string) => ReadonlyMap<string, string> },
): PdfPage {
  const media = boxOf(resolve, all.get("MediaBox"));
  if (media === undefined) throw badFile("PDF: a page of no size");
  const crop = boxOf(resolve, all.get("CropBox")) ?? media;
  const shown = {
    left: Math.max(media.left, crop.left),
    bottom: Math.max(media.bottom, crop.bottom),
    right: Math.min(media.right, crop.right),
    top: Math.min(media.top, crop.top),
  };
  // a crop box beside the page crops nothing
  const box = shown.right > shown.left && shown.top > shown.bottom ? shown : media;
  const turned = Number(resolve(all.get("Rotate")) ?? 0);
  const rotate = (((Math.round(turned / 90) % 4) + 4) % 4) * 90;
  const unit = Number(resolve(entries.get("UserUnit")) ?? 1);
  const resources = resolve(all.get("Resources"));
  return {
    number,
    entries,
    resources: shared(resources?.trimStart().startsWith("<<") ? resources : "<<>>"),
    box,
    rotate: (Number.isFinite(rotate) ? rotate : 0) as PdfPage["rotate"],
    unit: Number.isFinite(unit) && unit > 0 ? unit : 1,
  };
}

/** 7.9.5: two corners in any order. */
function boxOf(resolve: PdfResolver, value: string | undefined): PdfBox | undefined {
  const list = resolve(value);
  if (list === undefined || list.length > 1000) return undefined;
  const [a = Number.NaN, b = Number.NaN, c = Number.NaN, d = Number.NaN] = elements(list).map((e) => Number(resolve(e)));
  const box = { left: Math.min(a, c), bottom: Math.min(b, d), right: Math.max(a, c), top: Math.max(b, d) };
  return box.right - box.left > 0 && box.top - box.bottom > 0 && box.right - box.left < 1e7 && box.top - box.bottom < 1e7
    ? box
    : undefined;
}
