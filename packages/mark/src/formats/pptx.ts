import { parseZip } from "@inkseal/codec";
import { InksealError, type LayerVerdict } from "@inkseal/core";
import { labelSlides, slidesOf } from "../label/pptx.ts";
import { labelInShapes } from "../label/text-box.ts";
import { type Format, foundLabel, noLabel } from "./format.ts";
import { ooxmlFormat } from "./ooxml.ts";
import { editOf, type OoxmlEdit } from "./ooxml-parts.ts";

const method = "gb45438.page";
/** Slides that are looked at for a label, and bytes that they unpack to. */
const looked = { slides: 200, bytes: 12 * 1024 * 1024 };

/** A presentation: a text box on every slide. */
export const pptxFormat: Format = {
  ...ooxmlFormat,
  async content(bytes, { policy, provenance: { locale } }) {
    const { text: where, textForm: form } = policy.marks;
    if (where === "none") return undefined;
    const edit = editOf(bytes);
    try {
      const { labelled: slides, bare } = labelSlides(edit, locale, where, form);
      return {
        bytes: edit.file(),
        marks: slides === 0 ? [] : [{ layer: "label", method, data: { where, form, slides } }],
        ...((bare > 0 || slides === 0) && {
          warnings: [`the presentation has slides without a label: ${bare || "it has none to carry one"}`],
        }),
      };
    } catch (error) {
      if (!InksealError.is(error)) throw error;
      return { bytes, marks: [], warnings: [`the slides carry no label: ${error.message}`] };
    }
  },
  read: async (bytes) => ({ ...(await ooxmlFormat.read(bytes)), label: labelIn(bytes) }),
};

function labelIn(bytes: Uint8Array): LayerVerdict {
  try {
    const edit = editOf(bytes, parseZip(bytes), looked.bytes);
    const found = slidesOf(edit)
      .slides.slice(0, looked.slides)
      .flatMap((name) => labelOn(edit, name) ?? []);
    return found.length === 0 ? noLabel(method) : foundLabel(method, { text: found[0], slides: found.length });
  } catch {
    return { ...noLabel(method), detail: "the slides cannot be read" };
  }
}

/** Undefined also for a slide that cannot be read. */
function labelOn(edit: OoxmlEdit, name: string): string | undefined {
  try {
    return labelInShapes(edit.get(name) ?? "");
  } catch {
    return undefined;
  }
}
