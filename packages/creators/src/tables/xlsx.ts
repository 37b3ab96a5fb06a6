import { escapeXml, parseZip, utf8, withZipMembers } from "@inkseal/codec";

const xml = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const packageTypes = "http://schemas.openxmlformats.org/package/2006";
const part = "application/vnd.openxmlformats-officedocument.spreadsheetml";

export const xlsxType = `${part}.sheet`;

/** What XML 1.0 may not hold. */
const forbidden = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const plainNumber = /^-?(0|[1-9]\d{0,14})(\.\d{1,15})?$/;

/**
 * Records as a workbook of one sheet (ISO 29500-1): a table that can carry metadata, which CSV cannot. In the columns of `numeric` what is a number becomes one;
 * everything else is text as it stands, so that no code loses its zeros.
 */
export function writeXlsx(records: readonly (readonly string[])[], numeric: readonly boolean[]): Uint8Array {
  const cell = (text: string, column: number, header: boolean): string => {
    if (text === "") return "<c/>";
    if (!header && numeric[column] && plainNumber.test(text)) return `<c><v>${text}</v></c>`;
    return `<c t="inlineStr"><is><t xml:space="preserve">${escapeXml(text.replace(forbidden, "\ufffd"))}</t></is></c>`;
  };
  const rows = records.map((fields, r) => `<row>${fields.map((text, column) => cell(text, column, r === 0)).join("")}</row>`);
  const parts: Readonly<Record<string, string>> = {
    "[Content_Types].xml": `<Types xmlns="${packageTypes}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${part}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${part}.worksheet+xml"/></Types>`,
    "_rels/.rels": `<Relationships xmlns="${packageTypes}/relationships"><Relationship Id="rId1" Type="${office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    "xl/workbook.xml": `<workbook xmlns="${main}" xmlns:r="${office}"><sheets><sheet name="synthetic" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": `<Relationships xmlns="${packageTypes}/relationships"><Relationship Id="rId1" Type="${office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
    "xl/worksheets/sheet1.xml": `<worksheet xmlns="${main}"><sheetData>${rows.join("")}</sheetData></worksheet>`,
  };
  // an archive of nothing is its end alone
  const empty = new Uint8Array(22);
  empty.set([0x50, 0x4b, 5, 6]);
  const members = Object.entries(parts).map(([name, text]) => [name, utf8(xml + text)] as const);
  return withZipMembers(empty, parseZip(empty), members).file;
}
