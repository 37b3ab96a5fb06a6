import { nextNumber, type Pdf, type PdfPage, pdfPages, pdfResolver, updatePdf } from "@inkseal/codec";
import type { Locale } from "@inkseal/core";
import { cornerTexts } from "./corner.ts";
import { annotator, crowded, type Placed, pageLabel, painter, pdfLabelKey, signed, updateFrom } from "./pdf-page.ts";
import { structureOf } from "./pdf-structure.ts";
import { type PdfWords, pdfFont, pdfWords } from "./pdf-words.ts";
import { type Form, type Place, textLabels } from "./text.ts";

/**
 * The label of GB 45438-2025, 5.1, on the pages of a PDF: words at the head of the first page, and where the policy says so at the foot of the last
 * or the head of the middle one; every other page carries the corner mark. By an incremental update: what was there stays byte for byte.
 */
export const maxPages = 5000;

/** An em is this share of a page's shorter side (15 points on A4), and never less than `smallest` points where it fits. */
const share = 0.025;
const smallest = 9;
/** Points below which nobody reads it. */
const legible = 4;
/** White space between label and page's edge, in ems. */
const margin = 0.6;

type Spot = "head" | "foot" | "corner";

export interface PdfLabelled {
  readonly bytes: Uint8Array;
  /** Pages that carry a label now. */
  readonly labelled: number;
  /** Pages too small to carry one, or beyond the first {@link maxPages}. */
  readonly bare: number;
  /** Points, of an em on the first page. */
  readonly size: number;
}

/** Throws `bad-file` for a tree of pages that cannot be followed. */
export function labelPdf(file: Uint8Array, pdf: Pdf, locale: Locale, where: Place, form: Form): PdfLabelled {
  const resolve = pdfResolver(pdf);
  const { pages, more } = pdfPages(pdf, maxPages, resolve);
  const words = form === "words" ? textLabels[locale] : undefined;
  const corner = cornerTexts[locale];
  const letters = [...new Set(`${words ?? ""}${corner}`)];
  const update = updateFrom(nextNumber(pdf), 64 * file.length + 1024 * 1024);
  const font = pdfFont(letters, update.add);
  const formOf = (text: string, parents?: number): PdfWords =>
    pdfWords(text, locale, { letters, font, key: pdfLabelKey, add: update.add, ...(parents !== undefined && { parents }) });
  const shown = { words: words === undefined ? undefined : formOf(words), corner: formOf(corner) };
  const aside = signed(pdf, resolve);
  const structure = aside ? undefined : structureOf(pdf, resolve, update, locale);
  const put = aside ? annotator(resolve, update) : painter(resolve, update, structure !== undefined);
  const fixed = update.objects.length;
  let [bare, size] = [more ? 1 : 0, 0];
  for (const [i, page] of pages.entries()) {
    if (pageLabel(pdf, page, resolve) !== undefined) continue;
    const spot = shown.words === undefined ? "corner" : spotOf(i, pages.length, where);
    const drawn = spot === "corner" ? shown.corner : (shown.words as PdfWords);
    const place = placeOn(page, drawn, spot);
    if (place === undefined || crowded(page, resolve)) {
      bare++;
      continue;
    }
    if (size === 0) size = place.em * page.unit;
    if (structure === undefined || spot === "corner") put(page, drawn, place);
    else {
      // a form that is content of the tree is painted once
      const key = structure.key();
      const own = formOf(drawn.text, key);
      put(page, own, place);
      structure.say(page.number, own, key, i === 0);
    }
  }
  structure?.finish();
  const labelled = pages.length - bare + (more ? 1 : 0);
  const bytes = update.objects.length === fixed ? file : updatePdf(file, pdf, update.objects).file;
  return { bytes, labelled, bare, size };
}

function spotOf(i: number, count: number, where: Place): Spot {
  if (i === 0) return "head";
  if (where === "tail" && i === count - 1) return "foot";
  return where === "middle" && i === count >> 1 ? "head" : "corner";
}

/** Undefined on a page that is too small. */
function placeOn({ box, rotate, unit }: PdfPage, { width, height }: PdfWords, spot: Spot): Placed | undefined {
  const [w, h] = [box.right - box.left, box.top - box.bottom];
  const [across, up] = rotate % 180 === 0 ? [w, h] : [h, w];
  const wanted = Math.max(share * Math.min(w, h), smallest / unit);
  const em = Math.min(wanted, across / (width + 2 * margin), up / (height + 2 * margin));
  if (em * unit < legible) return undefined;
  const edge = margin * em;
  const x = spot === "corner" ? across - edge - width * em : (across - width * em) / 2;
  const y = spot === "head" ? up - edge - height * em : edge;
  // from the page as it is shown to user space: turned back
  const turns = {
    0: [em, 0, 0, em, box.left + x, box.bottom + y],
    90: [0, em, -em, 0, box.right - y, box.bottom + x],
    180: [-em, 0, 0, -em, box.right - x, box.top - y],
    270: [0, -em, em, 0, box.left + y, box.top - x],
  } as const;
  return { matrix: turns[rotate], em };
}
