import { escapeXml, parseZip, unescapeXml, xmlTags } from "@inkseal/codec";
import { iptcFromValues } from "../aigc/xmp.ts";
import { digitalSourceType } from "../c2pa/names.ts";
import { aigcMark, type Format, iptcMark } from "./format.ts";
import { editOf, inside, part, typesPart } from "./ooxml-parts.ts";

const custom = "docProps/custom.xml";
const namespaces = {
  properties: "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties",
  values: "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes",
} as const;
const formatId = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}";
const [aigcName, sourceName] = ["AIGC", "DigitalSourceType"];

interface Property {
  readonly name: string;
  readonly pid: number;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** Custom properties (ISO 29500-1, 22.3) with their places in the part. */
function properties(xml: string): Property[] {
  const tags = xmlTags(xml);
  return tags.flatMap((tag, i) => {
    if (tag.local !== "property" || tag.kind !== "open" || tag.ns !== namespaces.properties) return [];
    const close = tags.slice(i + 1).find((t) => t.kind === "close" && t.name === tag.name);
    const attribute = (local: string): string => tag.attributes.find((a) => a.local === local)?.value ?? "";
    if (close === undefined) return [];
    const value = unescapeXml(xml.slice(tag.end, close.start).replace(/<[^>]*>/g, "")).trim();
    return [{ name: attribute("name"), pid: Number(attribute("pid")), value, start: tag.start, end: close.end }];
  });
}

const empty = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Properties xmlns="${namespaces.properties}" xmlns:vt="${namespaces.values}"></Properties>`;

/** The part with these properties, each once. */
function withProperties(xml: string, values: readonly (readonly [name: string, value: string])[]): string {
  let out = xml;
  for (const p of properties(xml).reverse()) {
    if (values.some(([name]) => name === p.name)) out = out.slice(0, p.start) + out.slice(p.end);
  }
  const first =
    Math.max(
      1,
      ...properties(out)
        .map((p) => p.pid)
        .filter(Number.isInteger),
    ) + 1;
  const made = values.map(
    ([name, value], i) =>
      `<property xmlns="${namespaces.properties}" fmtid="${formatId}" pid="${first + i}" name="${name}"><vt:lpwstr xmlns:vt="${namespaces.values}">${escapeXml(value)}</vt:lpwstr></property>`,
  );
  return inside(out, made.join(""));
}

/** AIGC as a custom property (TC260-PG-20258A, 6.1), the IPTC source type as another: OOXML has no place for XMP. */
export const ooxmlFormat: Format = {
  metadata(bytes, aigc, { source }) {
    const zip = parseZip(bytes);
    const old = part(bytes, zip, custom);
    const edit = editOf(bytes, zip);
    const type = digitalSourceType(source);
    edit.set(custom, withProperties(old ?? empty, [[aigcName, aigc], [sourceName, type]])); // biome-ignore format: one idea
    const declared = edit.get(typesPart) as string;
    if (!/Extension="c2pa"/.test(declared))
      edit.set(typesPart, inside(declared, '<Default Extension="c2pa" ContentType="application/c2pa"/>'));
    if (old === undefined) {
      edit.declare(custom, "application/vnd.openxmlformats-officedocument.custom-properties+xml");
      edit.relate("", "rIdInksealCustom", "custom-properties", custom);
    }
    return { bytes: edit.file(), marks: [aigcMark("ooxml.custom"), iptcMark(type)] };
  },
  async read(bytes) {
    const xml = part(bytes, parseZip(bytes), custom);
    const found = xml === undefined ? [] : properties(xml);
    const values = (name: string): string[] => found.filter((p) => p.name === name).map((p) => p.value);
    return {
      aigc: values(aigcName).map((text) => ({ carrier: "ooxml.custom", text })),
      iptc: iptcFromValues(values(sourceName)),
    };
  },
};

export const mainPart = "word/document.xml";

/** The main part of a text document; undefined for other documents. Throws `bad-file`. */
export const documentPart = (bytes: Uint8Array): string | undefined => part(bytes, parseZip(bytes), mainPart);

/** The words of a text document, a paragraph a line; undefined for other documents. Throws `bad-file`. */
export function documentWords(bytes: Uint8Array): string | undefined {
  const xml = documentPart(bytes);
  return xml && unescapeXml(xml.replace(/<(?:\w+:)?(?:br|tab)\b[^<>]*>|<\/(?:\w+:)?p>/g, "\n").replace(/<[^<>]*>/g, ""));
}
