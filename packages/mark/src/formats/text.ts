import { fromUtf8, utf8 } from "@inkseal/codec";
import { frontMatterAigc, splitFrontMatter, withFrontMatterAigc } from "../aigc/front-matter.ts";
import { withoutTextManifest } from "../c2pa/containers/text.ts";
import { labelText, readTextLabel } from "../label/text.ts";
import { aigcMark, type Format, foundLabel, noLabel } from "./format.ts";
import { hiddenInWords, wordingVerdict } from "./text-watermark.ts";

const method = "gb45438.text";

/** Words without the manifests that may stand among them; undefined when they are not UTF-8. */
const wordsOf = (bytes: Uint8Array): string | undefined => fromUtf8(withoutTextManifest(bytes));

/** Plain text carries a label, and a manifest that is not seen: there is no place for other metadata that is not content. */
export const textFormat: Format = {
  async content(bytes, { policy, provenance: { locale, wordMarks = [] }, watermarkKey }) {
    const text = wordsOf(bytes);
    if (text === undefined) return undefined;
    const { text: where, textForm: form, wording } = policy.marks;
    // it changes words: only where the policy asks for it, and not on words that an engine marked while it drew them
    const hidden = wording && wordMarks.length === 0 && watermarkKey ? hiddenInWords(text, watermarkKey) : undefined;
    if (where === "none") return hidden && { bytes: utf8(hidden.text), marks: [hidden.mark] };
    const { front, body } = splitFrontMatter(hidden?.text ?? text);
    const label = { layer: "label", method, data: { where, form } } as const;
    return {
      bytes: utf8(front + labelText(body, where, locale, form)),
      marks: hidden === undefined ? [label] : [hidden.mark, label],
    };
  },
  metadata: () => undefined,
  async read(bytes, watermarkKey) {
    const text = wordsOf(bytes) ?? "";
    const { front, body } = splitFrontMatter(text);
    const found = readTextLabel(body);
    return {
      label: found === undefined ? noLabel(method) : foundLabel(method, { ...found }),
      aigc: frontMatterAigc(front).map((json) => ({ carrier: "frontmatter", text: json })),
      ...(watermarkKey && { watermark: wordingVerdict(body, watermarkKey) }),
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
