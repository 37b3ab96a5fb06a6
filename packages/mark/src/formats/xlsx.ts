import { InksealError, type LayerVerdict } from "@inkseal/core";
import { labelInWorkbook, labelWorkbook } from "../label/xlsx.ts";
import { type Format, foundLabel, noLabel } from "./format.ts";
import { ooxmlFormat } from "./ooxml.ts";
import { editOf } from "./ooxml-parts.ts";

const method = "gb45438.page";

/** A workbook: a text box beside the first row, and a header in print. */
export const xlsxFormat: Format = {
  ...ooxmlFormat,
  async content(bytes, { policy, provenance: { locale } }) {
    const { text: where, textForm: form } = policy.marks;
    if (where === "none") return undefined;
    const edit = editOf(bytes);
    try {
      const { printed, bare } = labelWorkbook(edit, locale, form);
      return {
        bytes: edit.file(),
        marks: [{ layer: "label", method, data: { where: "head", form, printed } }],
        ...(bare > 0 && { warnings: [`${bare} of the workbook's sheets cannot be read and print no label`] }),
      };
    } catch (error) {
      if (!InksealError.is(error)) throw error;
      return { bytes, marks: [], warnings: [`the workbook carries no label: ${error.message}`] };
    }
  },
  read: async (bytes) => ({ ...(await ooxmlFormat.read(bytes)), label: labelIn(bytes) }),
};

function labelIn(bytes: Uint8Array): LayerVerdict {
  try {
    const text = labelInWorkbook(editOf(bytes));
    return text === undefined ? noLabel(method) : foundLabel(method, { text });
  } catch {
    return { ...noLabel(method), detail: "the sheets cannot be read" };
  }
}
