import { badFile, xmlTags } from "@inkseal/codec";
import { InksealError, type Locale } from "@inkseal/core";
import type { OoxmlEdit } from "../formats/ooxml-parts.ts";
import { cornerTexts } from "./corner.ts";
import { type Form, type Place, textLabels } from "./text.ts";
import { boxFor, drawingNs, labelInShapes, labelShape, textBox } from "./text-box.ts";

/**
 * The label of GB 45438-2025, 5.1, on slides: words at the foot of the first one, and of the one that the policy names; the corner mark in the upper
 * right of all others, where no template keeps a page number. Each is a text box of its own with an alternative text, over what is there.
 */
const share = 0.033; // of a slide's shorter side: 18 points on a common slide, read from the back of a room
const smallest = 10 * 12_700;
const maxSlides = 2000;

/** Size of the slides in EMU, and the names of their parts in order. Throws `bad-file`. */
export function slidesOf(edit: OoxmlEdit): {
  readonly width: number;
  readonly height: number;
  readonly slides: readonly string[];
} {
  const main = edit.relations("").find((r) => r.type === "officeDocument")?.target;
  const xml = main === undefined ? undefined : edit.get(main);
  if (main === undefined || xml === undefined) throw badFile("a presentation without its main part");
  const tags = xmlTags(xml);
  const size = tags.find((t) => t.local === "sldSz")?.attributes;
  const of = (name: string, otherwise: number): number => {
    const n = Number(size?.find((a) => a.local === name)?.value);
    return n >= 914_400 && n <= 51_206_400 ? n : otherwise; // ST_SlideSizeCoordinate
  };
  const targets = new Map(edit.relations(main).map((r) => [r.id, r.target]));
  const ids = tags.filter((t) => t.local === "sldId" && t.kind !== "close");
  const slides = ids.flatMap((t) => targets.get(t.attributes.find((a) => a.local === "id" && a.ns !== "")?.value ?? "") ?? []);
  return { width: of("cx", 9_144_000), height: of("cy", 6_858_000), slides: slides.slice(0, maxSlides) };
}

/** Puts labels on the slides; says how many have one now and how many cannot be read. Throws `bad-file` for a presentation that is none. */
export function labelSlides(
  edit: OoxmlEdit,
  locale: Locale,
  where: Place,
  form: Form,
): { readonly labelled: number; readonly bare: number } {
  const { width, height, slides } = slidesOf(edit);
  const em = Math.max(share * Math.min(width, height), smallest);
  let [labelled, bare] = [0, 0];
  for (const [i, name] of slides.entries()) {
    try {
      const xml = edit.get(name);
      if (xml === undefined) throw badFile("a slide that is not there");
      const named = i === 0 || i === (where === "tail" ? slides.length - 1 : where === "middle" ? slides.length >> 1 : 0);
      const text = form === "words" && named ? textLabels[locale] : cornerTexts[locale];
      const box = boxFor(text, em);
      const margin = Math.round(0.3 * em);
      const words = text === textLabels[locale];
      const x = words ? Math.round((width - box.width) / 2) : width - margin - box.width;
      const y = words ? height - margin - box.height : margin;
      if (labelInShapes(xml) === undefined)
        edit.set(
          name,
          withShape(xml, (id, ns) => shape(id, ns, text, textBox("p", text, { x, y, ...box }, em, locale))),
        );
      labelled++;
    } catch (error) {
      if (!InksealError.is(error)) throw error;
      bare++;
    }
  }
  return { labelled, bare };
}

const shape = (id: number, ns: string, text: string, body: string): string =>
  `<p:sp xmlns:p="${ns}" xmlns:a="${drawingNs(ns.includes("purl.oclc.org"))}"><p:nvSpPr><p:cNvPr id="${id}" name="${labelShape}" descr="${text}"/><p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr>${body}</p:sp>`;

/** The shape as the last of the slide's tree, over all others (19.3.1.45): extensions stand behind it. */
function withShape(xml: string, made: (id: number, ns: string) => string): string {
  const tags = xmlTags(xml);
  const at = tags.findIndex((t) => t.local === "spTree" && t.kind === "open");
  const tree = tags[at];
  if (tree === undefined) throw badFile("a slide without shapes");
  const ids = tags.filter((t) => t.local === "cNvPr").map((t) => Number(t.attributes.find((a) => a.local === "id")?.value));
  const id = Math.max(1, ...ids.filter((n) => Number.isInteger(n) && n < 0x7fffffff)) + 1;
  let depth = 0;
  for (const tag of tags.slice(at + 1)) {
    // the tree's end, or the extensions before it
    if (depth === 0 && (tag.kind === "close" || tag.local === "extLst"))
      return xml.slice(0, tag.start) + made(id, tree.ns) + xml.slice(tag.start);
    depth += tag.kind === "open" ? 1 : tag.kind === "close" ? -1 : 0;
  }
  throw badFile("a slide whose tree does not end");
}
