import type { Locale } from "@inkseal/core";
import { cornerTexts, toneOn } from "./corner.ts";
import { textLabels } from "./text.ts";

/** By this name a label is known again among the shapes of a slide or a sheet. */
export const labelShape = "GB45438";

/** Strict documents (ISO 29500-1) name drawings otherwise than transitional ones (part 4). */
export const drawingNs = (strict: boolean): string =>
  strict ? "http://purl.oclc.org/ooxml/drawingml/main" : "http://schemas.openxmlformats.org/drawingml/2006/main";

export interface TextBox {
  /** EMU. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A box for a label in letters of `em` EMU: width and height. */
export const boxFor = (text: string, em: number): { readonly width: number; readonly height: number } => ({
  width: Math.round(([...text].reduce((sum, c) => sum + (c.charCodeAt(0) > 127 ? 1 : 0.62), 0) + 1) * em),
  height: Math.round(1.7 * em),
});

/** What a shape is made of behind its names (DrawingML, 20.1): `spPr` and `txBody` of the element's own prefix. Ink on a plate, as in pictures. */
export function textBox(prefix: string, text: string, { x, y, width, height }: TextBox, em: number, locale: Locale): string {
  const { plate, opacity, ink } = toneOn(true);
  const colour = (grey: number): string => grey.toString(16).padStart(2, "0").repeat(3).toUpperCase();
  const fill = `<a:solidFill><a:srgbClr val="${colour(plate)}"><a:alpha val="${Math.round(opacity * 100_000)}"/></a:srgbClr></a:solidFill>`;
  const inset = Math.round(0.2 * em);
  const size = Math.round(em / 127); // EMU to hundredths of a point
  const body = `<a:bodyPr wrap="none" lIns="${inset}" rIns="${inset}" tIns="0" bIns="0" anchor="ctr"/><a:lstStyle/>`;
  const run = `<a:rPr lang="${locale === "en" ? "en-US" : locale}" sz="${size}" b="1"><a:solidFill><a:srgbClr val="${colour(ink)}"/></a:solidFill></a:rPr>`;
  return [
    `<${prefix}:spPr><a:xfrm><a:off x="${x}" y="${y}"/><a:ext cx="${width}" cy="${height}"/></a:xfrm>`,
    `<a:prstGeom prst="rect"><a:avLst/></a:prstGeom>${fill}</${prefix}:spPr>`,
    `<${prefix}:txBody>${body}<a:p><a:pPr algn="ctr"/><a:r>${run}<a:t>${text}</a:t></a:r></a:p></${prefix}:txBody>`,
  ].join("");
}

/** The words of our label among shapes; undefined without. */
export function labelInShapes(xml: string): string | undefined {
  const name = xml.lastIndexOf(` name="${labelShape}"`);
  if (name < 0) return undefined;
  const shown = /<a:t>([^<]{1,200})<\/a:t>/.exec(xml.slice(name, name + 4000))?.[1];
  return [...Object.values(textLabels), ...Object.values(cornerTexts)].find((text) => text === shown);
}
