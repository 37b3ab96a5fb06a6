import { type XmlTag, xmlTags } from "@inkseal/codec";
import type { Locale } from "@inkseal/core";
import { type CornerLabel, cornerTexts, toneOn } from "./corner.ts";

/** The attribute by which the label is found again in a drawing. */
const attribute = "data-label";
const value = "gb45438.corner";

/**
 * The corner label of GB 45438-2025, 5.2, as words in a drawing: a capital is 5 % of the shortest side high, on a bright plate, so that it can be
 * read whatever lies beneath. Undefined for a drawing without a size or without an inside.
 */
export function drawSvgCorner(svg: string, locale: Locale): { readonly svg: string; readonly label: CornerLabel } | undefined {
  const tags = xmlTags(svg);
  const root = tags[0];
  const close = tags.at(-1);
  const box = root && boxOf(root);
  if (root?.kind !== "open" || close === undefined || box === undefined) return undefined;
  const text = cornerTexts[locale];
  const cap = 0.052 * Math.min(box.width, box.height); // 5 %, and a little for faces whose capitals are low
  const size = cap / 0.7; // capitals of common faces are 0.7 to 0.73 em high
  const width = [...text].reduce((sum, c) => sum + (c.charCodeAt(0) > 127 ? 1 : 0.62), 0) * size;
  const pad = cap / 2;
  const plate = { x: box.x + box.width - width - 3 * pad, y: box.y + box.height - cap - 3 * pad };
  const { plate: grey, opacity, ink } = toneOn(true);
  const n = (x: number): string => x.toFixed(2);
  const prefix = root.name.includes(":") ? root.name.slice(0, root.name.indexOf(":") + 1) : "";
  const drawn = [
    `<${prefix}g ${attribute}="${value}" role="note" aria-label="${text}">`,
    `<${prefix}rect x="${n(plate.x)}" y="${n(plate.y)}" width="${n(width + 2 * pad)}" height="${n(cap + 2 * pad)}" rx="${n(pad)}" fill="rgb(${grey},${grey},${grey})" fill-opacity="${opacity}"/>`,
    `<${prefix}text x="${n(plate.x + pad)}" y="${n(plate.y + pad + cap)}" font-family="sans-serif" font-weight="700" font-size="${n(size)}" textLength="${n(width)}" lengthAdjust="spacingAndGlyphs" fill="rgb(${ink},${ink},${ink})">${text}</${prefix}text>`,
    `</${prefix}g>`,
  ].join("");
  return { svg: svg.slice(0, close.start) + drawn + svg.slice(close.start), label: { text, height: Math.round(cap) } };
}

/** The label where {@link drawSvgCorner} put it. */
export function readSvgCorner(svg: string): string | undefined {
  const tags = xmlTags(svg);
  const at = tags.findIndex((tag) => tag.attributes.some((a) => a.local === attribute && a.value === value));
  const words = tags[at + 2];
  const next = tags[at + 3];
  if (at < 0 || words?.local !== "text" || next === undefined) return undefined;
  const text = svg.slice(words.end, next.start);
  return Object.values(cornerTexts).includes(text) ? text : undefined;
}

/** In user units. */
function boxOf(root: XmlTag): { x: number; y: number; width: number; height: number } | undefined {
  const get = (name: string): string | undefined => root.attributes.find((a) => a.ns === "" && a.local === name)?.value;
  const view = get("viewBox")
    ?.trim()
    .split(/[\s,]+/)
    .map(Number);
  const [x = 0, y = 0, width, height] = view ?? [0, 0, lengthOf(get("width")), lengthOf(get("height"))];
  const sound = [x, y, width, height].every(Number.isFinite) && width! > 0 && height! > 0;
  return sound ? { x, y, width: width!, height: height! } : undefined;
}

/** Pixels; NaN for lengths that depend on where the drawing stands. */
const lengthOf = (length: string | undefined): number =>
  /^[\d.]+(px)?$/.test(length ?? "") ? Number.parseFloat(length!) : Number.NaN;
