import { escapeXml, fromUtf8, unescapeXml, utf8 } from "@inkseal/codec";
import { iptcFromValues } from "../aigc/xmp.ts";
import { withoutHtmlManifest } from "../c2pa/containers/html.ts";
import { digitalSourceType } from "../c2pa/names.ts";
import { isScene, labelScene, sceneIn, withoutScene } from "../label/scene.ts";
import { cornerLabel, readTextLabel, textLabels } from "../label/text.ts";
import { aigcMark, type Format, foundLabel, iptcMark, noLabel } from "./format.ts";
import { headAt } from "./html-head.ts";

const method = "gb45438.text";
const sceneMethod = "gb45438.scene";
const [aigcName, sourceName] = ["AIGC", "DigitalSourceType"];
const metaOf = (name: string): RegExp => new RegExp(`<meta\\s+name="${name}"\\s+content="([^"]*)"\\s*/?>`, "gi");
const valuesOf = (html: string, name: string): string[] =>
  [...html.matchAll(metaOf(name))].map((m) => unescapeXml(m[1] as string));
const meta = (name: string, value: string): string => `<meta name="${name}" content="${escapeXml(value)}">`;

/**
 * The label as a paragraph of its own in the body, or on a page that is used rather than read as a start page and a corner mark; AIGC and the IPTC source type as `meta` elements in the head. No practice
 * guide names a place in HTML: `meta` is what is seen in use.
 */
export const htmlFormat: Format = {
  async content(bytes, { policy, provenance: { locale } }) {
    const html = fromUtf8(bytes);
    const where = policy.marks.text;
    if (html === undefined || where === "none") return undefined;
    const { textForm: form } = policy.marks;
    const bare = withoutHtmlManifest(html);
    if (isScene(bare)) {
      const data = { where: "throughout", form } as const;
      return { bytes: utf8(labelScene(bare, locale, form)), marks: [{ layer: "label", method: sceneMethod, data }] };
    }
    // whoever hears the page hears the words
    const corner = `<sup role="note" aria-label="${textLabels[locale]}">${cornerLabel}</sup>`;
    const paragraph = form === "corner" ? corner : `<p>${textLabels[locale]}</p>`;
    const marks = [{ layer: "label", method, data: { where, form } } as const];
    const there = labelIn(bare);
    if (there?.where === where && there.form === form) return { bytes: utf8(bare), marks };
    const body = /<body(?:\s[^<>]*)?>/i.exec(bare);
    const start = body === null ? headEnd(bare) : body.index + body[0].length;
    const close = bare.toLowerCase().lastIndexOf("</body");
    const end = close < 0 ? bare.length : close;
    const at = where === "head" ? start : where === "middle" ? paragraphNear(bare, start, end) : end;
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
    const bare = withoutHtmlManifest(html);
    const scene = sceneIn(bare);
    const found = scene === undefined ? labelIn(bare) : undefined;
    return {
      label:
        scene !== undefined
          ? foundLabel(sceneMethod, { ...scene })
          : found === undefined
            ? noLabel(method)
            : foundLabel(method, { ...found }),
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

/** The end of the paragraph that is nearest to the middle; the end where there is none. */
function paragraphNear(html: string, start: number, end: number): number {
  let best = end;
  const far = (at: number): number => Math.abs(at - (start + end) / 2);
  for (const { index } of html.slice(start, end).matchAll(/<\/p>/gi)) {
    const at = start + index + 4;
    if (at < end && (best === end || far(at) < far(best))) best = at;
  }
  return best;
}

/** How far from its ends a document's words are looked at for a label. */
const reach = 8192;

/** The label at the start or the end of the words that are shown. */
function labelIn(html: string) {
  const lower = html.toLowerCase();
  const body = lower.indexOf("<body");
  const start = body < 0 ? headEnd(html) : Math.max(0, lower.indexOf(">", body)) + 1;
  const head = readTextLabel(wordsOf(html.slice(start, start + reach)));
  const tail = readTextLabel(wordsOf(html.slice(Math.max(start, html.length - reach))));
  if (head?.where === "head") return head;
  if (tail?.where === "tail") return tail;
  const middle = (start + html.length) / 2;
  const between = readTextLabel(wordsOf(html.slice(Math.max(start, middle - reach), middle + reach)));
  return between && { ...between, where: "middle" as const };
}

/** The words that a page shows, as they are read: without markup, scripts and manifests. */
export const shownWords = (html: string): string => unescapeXml(wordsOf(withoutScene(withoutHtmlManifest(html))));

const wordsOf = (html: string): string =>
  html.replace(/<(script|style|title)\b[\s\S]*?<\/\1\s*>/gi, "").replace(/<!--[\s\S]*?-->|<[^>]*>/g, "\n");
