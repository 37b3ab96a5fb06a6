import { escapeXml, fromUtf8, unescapeXml, utf8 } from "@inkseal/codec";
import { iptcFromValues } from "../aigc/xmp.ts";
import { withoutHtmlManifest } from "../c2pa/containers/html.ts";
import { digitalSourceType } from "../c2pa/names.ts";
import { readTextLabel, textLabels } from "../label/text.ts";
import { aigcMark, type Format, foundLabel, iptcMark, noLabel } from "./format.ts";
import { headAt } from "./html-head.ts";

const method = "gb45438.text";
const [aigcName, sourceName] = ["AIGC", "DigitalSourceType"];
const metaOf = (name: string): RegExp => new RegExp(`<meta\\s+name="${name}"\\s+content="([^"]*)"\\s*/?>`, "gi");
const valuesOf = (html: string, name: string): string[] =>
  [...html.matchAll(metaOf(name))].map((m) => unescapeXml(m[1] as string));
const meta = (name: string, value: string): string => `<meta name="${name}" content="${escapeXml(value)}">`;

/**
 * The label as a paragraph of its own in the body; AIGC and the IPTC source type as `meta` elements in the head. No practice
 * guide names a place in HTML: `meta` is what is seen in use.
 */
export const htmlFormat: Format = {
  async label(bytes, policy, { locale }) {
    const html = fromUtf8(bytes);
    const where = policy.marks.text;
    if (html === undefined || where === "none") return undefined;
    const paragraph = `<p>${textLabels[locale]}</p>`;
    const bare = withoutHtmlManifest(html);
    const marks = [{ layer: "label", method, data: { where } } as const];
    if (labelIn(bare)?.where === where) return { bytes: utf8(bare), marks };
    const body = /<body(?:\s[^<>]*)?>/i.exec(bare);
    const start = body === null ? headEnd(bare) : body.index + body[0].length;
    const close = bare.toLowerCase().lastIndexOf("</body");
    const at = where === "head" ? start : close < 0 ? bare.length : close;
    return { bytes: utf8(bare.slice(0, at) + paragraph + bare.slice(at)), marks };
  },
  metadata(bytes, aigc, { source }) {
    const html = fromUtf8(bytes);
    if (html === undefined) return undefined;
    const type = digitalSourceType(source);
    const others = html.replace(metaOf(aigcName), "").replace(metaOf(sourceName), "");
    const at = headAt(others);
    const out = others.slice(0, at) + meta(aigcName, aigc) + meta(sourceName, type) + others.slice(at);
    return { bytes: utf8(out), marks: [aigcMark("html.meta"), iptcMark(type)] };
  },
  async read(bytes) {
    const html = fromUtf8(bytes) ?? "";
    const found = labelIn(withoutHtmlManifest(html));
    return {
      label: found === undefined ? noLabel(method) : foundLabel(method, { ...found }),
      aigc: valuesOf(html, aigcName).map((text) => ({ carrier: "html.meta", text })),
      iptc: iptcFromValues(valuesOf(html, sourceName)),
    };
  },
};

/** Where the body begins in a document that does not say so: behind its head, or what stands for one. */
const headEnd = (html: string): number => {
  const close = /<\/head\s{0,9}>/i.exec(html);
  return close === null ? headAt(html) : close.index + close[0].length;
};

/** How far from its ends a document's words are looked at for a label. */
const reach = 8192;

/** The label at the start or the end of the words that are shown. */
function labelIn(html: string) {
  const lower = html.toLowerCase();
  const body = lower.indexOf("<body");
  const start = body < 0 ? headEnd(html) : Math.max(0, lower.indexOf(">", body)) + 1;
  const head = readTextLabel(wordsOf(html.slice(start, start + reach)));
  const tail = readTextLabel(wordsOf(html.slice(Math.max(start, html.length - reach))));
  return head?.where === "head" ? head : tail?.where === "tail" ? tail : undefined;
}

const wordsOf = (html: string): string =>
  html.replace(/<(script|style|title)\b[\s\S]*?<\/\1\s*>/gi, "").replace(/<!--[\s\S]*?-->|<[^>]*>/g, "\n");
