import {
  badFile,
  dictionary,
  elements,
  fromLatin1,
  latin1,
  type Pdf,
  type PdfObject,
  type PdfPage,
  type PdfResolver,
  referenced,
  stringOf,
  written,
} from "@inkseal/codec";
import { type PdfWords, utf16 } from "./pdf-words.ts";

/** By this the label is known again: a name of the third class (ISO 32000-2, annex E). */
export const pdfLabelKey = "XXGB45438";

/** The label in a viewer's eyes: `x`, `y` from the lower left of the page as it is shown, `em` in user space. */
export interface Placed {
  readonly matrix: readonly [number, number, number, number, number, number];
  readonly em: number;
}

/** Objects that are added or changed. */
export interface Update {
  readonly objects: PdfObject[];
  /** Changes an object. */
  put(number: number, value: string, stream?: Uint8Array): void;
  /** A new object's number. */
  add(value: string, stream?: Uint8Array): number;
}

/** Numbers begin at `next`. Throws `bad-file` past `limit` characters: pages that share what is long would all get a copy. */
export function updateFrom(next: number, limit: number): Update {
  const objects: PdfObject[] = [];
  let [free, left] = [next, limit];
  const put: Update["put"] = (number, value, stream) => {
    left -= value.length;
    if (left < 0) throw badFile("PDF: pages that would grow too much");
    objects.push(stream === undefined ? { number, value } : { number, value, stream });
  };
  const add: Update["add"] = (value, stream) => {
    put(free, value, stream);
    return free++;
  };
  return { objects, put, add };
}

export type Put = (page: PdfPage, drawn: PdfWords, place: Placed) => void;

/** Lists of a page longer than this are left alone. */
const maxList = 65_536;
export const crowded = (page: PdfPage, resolve: PdfResolver): boolean =>
  ["Contents", "Annots"].some((key) => (resolve(page.entries.get(key)) ?? "").length > maxList);
const listOf = (value: string | undefined, resolve: PdfResolver): string[] => {
  const list = resolve(value);
  return list?.trimStart().startsWith("[") ? elements(list) : value === undefined ? [] : [value];
};

/** Paints the form over a page's content, in whatever state that leaves the page; of a tagged document, corner marks as artifacts (14.8.2.2). */
export function painter(resolve: PdfResolver, update: Update, tagged: boolean): Put {
  const saved = update.add("<</Length 2>>", latin1("q\n"));
  const extended = new Map<string, number>();
  /** The page's resources and the form: one object for all pages that share theirs. */
  const ids = new Map<PdfPage["resources"], number>();
  const withForm = (resources: PdfPage["resources"], form: number): number => {
    if (!ids.has(resources)) ids.set(resources, ids.size);
    const key = `${ids.get(resources)} ${form}`;
    const known = extended.get(key);
    if (known !== undefined) return known;
    const forms = resolve(resources.get("XObject"));
    const named = new Map(forms === undefined ? [] : dictionary(forms)).set(pdfLabelKey, `${form} 0 R`);
    const number = update.add(written(new Map(resources).set("XObject", written(named))));
    extended.set(key, number);
    return number;
  };
  return (page, drawn, { matrix }) => {
    const [open, close] = tagged && !drawn.inTree ? ["/Artifact BMC ", " EMC"] : ["", ""];
    const paint = latin1(`\nQ ${open}q ${numbers(matrix)} cm /${pdfLabelKey} Do Q${close}\n`);
    const behind = update.add(`<</Length ${paint.length}>>`, paint);
    const contents = [`${saved} 0 R`, ...listOf(page.entries.get("Contents"), resolve), `${behind} 0 R`];
    const resources = `${withForm(page.resources, drawn.form)} 0 R`;
    update.put(
      page.number,
      written(new Map(page.entries).set("Contents", `[${contents.join(" ")}]`).set("Resources", resources)),
    );
  };
}

/**
 * Over a signed document the label is an annotation, printed and locked: that leaves what the signatures cover as it was shown, where painting
 * over it would be a change of content.
 */
export function annotator(resolve: PdfResolver, update: Update): Put {
  return (page, drawn, { matrix: [a, b, c, d, e, f] }) => {
    const corners = [0, drawn.width].flatMap((x) =>
      [0, drawn.height].map((y) => [a * x + c * y + e, b * x + d * y + f] as const),
    );
    const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
    const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
    const look = latin1("/L Do");
    const bounds = `/BBox [0 0 ${drawn.width.toFixed(3)} ${drawn.height}] /Matrix [${numbers([a, b, c, d, 0, 0])}]`;
    const appearance = update.add(
      `<</Type /XObject /Subtype /Form ${bounds} /Resources <</XObject <</L ${drawn.form} 0 R>>>> /Length ${look.length}>>`,
      look,
    );
    const flags = 4 + 64 + 128 + 512; // print, read only, locked, locked contents (12.5.3)
    const annotation = update.add(
      `<</Type /Annot /Subtype /Stamp /NM (${pdfLabelKey}) /Rect [${numbers(box)}] /F ${flags} /Contents ${utf16(drawn.text)} /AP <</N ${appearance} 0 R>>>>`,
    );
    const annotations = [...listOf(page.entries.get("Annots"), resolve), `${annotation} 0 R`];
    update.put(page.number, written(new Map(page.entries).set("Annots", `[${annotations.join(" ")}]`)));
  };
}

const numbers = (list: readonly number[]): string => list.map((n) => String(Math.round(n * 1e4) / 1e4)).join(" ");

/** Whether somebody signed the document (12.7.3, `SigFlags`). */
export function signed(pdf: Pdf, resolve: PdfResolver): boolean {
  const catalog = resolve(pdf.trailer.get("Root"));
  const form = catalog === undefined ? undefined : resolve(dictionary(catalog).get("AcroForm"));
  const flags = form === undefined ? undefined : resolve(dictionary(form).get("SigFlags"));
  return (Number(flags ?? 0) & 1) === 1;
}

/** The words of our label on a page, painted or annotated; undefined without. */
export function pageLabel(pdf: Pdf, page: PdfPage, resolve: PdfResolver): string | undefined {
  if (crowded(page, resolve)) return undefined;
  const stamp = resolve(listOf(page.entries.get("Annots"), resolve).at(-1));
  const annotation = stamp?.trimStart().startsWith("<<") ? dictionary(stamp) : undefined;
  if (annotation?.get("NM") === `(${pdfLabelKey})`) return fromUtf16(annotation.get("Contents"));
  const behind = referenced(listOf(page.entries.get("Contents"), resolve).at(-1));
  const paint = behind === undefined ? undefined : pdf.stream(behind)?.data;
  if (paint === undefined || paint.length > 200 || !fromLatin1(paint).includes(` cm /${pdfLabelKey} Do Q`)) return undefined;
  const forms = resolve(page.resources.get("XObject"));
  const form = forms === undefined ? undefined : resolve(dictionary(forms).get(pdfLabelKey));
  return form === undefined ? undefined : fromUtf16(dictionary(form).get(pdfLabelKey));
}

function fromUtf16(value: string | undefined): string | undefined {
  const bytes = stringOf(value);
  if (bytes === undefined || !bytes.startsWith("\xfe\xff")) return undefined;
  const units = Array.from(
    { length: (bytes.length - 2) >> 1 },
    (_, i) => (bytes.charCodeAt(2 * i + 2) << 8) | bytes.charCodeAt(2 * i + 3),
  );
  return String.fromCharCode(...units.slice(0, 200));
}
