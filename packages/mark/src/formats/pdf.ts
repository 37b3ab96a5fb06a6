import {
  badFile,
  dictionary,
  elements,
  fromUtf8,
  latin1,
  literal,
  nextNumber,
  type Pdf,
  type PdfObject,
  parsePdf,
  pdfPages,
  pdfResolver,
  referenced,
  stringOf,
  updatePdf,
  utf8,
  written,
} from "@inkseal/codec";
import { InksealError, type LayerVerdict } from "@inkseal/core";
import { aigcInXmp, iptcVerdict } from "../aigc/xmp.ts";
import { digitalSourceType } from "../c2pa/names.ts";
import { labelPdf } from "../label/pdf.ts";
import { pageLabel } from "../label/pdf-page.ts";
import { aigcMark, type Content, type ContentWish, type Format, foundLabel, iptcMark, noLabel } from "./format.ts";
import { textsOf, withIptcXmp } from "./xmp.ts";

const catalogOf = (pdf: Pdf): { number: number; entries: Map<string, string> } => {
  const number = referenced(pdf.trailer.get("Root")) as number;
  const value = pdf.object(number);
  if (value === undefined) throw badFile("PDF without a catalog");
  return { number, entries: dictionary(value) };
};
const infoOf = (pdf: Pdf): { number: number | undefined; entries: Map<string, string> } => {
  const number = referenced(pdf.trailer.get("Info"));
  const value = number === undefined ? undefined : pdf.object(number);
  return { number, entries: value === undefined ? new Map() : dictionary(value) };
};

/** The document's XMP, when it is not compressed, as the standard recommends (ISO 32000-2, 14.3.2). */
function packets(pdf: Pdf): Uint8Array[] {
  const number = referenced(catalogOf(pdf).entries.get("Metadata"));
  const head = number === undefined ? undefined : pdf.object(number);
  if (number === undefined || head === undefined || dictionary(head).has("Filter")) return [];
  const found = pdf.stream(number);
  return found === undefined ? [] : [found.data];
}

const labelMethod = "gb45438.page";

/** Label on the pages; AIGC in the document information (TC260-PG-20258A, 6.3), IPTC in the document's XMP; by incremental updates. */
export const pdfFormat: Format = {
  content: async (bytes, wish) => labelled(bytes, wish),
  metadata(bytes, aigc, { source }) {
    const pdf = parsePdf(bytes);
    const [catalog, info] = [catalogOf(pdf), infoOf(pdf)];
    const packet = utf8(withIptcXmp(packets(pdf), source));
    const next = nextNumber(pdf);
    const xmpNumber = referenced(catalog.entries.get("Metadata")) ?? next;
    const infoNumber = info.number ?? next + 1;
    info.entries.set("AIGC", literal(aigc));
    catalog.entries.set("Metadata", `${xmpNumber} 0 R`);
    const objects: PdfObject[] = [
      { number: xmpNumber, value: `<</Type /Metadata /Subtype /XML /Length ${packet.length}>>`, stream: packet },
      { number: infoNumber, value: written(info.entries) },
      { number: catalog.number, value: written(catalog.entries) },
    ];
    const trailer = new Map([["Info", `${infoNumber} 0 R`]]);
    return {
      bytes: updatePdf(bytes, pdf, objects, trailer).file,
      marks: [aigcMark("pdf.info"), iptcMark(digitalSourceType(source))],
    };
  },
  async read(bytes) {
    const pdf = parsePdf(bytes);
    const xmp = textsOf(packets(pdf));
    const value = stringOf(infoOf(pdf).entries.get("AIGC"));
    const own = value === undefined ? [] : [{ carrier: "pdf.info", text: fromUtf8(latin1(value)) ?? value }];
    const packet = xmp.flatMap(aigcInXmp).map((text) => ({ carrier: "xmp", text }));
    return { label: labelIn(pdf), aigc: [...own, ...packet], iptc: iptcVerdict(xmp) };
  },
};

function labelled(bytes: Uint8Array, { policy, provenance }: ContentWish): Content | undefined {
  const { text: where, textForm: form } = policy.marks;
  if (where === "none") return undefined;
  const pdf = parsePdf(bytes);
  try {
    const { bytes: out, labelled: pages, bare, size } = labelPdf(bytes, pdf, provenance.locale, where, form);
    const data = { where, form, pages, ...(size > 0 && { points: Math.round(size * 10) / 10 }) };
    return {
      bytes: out,
      marks: pages === 0 ? [] : [{ layer: "label", method: labelMethod, data }],
      ...(bare > 0 && { warnings: [`of the PDF's pages ${bare} carry no label: too small, too full or too far back`] }),
    };
  } catch (error) {
    if (!InksealError.is(error)) throw error;
    return { bytes, marks: [], warnings: [`the PDF's pages carry no label: ${error.message}`] };
  }
}

/** Pages that are looked at for a label. */
const looked = 200;

function labelIn(pdf: Pdf): LayerVerdict {
  try {
    const resolve = pdfResolver(pdf);
    const texts = pdfPages(pdf, looked, resolve).pages.map((page) => pageLabel(pdf, page, resolve));
    const found = texts.filter((text) => text !== undefined);
    return found.length === 0 ? noLabel(labelMethod) : foundLabel(labelMethod, { text: found[0], pages: found.length });
  } catch {
    return { ...noLabel(labelMethod), detail: "the pages cannot be read" };
  }
}

/** The catalog with one associated file of this relationship (14.13), in place of any other; `spec` refers to it. */
export function withAssociated(pdf: Pdf, relationship: string, spec: string): PdfObject {
  const { number, entries } = catalogOf(pdf);
  const others = associated(pdf)
    .filter((a) => a.relationship !== relationship)
    .map((a) => a.value);
  entries.set("AF", `[${[...others, spec].join(" ")}]`);
  return { number, value: written(entries) };
}

export interface Associated {
  readonly value: string;
  readonly relationship: string | undefined;
  /** Number of the embedded file's stream. */
  readonly stream: number | undefined;
}

/** Associated files of the document. */
export function associated(pdf: Pdf): Associated[] {
  const listed = catalogOf(pdf).entries.get("AF");
  const target = referenced(listed);
  const list = target === undefined ? listed : pdf.object(target);
  if (list === undefined) return [];
  return elements(list).map((value) => {
    const spec = referenced(value);
    const text = spec === undefined ? undefined : pdf.object(spec);
    const entries = text === undefined ? new Map<string, string>() : dictionary(text);
    const files = entries.get("EF");
    const stream = files === undefined ? undefined : referenced(dictionary(files).get("F"));
    return { value, relationship: entries.get("AFRelationship"), stream };
  });
}
