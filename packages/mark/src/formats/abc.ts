import { badFile, fromUtf8, utf8 } from "@inkseal/codec";
import { iptcFromValues } from "../aigc/xmp.ts";
import { digitalSourceType } from "../c2pa/names.ts";
import { textLabels } from "../label/text.ts";
import { aigcMark, type Format, foundLabel, iptcMark, noLabel } from "./format.ts";

const [aigcPrefix, sourcePrefix] = ["%AIGC=", "%DigitalSourceType="];
const method = "gb45438.text";
const labels = Object.values(textLabels);

/** The lines up to the first tune's number, that line, and the rest. */
function cut(bytes: Uint8Array): { lines: string[]; number: number } {
  const text = fromUtf8(bytes);
  const lines = text?.split("\n") ?? [];
  const number = lines.findIndex((line) => line.startsWith("X:"));
  if (number < 0) throw badFile("not a tune in ABC: it has no X: line");
  return { lines, number };
}

/** No guide names a place in ABC: the label is a note (`N:`), which programs print under the title; AIGC and the IPTC source type are comments. */
export const abcFormat: Format = {
  async content(bytes, { policy, provenance: { locale } }) {
    if (policy.marks.text === "none") return undefined;
    const { lines, number } = cut(bytes);
    const kept = lines.filter((line) => !labels.some((label) => line.trim() === `N:${label}`));
    return {
      bytes: utf8([...kept.slice(0, number + 1), `N:${textLabels[locale]}`, ...kept.slice(number + 1)].join("\n")),
      marks: [{ layer: "label", method, data: { where: "head" } }],
    };
  },
  metadata(bytes, aigc, { source }) {
    const type = digitalSourceType(source);
    const { lines, number } = cut(bytes);
    const ours = (line: string): boolean => line.startsWith(aigcPrefix) || line.startsWith(sourcePrefix);
    const head = lines.slice(0, number + 1).filter((line) => !ours(line));
    const rest = lines.slice(number + 1).filter((line) => !ours(line));
    return {
      bytes: utf8([...head, aigcPrefix + aigc, sourcePrefix + type, ...rest].join("\n")),
      marks: [aigcMark("abc.comment"), iptcMark(type)],
    };
  },
  async read(bytes) {
    const { lines } = cut(bytes);
    const after = (prefix: string): string[] =>
      lines.filter((l) => l.startsWith(prefix)).map((l) => l.slice(prefix.length).trim());
    const found = lines.find((line) => labels.some((label) => line.trim() === `N:${label}`));
    return {
      label: found === undefined ? noLabel(method) : foundLabel(method, { where: "head", text: found.trim().slice(2) }),
      aigc: after(aigcPrefix).map((text) => ({ carrier: "abc.comment", text })),
      iptc: iptcFromValues(after(sourcePrefix)),
    };
  },
};
