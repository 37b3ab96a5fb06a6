import {
  badFile,
  escapeXml,
  fromUtf8,
  parseZip,
  unescapeXml,
  utf8,
  withZipMembers,
  xmlTags,
  type Zip,
  zipData,
} from "@inkseal/codec";
import { iptcFromValues } from "../aigc/xmp.ts";
import { digitalSourceType } from "../c2pa/names.ts";
import { aigcMark, type Format, iptcMark } from "./format.ts";

const limit = 4 * 1024 * 1024;
const [custom, rels, types] = ["docProps/custom.xml", "_rels/.rels", "[Content_Types].xml"];
const namespaces = {
  properties: "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties",
  values: "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes",
} as const;
const formatId = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}";
const [aigcName, sourceName] = ["AIGC", "DigitalSourceType"];

function part(file: Uint8Array, zip: Zip, name: string): string | undefined {
  const data = zipData(file, zip, name, limit);
  return data === undefined ? undefined : fromUtf8(data);
}

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

/** `added` as the last children of the root. */
function inside(xml: string, added: string): string {
  const close = xmlTags(xml).findLast((t) => t.kind === "close");
  if (close === undefined) throw badFile("a part without content");
  return xml.slice(0, close.start) + added + xml.slice(close.start);
}

/** AIGC as a custom property (TC260-PG-20258A, 6.1), the IPTC source type as another: OOXML has no place for XMP. */
export const ooxmlFormat: Format = {
  metadata(bytes, aigc, { source }) {
    const zip = parseZip(bytes);
    const [old, relations, content] = [custom, rels, types].map((name) => part(bytes, zip, name));
    if (relations === undefined || content === undefined) throw badFile("a zip that is no document");
    const type = digitalSourceType(source);
    const members: [string, Uint8Array][] = [
      [
        custom,
        utf8(
          withProperties(old ?? empty, [
            [aigcName, aigc],
            [sourceName, type],
          ]),
        ),
      ],
    ];
    let declared = content;
    if (!/Extension="c2pa"/.test(declared))
      declared = inside(declared, '<Default Extension="c2pa" ContentType="application/c2pa"/>');
    if (old === undefined) {
      declared = inside(
        declared,
        `<Override PartName="/${custom}" ContentType="application/vnd.openxmlformats-officedocument.custom-properties+xml"/>`,
      );
      const relation = `<Relationship Id="rIdInksealCustom" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties" Target="${custom}"/>`;
      members.push([rels, utf8(inside(relations, relation))]);
    }
    if (declared !== content) members.push([types, utf8(declared)]);
    return { bytes: withZipMembers(bytes, zip, members).file, marks: [aigcMark("ooxml.custom"), iptcMark(type)] };
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
  return xml && unescapeXml(xml.replace(/<(?:\w+:)?(?:br|tab)\b[^>]*>|<\/(?:\w+:)?p>/g, "\n").replace(/<[^>]*>/g, ""));
}
