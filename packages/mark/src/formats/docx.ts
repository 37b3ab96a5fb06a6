import { parseZip, utf8, withZipMembers } from "@inkseal/codec";
import type { LayerVerdict } from "@inkseal/core";
import { readTextLabel, textLabels } from "../label/text.ts";
import { type Format, foundLabel, noLabel } from "./format.ts";
import { documentPart, documentWords, mainPart, ooxmlFormat } from "./ooxml.ts";

const method = "gb45438.text";

/** A Word document: the label is a paragraph of its own, the first or the last of the body. In the middle of others' layout none is put. */
export const docxFormat: Format = {
  ...ooxmlFormat,
  async content(bytes, { policy, provenance: { locale } }) {
    const where = policy.marks.text === "head" ? "head" : "tail";
    const xml = policy.marks.text === "none" ? undefined : documentPart(bytes);
    const body = xml === undefined ? undefined : /<(\w+:)?body\b[^>]*>/.exec(xml);
    if (xml === undefined || body === null || body === undefined) return undefined;
    const marks = [{ layer: "label", method, data: { where } }] as const;
    if (readTextLabel(documentWords(bytes) ?? "")?.where === where) return { bytes, marks };
    const w = body[1] ?? "";
    const paragraph = `<${w}p><${w}r><${w}t>${textLabels[locale]}</${w}t></${w}r></${w}p>`;
    const close = xml.lastIndexOf(`</${w}body>`);
    // the body's own section properties stand last (ISO 29500-1, 17.2.2)
    const section = new RegExp(`<${w}sectPr\\b(?:(?!<${w}p\\b)[\\s\\S])*$`).exec(xml.slice(0, Math.max(0, close)));
    const end = section === null ? close : section.index;
    const at = where === "head" ? body.index + body[0].length : end;
    if (at < body.index + body[0].length) return undefined;
    const out = xml.slice(0, at) + paragraph + xml.slice(at);
    return { bytes: withZipMembers(bytes, parseZip(bytes), [[mainPart, utf8(out)]]).file, marks };
  },
  async read(bytes) {
    return { ...(await ooxmlFormat.read(bytes)), label: labelIn(bytes) };
  },
};

function labelIn(bytes: Uint8Array): LayerVerdict {
  try {
    const found = readTextLabel(documentWords(bytes) ?? "");
    return found === undefined ? noLabel(method) : foundLabel(method, { ...found });
  } catch {
    return { ...noLabel(method), detail: "the words cannot be read" };
  }
}
