import { fromUtf8, utf8 } from "@inkseal/codec";
import { frontMatterAigc, splitFrontMatter, withFrontMatterAigc } from "../aigc/front-matter.ts";
import { withoutTextManifest } from "../c2pa/containers/text.ts";
import { labelText, readTextLabel } from "../label/text.ts";
import { aigcMark, type Format, foundLabel, noLabel } from "./format.ts";
import { wordingWatermark } from "./text-watermark.ts";

const method = "gb45438.text";

/** Words without the manifests that may stand among them; undefined when they are not UTF-8. */
const wordsOf = (bytes: Uint8Array): string | undefined => fromUtf8(withoutTextManifest(bytes));

/** Plain text carries a label, and a manifest that is not seen: there is no place for other metadata that is not content. */
export const textFormat: Format = {
  async label(bytes, policy, { locale }) {
    const text = wordsOf(bytes);
    const where = policy.marks.text;
    if (text === undefined || where === "none") return undefined;
    const { front, body } = splitFrontMatter(text);
    return {
      bytes: utf8(front + labelText(body, where, locale, policy.marks.textForm)),
      marks: [{ layer: "label", method, data: { where, form: policy.marks.textForm } }],
    };
  },
  metadata: () => undefined,
  watermark: wordingWatermark,
  async read(bytes) {
    const text = wordsOf(bytes) ?? "";
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
      marks: [aigcMark("frontmatter")],
    };
  },
};
