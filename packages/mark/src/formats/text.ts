import { fromUtf8, utf8 } from "@inkseal/codec";
import { frontMatterAigc, splitFrontMatter, withFrontMatterAigc } from "../aigc/front-matter.ts";
import { labelText, readTextLabel } from "../label/text.ts";
import { type Format, foundLabel, noLabel } from "./format.ts";

const method = "gb45438.text";

/** Plain text carries a label and nothing else: there is no place for metadata that is not content. */
export const textFormat: Format = {
  async label(bytes, policy, { locale }) {
    const text = fromUtf8(bytes);
    const where = policy.marks.text;
    if (text === undefined || where === "none") return undefined;
    const { front, body } = splitFrontMatter(text);
    return {
      bytes: utf8(front + labelText(body, where, locale)),
      marks: [{ layer: "label", method, data: { where } }],
    };
  },
  metadata: () => undefined,
  async read(bytes) {
    const text = fromUtf8(bytes) ?? "";
    const { front, body } = splitFrontMatter(text);
    const found = readTextLabel(body);
    return {
      label: found === undefined ? noLabel(method) : foundLabel(method, { ...found }),
      aigc: frontMatterAigc(front).map((json) => ({ carrier: "frontmatter", text: json })),
    };
  },
};

/** Markdown also carries AIGC in its front matter (TC260-PG-20258A, 6.5). */
export const markdownFormat: Format = {
  ...textFormat,
  metadata(bytes, aigc) {
    const text = fromUtf8(bytes);
    if (text === undefined) return undefined;
    return {
      bytes: utf8(withFrontMatterAigc(text, aigc)),
      marks: [{ layer: "aigc", method: "gb45438.aigc", data: { carrier: "frontmatter" } }],
    };
  },
};
