import { badFile, fromUtf8, utf8, type XmlTag, xmlTags } from "@inkseal/codec";
import { iptcFromValues } from "../aigc/xmp.ts";
import { digitalSourceType } from "../c2pa/names.ts";
import { textLabels } from "../label/text.ts";
import { aigcMark, type Format, foundLabel, iptcMark, noLabel } from "./format.ts";

const [aigcName, sourceName] = ["AIGC", "DigitalSourceType"];
const method = "gb45438.text";
const rightsType = "AIGC";

function open(bytes: Uint8Array): { xml: string; tags: readonly XmlTag[] } {
  const xml = fromUtf8(bytes);
  if (xml === undefined) throw badFile("MusicXML that is not UTF-8");
  const tags = xmlTags(xml);
  if (tags[0]?.local !== "score-partwise" || tags[0].kind !== "open") throw badFile("XML that is no partwise score");
  return { xml, tags };
}
/** An element, its tags included, by its name and an attribute. */
interface Element {
  readonly start: number;
  readonly end: number;
  readonly inner: string;
  readonly value: string | undefined;
}
function elements({ xml, tags }: ReturnType<typeof open>, name: string, attribute: string): Element[] {
  return tags.flatMap((tag, i) => {
    if (tag.local !== name || tag.kind !== "open") return [];
    const close = tags.slice(i + 1).find((t) => t.kind === "close" && t.local === name)!;
    return [
      {
        start: tag.start,
        end: close.end,
        inner: unescaped(xml.slice(tag.end, close.start)),
        value: tag.attributes.find((a) => a.local === attribute)?.value,
      },
    ];
  });
}
const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => entities[c]!);
const unescaped = (text: string): string => Object.entries(entities).reduceRight((t, [c, name]) => t.replaceAll(name, c), text);

/** The score without these elements. */
function without(xml: string, gone: readonly Element[]): string {
  return [...gone]
    .sort((a, b) => b.start - a.start)
    .reduce((text, { start, end }) => text.slice(0, start) + text.slice(end), xml);
}
/** With `identification`, which stands after what names the work (MusicXML 4.0, score-header); made where there is none. */
function identified(xml: string): string {
  const { tags } = open(utf8(xml));
  if (tags.some(({ local, kind }) => local === "identification" && kind === "open")) return xml;
  const before = tags
    .filter(({ local, kind }) => ["work", "movement-number", "movement-title"].includes(local) && kind !== "open")
    .at(-1);
  const at = before?.end ?? tags[0]!.end;
  return `${xml.slice(0, at)}<identification></identification>${xml.slice(at)}`;
}
const isOurs = ({ value }: Element): boolean => value === aigcName || value === sourceName;

/** No guide names a place in MusicXML: the label is a statement of rights, which is printed; AIGC and the IPTC source type are miscellaneous fields. */
export const musicXmlFormat: Format = {
  async content(bytes, { policy, provenance: { locale } }) {
    if (policy.marks.text === "none") return undefined;
    const read = open(bytes);
    const xml = identified(
      without(
        read.xml,
        elements(read, "rights", "type").filter(({ value }) => value === rightsType),
      ),
    );
    const { tags } = open(utf8(xml));
    // creators stand before rights
    const creators = tags.filter(({ local, kind }) => local === "creator" && kind === "close").at(-1);
    const at = creators?.end ?? tags.find(({ local, kind }) => local === "identification" && kind === "open")!.end;
    return {
      bytes: utf8(`${xml.slice(0, at)}<rights type="${rightsType}">${textLabels[locale]}</rights>${xml.slice(at)}`),
      marks: [{ layer: "label", method, data: { where: "head" } }],
    };
  },
  metadata(bytes, aigc, { source }) {
    const type = digitalSourceType(source);
    const read = open(bytes);
    const xml = identified(without(read.xml, elements(read, "miscellaneous-field", "name").filter(isOurs)));
    const { tags } = open(utf8(xml));
    const fields = [
      [aigcName, aigc],
      [sourceName, type],
    ]
      .map(([name, value]) => `<miscellaneous-field name="${name}">${escaped(value!)}</miscellaneous-field>`)
      .join("");
    const there = tags.find(({ local, kind }) => local === "miscellaneous" && kind === "open");
    const at = there?.end ?? tags.find(({ local, kind }) => local === "identification" && kind === "close")!.start;
    const put = there === undefined ? `<miscellaneous>${fields}</miscellaneous>` : fields;
    return { bytes: utf8(xml.slice(0, at) + put + xml.slice(at)), marks: [aigcMark("musicxml.miscellaneous"), iptcMark(type)] };
  },
  async read(bytes) {
    const read = open(bytes);
    const fields = elements(read, "miscellaneous-field", "name");
    const of = (name: string): string[] => fields.filter(({ value }) => value === name).map(({ inner }) => inner);
    const label = elements(read, "rights", "type").find(({ value }) => value === rightsType);
    return {
      label: label === undefined ? noLabel(method) : foundLabel(method, { where: "head", text: label.inner }),
      aigc: of(aigcName).map((text) => ({ carrier: "musicxml.miscellaneous", text })),
      iptc: iptcFromValues(of(sourceName)),
    };
  },
};
