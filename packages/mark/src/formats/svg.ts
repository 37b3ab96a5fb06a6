import { badFile, fromUtf8, utf8, xmlTags, xmpEmpty } from "@inkseal/codec";
import { drawSvgCorner, readSvgCorner } from "../label/svg.ts";
import { type Format, foundLabel, noLabel } from "./format.ts";
import { cornerMethod } from "./picture.ts";
import { xmpFormat } from "./xmp.ts";

const svgNs = "http://www.w3.org/2000/svg";
const rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";

function svg(bytes: Uint8Array): string {
  const xml = fromUtf8(bytes);
  if (xml === undefined) throw badFile("SVG that is not UTF-8");
  const root = xmlTags(xml)[0];
  if (root?.local !== "svg" || (root.ns !== svgNs && root.ns !== "")) throw badFile("XML that is no SVG");
  return xml;
}

/** The whole file is the packet: RDF stands in `metadata` (SVG 2, 5.9), where drawing tools put theirs, too. */
const described = xmpFormat({
  packets(bytes) {
    const xml = svg(bytes);
    if (xmlTags(xml).some((t) => t.ns === rdf && t.local === "RDF" && t.kind === "open")) return [bytes];
    const root = xmlTags(xml)[0];
    // a drawing without content has no inside for metadata
    if (root?.kind !== "open") return [];
    return [utf8(`${xml.slice(0, root.end)}<metadata>${xmpEmpty}</metadata>${xml.slice(root.end)}`)];
  },
  withPacket: (bytes, packet) => (xmlTags(svg(bytes))[0]?.kind === "open" ? utf8(packet) : undefined),
});

/** The label as words in the drawing; a watermark cannot stand in one. */
export const svgFormat: Format = {
  ...described,
  async content(bytes, { policy, provenance: { locale } }) {
    if (policy.marks.image === "none") return undefined;
    const xml = svg(bytes);
    const there = readSvgCorner(xml);
    const drawn = there === undefined ? drawSvgCorner(xml, locale) : undefined;
    if (there === undefined && drawn === undefined) return undefined;
    const data = { ...(drawn?.label ?? { text: there }) };
    return { bytes: drawn === undefined ? bytes : utf8(drawn.svg), marks: [{ layer: "label", method: cornerMethod, data }] };
  },
  async read(bytes) {
    const text = readSvgCorner(svg(bytes));
    const label = text === undefined ? noLabel(cornerMethod) : foundLabel(cornerMethod, { text });
    return { ...(await described.read(bytes)), label };
  },
};
