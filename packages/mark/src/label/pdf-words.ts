import { latin1 } from "@inkseal/codec";
import type { Locale } from "@inkseal/core";
import { zlibSync } from "fflate";
import { toneOn } from "./corner.ts";
import { outlines } from "./outlines.gen.ts";
import type { Update } from "./pdf-page.ts";

/**
 * Words as objects of a PDF: a Type 3 font of outlines (ISO 32000-2, 9.6.4), because no document brings a font with Chinese characters along and
 * the standard fonts have none. Its `ToUnicode` and the `ActualText` of the words say them to whoever searches, copies or reads them aloud.
 */

/** White space around the words, and where they stand over the bottom of their line, in ems. */
const pad = 0.35;
const descent = 0.12;

export interface PdfWords {
  readonly text: string;
  /** Whether its words are content of the structure tree. */
  readonly inTree: boolean;
  /** Number of the form that shows the words. */
  readonly form: number;
  /** Of the form, plate and all, in ems. */
  readonly width: number;
  readonly height: number;
}

/** UTF-16 with a byte order mark, as a hexadecimal string (7.9.2.2). */
export const utf16 = (text: string): string => `<FEFF${codes(text)}>`;
const codes = (text: string): string =>
  Array.from({ length: text.length }, (_, i) => text.charCodeAt(i).toString(16).padStart(4, "0").toUpperCase()).join("");
const byte = (n: number): string => n.toString(16).padStart(2, "0");

function packed(entries: string, content: string): { readonly value: string; readonly stream: Uint8Array } {
  const data = zlibSync(latin1(content), { level: 9 });
  return { value: `<<${entries} /Filter /FlateDecode /Length ${data.length}>>`, stream: data };
}

/** Number of a font of these letters; its codes are their places in `letters`, from 1. */
export function pdfFont(letters: readonly string[], add: Update["add"]): number {
  const stream = (entries: string, content: string): number => {
    const { value, stream: data } = packed(entries, content);
    return add(value, data);
  };
  const advance = (c: string): number => outlines[c]?.[0] ?? 0;
  // the box is that of all letters: it only has to hold the ink (9.6.4, table 111)
  const procedures = letters.map((c) => stream("", `${advance(c)} 0 -60 -300 1060 940 d1\n${outlines[c]?.[1] ?? ""}`));
  const differences = letters.map((_, i) => `/g${i + 1}`).join(" ");
  const drawn = procedures.map((number, i) => `/g${i + 1} ${number} 0 R`).join(" ");
  const map = letters.map((c, i) => `<${byte(i + 1)}> <${codes(c)}>`);
  const name = "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def /CMapName /Label def /CMapType 2 def";
  const toUnicode = stream(
    "",
    `/CIDInit /ProcSet findresource begin 12 dict begin begincmap ${name}
1 begincodespacerange <00> <FF> endcodespacerange
${map.length} beginbfchar
${map.join("\n")}
endbfchar endcmap CMapName currentdict /CMap defineresource pop end end`,
  );
  const bounds = "/FontBBox [-60 -300 1060 940] /FontMatrix [.001 0 0 .001 0 0]";
  const widths = `/FirstChar 1 /LastChar ${letters.length} /Widths [${letters.map(advance).join(" ")}]`;
  const encoding = `/Encoding <</Type /Encoding /Differences [1 ${differences}]>> /CharProcs <<${drawn}>> /ToUnicode ${toUnicode} 0 R`;
  return add(`<</Type /Font /Subtype /Type3 ${bounds} ${widths} ${encoding} /Resources <<>>>>`);
}

/**
 * A form of the words on their plate, one unit an em, to be shown by `Do`. `letters` are those of the font; `parents` is the form's key in the
 * structure tree, of which its words are then marked content 0.
 */
export function pdfWords(
  text: string,
  locale: Locale,
  by: { letters: readonly string[]; font: number; key: string; add: Update["add"]; parents?: number },
): PdfWords {
  const { letters, font, key, add, parents } = by;
  const width = [...text].reduce((sum, c) => sum + (outlines[c]?.[0] ?? 0), 0) / 1000 + 2 * pad;
  const height = 1 + 2 * pad;
  const { plate, opacity, ink } = toneOn(true);
  const grey = (level: number): string => (level / 255).toFixed(3);
  const said = [...text].map((c) => byte(letters.indexOf(c) + 1)).join("");
  const tag = parents === undefined ? "/Span <<" : "/P <</MCID 0 ";
  const content = `${tag}/Lang (${locale}) /ActualText ${utf16(text)}>> BDC
q /G gs ${grey(plate)} g 0 0 ${width.toFixed(3)} ${height} re f Q
BT ${grey(ink)} g /F 1 Tf ${pad} ${pad + descent} Td <${said}> Tj ET
EMC`;
  const resources = `<</Font <</F ${font} 0 R>> /ExtGState <</G <</ca ${opacity}>>>>>>`;
  const entries = `/Type /XObject /Subtype /Form /BBox [0 0 ${width.toFixed(3)} ${height}] /Resources ${resources} /${key} ${utf16(text)}${parents === undefined ? "" : ` /StructParents ${parents}`}`;
  const form = packed(entries, content);
  return { text, inTree: parents !== undefined, form: add(form.value, form.stream), width, height };
}
