import { badFile } from "./bytes.ts";
import { escapeXml, unescapeXml, type XmlTag, xmlTags } from "./xml.ts";

/** A simple property of an XMP packet (ISO 16684-1). */
export interface XmpProperty {
  readonly ns: string;
  /** Prefix to write; any prefix is read. */
  readonly prefix: string;
  readonly name: string;
  /** Undefined: the property is to go. */
  readonly value: string | undefined;
  /** Written as a language alternative of one entry, the default (ISO 16684-1, 8.2.2.4): for words that people read. */
  readonly words?: true;
}

const rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";

/** Every value of a property, in element or attribute form, in file order. Throws `bad-file` for malformed XML. */
export function readXmp(packet: string, ns: string, name: string): string[] {
  const tags = xmlTags(packet);
  const values: string[] = [];
  const is = (t: { ns: string; local: string }): boolean => t.ns === ns && t.local === name;
  for (const [i, tag] of tags.entries()) {
    if (tag.kind !== "close") for (const a of tag.attributes) if (is(a)) values.push(a.value);
    if (tag.kind !== "open" || !is(tag)) continue;
    const end = tags[closing(tags, i)] as XmlTag;
    values.push(textOf(packet.slice(tag.end, end.start)).trim());
  }
  return values;
}

/** Character data of a piece of XML: CDATA taken literally, tags and comments left out. */
function textOf(xml: string): string {
  return xml.replace(/<!\[CDATA\[([\s\S]*?)\]\]>|<!--[\s\S]*?-->|<[^>]*>|[^<]+/g, (piece, cdata) =>
    cdata !== undefined ? cdata : piece.startsWith("<") ? "" : unescapeXml(piece),
  );
}

function closing(tags: readonly XmlTag[], from: number): number {
  for (let depth = 0, i = from; i < tags.length; i++) {
    const kind = tags[i]?.kind;
    depth += kind === "open" ? 1 : kind === "close" ? -1 : 0;
    if (depth === 0) return i;
  }
  throw badFile("XML ends inside an element");
}

/**
 * The packet with these properties set and everything else kept. Earlier values of the same properties are removed,
 * wherever and in whichever form they stand. Without a packet, a new one. Throws `bad-file` for malformed XML and for
 * XML without `rdf:RDF`.
 */
export function setXmp(packet: string | undefined, properties: readonly XmpProperty[]): string {
  let xml = packet ?? xmpEmpty;
  for (const p of properties) xml = withoutProperty(xml, p.ns, p.name);
  const tags = xmlTags(xml);
  const root = tags.find((t) => t.ns === rdf && t.local === "RDF" && t.kind === "open");
  if (root === undefined) throw badFile("XMP without rdf:RDF");
  const set = properties.flatMap((p) => (p.value === undefined ? [] : [{ ...p, value: p.value }]));
  const spaces = [...new Map(set.map((p) => [p.prefix, p.ns]))].map(([prefix, ns]) => ` xmlns:${prefix}="${escapeXml(ns)}"`);
  // a description of our own: prefixes can be declared without touching what is there
  const about = tags
    .find((t) => t.ns === rdf && t.local === "Description")
    ?.attributes.find((a) => a.ns === rdf && a.local === "about");
  const prefix = root.name.includes(":") ? root.name.slice(0, root.name.indexOf(":") + 1) : "";
  if (prefix === "") throw badFile("XMP with an unprefixed rdf:RDF");
  const written = ({ value, words }: (typeof set)[0]): string =>
    words
      ? `<${prefix}Alt><${prefix}li xml:lang="x-default">${escapeElement(value)}</${prefix}li></${prefix}Alt>`
      : escapeElement(value);
  const lines = set.map((p) => `   <${p.prefix}:${p.name}>${written(p)}</${p.prefix}:${p.name}>\n`).join("");
  const block = `\n  <${prefix}Description ${prefix}about="${escapeXml(about?.value ?? "")}"${spaces.join("")}>\n${lines}  </${prefix}Description>`;
  return xml.slice(0, root.end) + block + xml.slice(root.end);
}

/** Quotes need no escape in element content, and plain JSON is what other readers look for. */
const escapeElement = (text: string): string => text.replace(/[<>&]/g, escapeXml);

function withoutProperty(xml: string, ns: string, name: string): string {
  const is = (t: { ns: string; local: string }): boolean => t.ns === ns && t.local === name;
  const tags = xmlTags(xml);
  const cuts: [number, number][] = [];
  for (let i = 0; i < tags.length; i++) {
    const tag = tags[i] as XmlTag;
    if (tag.kind === "close") continue;
    if (is(tag)) {
      const end = closing(tags, i);
      cuts.push([tag.start, (tags[end] as XmlTag).end]);
      i = end;
    } else for (const a of tag.attributes) if (is(a)) cuts.push([a.start, a.end]);
  }
  let out = xml;
  for (const [start, end] of cuts.reverse()) out = out.slice(0, start) + out.slice(end);
  return out;
}

/** A packet that says nothing. */
export const xmpEmpty: string = `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="${rdf}">
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>`;
