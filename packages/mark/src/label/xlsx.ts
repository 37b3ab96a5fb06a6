import { badFile, type XmlTag, xmlTags } from "@inkseal/codec";
import { InksealError, type Locale } from "@inkseal/core";
import type { OoxmlEdit } from "../formats/ooxml-parts.ts";
import { cornerTexts } from "./corner.ts";
import { type Form, textLabels } from "./text.ts";
import { boxFor, drawingNs, labelInShapes, labelShape, textBox } from "./text-box.ts";

/**
 * The label of GB 45438-2025, 5.1, in a workbook. No cell may move or change, since formulas, macros and whoever reads the table count on them, and a
 * sheet more would change what is read, too. So it is a text box over the first free cells of the first sheet's top row, and the header of every
 * sheet in print, where it has none of its own.
 */
const em = 11 * 12_700;
/** Bytes of a sheet. */
const maxSheet = 64 * 1024 * 1024;
const maxSheets = 500;
const drawingPart = "xl/drawings/drawingLabel.xml";
const drawingType = "application/vnd.openxmlformats-officedocument.drawing+xml";

/** Names of the parts of a workbook's worksheets, those that are shown first. Throws `bad-file`. */
export function sheetsOf(edit: OoxmlEdit): readonly string[] {
  const main = edit.relations("").find((r) => r.type === "officeDocument")?.target;
  const xml = main === undefined ? undefined : edit.get(main);
  if (main === undefined || xml === undefined) throw badFile("a workbook without its main part");
  const targets = new Map(edit.relations(main).map((r) => [r.id, r]));
  const sheets = xmlTags(xml).filter((t) => t.local === "sheet" && t.kind !== "close");
  const parts = sheets.flatMap((t) => {
    const relation = targets.get(t.attributes.find((a) => a.local === "id" && a.ns !== "")?.value ?? "");
    const hidden = t.attributes.some((a) => a.local === "state" && a.value !== "visible");
    return relation?.type === "worksheet" ? [{ name: relation.target, hidden }] : [];
  });
  return [...parts].sort((a, b) => Number(a.hidden) - Number(b.hidden)).map(({ name }) => name);
}

/** Puts the label into the workbook; says how many sheets print it, and how many cannot be read. Throws `bad-file` without a first sheet that can be. */
export function labelWorkbook(
  edit: OoxmlEdit,
  locale: Locale,
  form: Form,
): { readonly printed: number; readonly bare: number } {
  const [first, ...others] = sheetsOf(edit).slice(0, maxSheets);
  if (first === undefined) throw badFile("a workbook without a worksheet");
  const text = form === "corner" ? cornerTexts[locale] : textLabels[locale];
  putBox(edit, first, text, locale);
  let [printed, bare] = [0, 0];
  for (const name of [first, ...others]) {
    try {
      if (putHeader(edit, name, text)) printed++;
    } catch (error) {
      if (!InksealError.is(error)) throw error;
      bare++;
    }
  }
  return { printed, bare };
}

/** The words of the label on the first sheet; undefined without. */
export function labelInWorkbook(edit: OoxmlEdit): string | undefined {
  const [first] = sheetsOf(edit);
  const drawing = first === undefined ? undefined : edit.relations(first).find((r) => r.type === "drawing")?.target;
  return labelInShapes((drawing === undefined ? undefined : edit.get(drawing)) ?? "");
}

/** A sheet cut around its cells, which are not parsed: there may be millions. */
interface Sheet {
  readonly xml: string;
  /** Prefix of its elements, with the colon. */
  readonly prefix: string;
  readonly ns: string;
  /** Offsets of the cells. */
  readonly from: number;
  readonly to: number;
  /** What stands behind them, as children of the root (18.3.1.99: their order is fixed), and the root's end. */
  readonly behind: readonly XmlTag[];
}

function sheetOf(edit: OoxmlEdit, name: string): Sheet {
  const xml = edit.get(name, maxSheet);
  const data = xml === undefined ? null : /<([\w.-]{1,40}:)?sheetData\b[^<>]*>/.exec(xml);
  if (xml === undefined || data === null) throw badFile("a sheet without cells");
  const prefix = data[1] ?? "";
  const from = data.index + data[0].length;
  const close = `</${prefix}sheetData>`;
  const end = data[0].endsWith("/>") ? from : xml.indexOf(close, from) + close.length;
  const root = /<(?:[\w.-]{1,40}:)?worksheet\b[^<>]*>/.exec(xml);
  if (end < from || root === null || root.index > data.index) throw badFile("a sheet whose cells do not end");
  // the root with what stands behind the cells is well-formed by itself
  const shift = end - root[0].length;
  let depth = 0;
  const behind = xmlTags(root[0] + xml.slice(end)).filter((tag) => {
    depth += tag.kind === "close" ? -1 : 0;
    const child = depth <= 1 && !(depth === 1 && tag.kind === "close");
    depth += tag.kind === "open" ? 1 : 0;
    return child;
  });
  const [open, ...rest] = behind;
  return {
    xml,
    prefix,
    ns: open?.ns ?? "",
    from,
    to: end,
    behind: rest.map((t) => ({ ...t, start: t.start + shift, end: t.end + shift })),
  };
}

/** Children of a sheet that stand behind its header and its drawing. */
const behindDrawing = ["legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst"]; // biome-ignore format: a list
const behindHeader = [
  "rowBreaks",
  "colBreaks",
  "customProperties",
  "cellWatches",
  "ignoredErrors",
  "smartTags",
  "drawing",
  ...behindDrawing,
];

function put({ xml, behind }: Sheet, child: string, before: readonly string[]): string {
  const at = behind.find((t) => t.kind === "close" || before.includes(t.local))?.start;
  if (at === undefined) throw badFile("a sheet that does not end");
  return xml.slice(0, at) + child + xml.slice(at);
}

/** Whether the sheet prints the label: a header of its own stays as it is, an empty one is filled. */
function putHeader(edit: OoxmlEdit, name: string, text: string): boolean {
  const sheet = sheetOf(edit, name);
  const { xml, prefix: p } = sheet;
  const header = `<${p}oddHeader>&amp;C${text}</${p}oddHeader>`;
  const own = sheet.behind.find((t) => t.local === "headerFooter");
  if (own === undefined || own.kind === "empty") {
    const bare = own === undefined ? sheet : sheetWithout(sheet, own);
    edit.set(name, put(bare, `<${p}headerFooter>${header}</${p}headerFooter>`, behindHeader));
    return true;
  }
  const close = xml.indexOf(`</${p}headerFooter>`, own.end);
  const inner = close < 0 ? "" : xml.slice(own.end, close);
  const odd = /<(?:[\w.-]{1,40}:)?oddHeader\b[^<>]*(?:\/>|>([^<]*)<\/(?:[\w.-]{1,40}:)?oddHeader>)/.exec(inner);
  if (close < 0 || (odd?.[1] ?? "") !== "") return odd?.[1] === `&amp;C${text}`;
  const rest = odd === null ? inner : inner.slice(0, odd.index) + inner.slice(odd.index + odd[0].length);
  edit.set(name, xml.slice(0, own.end) + header + rest + xml.slice(close));
  return true;
}

const sheetWithout = (sheet: Sheet, { start, end }: XmlTag): Sheet => ({
  ...sheet,
  xml: sheet.xml.slice(0, start) + sheet.xml.slice(end),
  behind: sheet.behind
    .filter((t) => t.start !== start)
    .map((t) => (t.start < start ? t : { ...t, start: t.start - (end - start), end: t.end - (end - start) })),
});

function putBox(edit: OoxmlEdit, name: string, text: string, locale: Locale): void {
  const sheet = sheetOf(edit, name);
  const strict = sheet.ns.includes("purl.oclc.org");
  const ns = strict
    ? "http://purl.oclc.org/ooxml/drawingml/spreadsheetDrawing"
    : "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing";
  const known = edit.relations(name).find((r) => r.type === "drawing")?.target;
  const old = known === undefined ? `<xdr:wsDr xmlns:xdr="${ns}"></xdr:wsDr>` : edit.get(known);
  if (old === undefined) throw badFile("a drawing that is not there");
  if (labelInShapes(old) !== undefined) return;
  const made = anchored(ns, drawingNs(strict), freeColumn(sheet), text, locale);
  const close = xmlTags(old).at(-1);
  const open = close?.kind === "close" ? old : old.replace(/<((?:[\w.-]{1,40}:)?wsDr)\b([^<>]*)\/>\s*$/, "<$1$2></$1>");
  const end = open.lastIndexOf("</");
  if (end < 0) throw badFile("a drawing that does not end");
  edit.set(known ?? drawingPart, open.slice(0, end) + made + open.slice(end));
  if (known !== undefined) return;
  const relations = strict
    ? "http://purl.oclc.org/ooxml/officeDocument/relationships"
    : "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  edit.declare(drawingPart, drawingType);
  edit.relate(name, "rIdLabel", "drawing", drawingPart);
  edit.set(name, put(sheet, `<${sheet.prefix}drawing xmlns:r="${relations}" r:id="rIdLabel"/>`, behindDrawing));
}

function anchored(ns: string, a: string, column: number, text: string, locale: Locale): string {
  const { width, height } = boxFor(text, em);
  const from = `<xdr:from><xdr:col>${column}</xdr:col><xdr:colOff>95250</xdr:colOff><xdr:row>0</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from>`;
  const names = `<xdr:nvSpPr><xdr:cNvPr id="45438" name="${labelShape}" descr="${text}"/><xdr:cNvSpPr txBox="1"/></xdr:nvSpPr>`;
  const body = textBox("xdr", text, { x: 0, y: 0, width, height }, em, locale);
  return `<xdr:oneCellAnchor xmlns:xdr="${ns}" xmlns:a="${a}">${from}<xdr:ext cx="${width}" cy="${height}"/><xdr:sp macro="" textlink="">${names}${body}</xdr:sp><xdr:clientData/></xdr:oneCellAnchor>`;
}

/** The first column, from 0, behind all cells of the first two rows that hold something. */
function freeColumn({ xml, from, to }: Sheet): number {
  const tag = /<(?:[\w.-]{1,40}:)?(row|c)\b([^<>]*)>/g;
  tag.lastIndex = from;
  let [row, column, free] = [0, 0, 0];
  for (let found = tag.exec(xml); found !== null && found.index < to; found = tag.exec(xml)) {
    const [, name, attributes = ""] = found;
    const at = /\br="([A-Z]{0,3})(\d{0,7})"/.exec(attributes);
    if (name === "row") {
      row = at?.[2] ? Number(at[2]) : row + 1;
      column = 0;
      if (row > 2) break;
      continue;
    }
    column = at?.[1] ? [...at[1]].reduce((n, c) => n * 26 + c.charCodeAt(0) - 64, 0) : column + 1;
    if (!attributes.endsWith("/")) free = Math.max(free, column);
  }
  return Math.min(free, 16_000);
}
