import { badFile, fromLatin1, latin1, type XmlTag, xmlTags } from "@inkseal/codec";
import type { Container } from "../container.ts";

const manifestNs = "http://c2pa.org/manifest";
const isManifest = (t: XmlTag): boolean => t.name === "c2pa:manifest" && t.kind !== "close";
const isMetadata = (t: XmlTag | undefined): t is XmlTag => t?.local === "metadata";

/**
 * Base 64 in `svg/metadata/c2pa:manifest` (C2PA 2.2, A.3.3). Offsets are bytes, so the text is handled as Latin-1: tags are ASCII,
 * and what stands between them is not touched.
 */
export const svgContainer: Container = {
  embed(file, store) {
    const xml = withoutManifest(fromLatin1(file));
    const root = xmlTags(xml).find((t) => t.kind === "open");
    if (root === undefined) throw badFile("SVG without content");
    const open = `<metadata><c2pa:manifest xmlns:c2pa="${manifestNs}">`;
    const text = base64(store);
    const out = `${xml.slice(0, root.end)}${open}${text}</c2pa:manifest></metadata>${xml.slice(root.end)}`;
    return { file: latin1(out), place: { start: root.end + open.length, length: text.length } };
  },
  extract(file) {
    const xml = fromLatin1(file);
    const tags = xmlTags(xml);
    const at = tags.findIndex(isManifest);
    const [tag, close] = [tags[at], tags[at + 1]];
    if (tag === undefined || tag.kind !== "open") return undefined;
    if (close?.kind !== "close" || close.name !== tag.name) throw badFile("SVG: a manifest element that is not text");
    const store = fromBase64(xml.slice(tag.end, close.start));
    return { store, place: { start: tag.end, length: close.start - tag.end } };
  },
};

/** Without manifest elements, and without the metadata elements that held nothing else. */
function withoutManifest(xml: string): string {
  const tags = xmlTags(xml);
  const at = tags.findIndex(isManifest);
  if (at < 0) return xml;
  let [first, last] = [at, tags[at]?.kind === "empty" ? at : at + 1];
  const wrapped =
    isMetadata(tags[first - 1]) &&
    tags[first - 1]?.kind === "open" &&
    isMetadata(tags[last + 1]) &&
    tags[last + 1]?.kind === "close";
  if (wrapped) [first, last] = [first - 1, last + 1];
  return withoutManifest(xml.slice(0, tags[first]?.start) + xml.slice(tags[last]?.end));
}

/** Base 64 (RFC 4648) of any length; in pieces of whole triples, since arguments are limited. */
export function base64(bytes: Uint8Array): string {
  let out = "";
  for (let at = 0; at < bytes.length; at += 24_573) out += btoa(fromLatin1(bytes.subarray(at, at + 24_573)));
  return out;
}

export function fromBase64(text: string): Uint8Array {
  try {
    return latin1(atob(text.replace(/\s/g, "")));
  } catch (cause) {
    throw badFile("a manifest that is not base 64", cause);
  }
}
