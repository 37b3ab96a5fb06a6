import { InksealError } from "@inkseal/core";

/** A row of a CSV file and the line of the file on which it begins, from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/**
 * Comma-separated values as RFC 4180 has them: fields in quotes may hold commas, line ends and doubled quotes; spaces are part of a field.
 * Lines end in CRLF, LF or CR; a byte order mark and empty lines are passed over. Throws `bad-file` naming the line: for a quote that does
 * not end, text beside quotes, and a record with more or fewer fields than the first.
 */
export function parseCsv(text: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  const bad = (line: number, what: string) => new InksealError("bad-file", `line ${line} of the table ${what}`);
  let at = text.startsWith("\ufeff") ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const began = line;
    const fields: string[] = [];
    const quotes = text[at] === '"';
    for (;;) {
      let field: string;
      if (text[at] === '"') {
        let end = at + 1;
        for (; ; end += 2) {
          end = text.indexOf('"', end);
          if (end < 0) throw bad(began, "has a quote that does not end");
          if (text[end + 1] !== '"') break;
        }
        const raw = text.slice(at + 1, end);
        line += raw.match(/\r\n|\r|\n/g)?.length ?? 0;
        field = raw.replaceAll('""', '"');
        at = end + 1;
        if (at < text.length && !",\r\n".includes(text[at]!)) throw bad(line, "has text after a closing quote");
      } else {
        const start = at;
        while (at < text.length && !",\r\n".includes(text[at]!)) at++;
        field = text.slice(start, at);
        if (field.includes('"')) throw bad(line, "has a quote inside a field that does not begin with one");
      }
      fields.push(field);
      if (text[at] !== ",") break;
      at++;
    }
    if (at < text.length) at += text.startsWith("\r\n", at) ? 2 : 1;
    const empty = fields.length === 1 && fields[0] === "" && !quotes;
    line++;
    if (empty) continue;
    const wanted = records[0]?.fields.length ?? fields.length;
    if (fields.length !== wanted) throw bad(began, `has ${fields.length} fields in place of ${wanted}`);
    records.push({ line: began, fields });
  }
  return records;
}

/** Records as CSV with LF; quotes where they are needed. */
export const formatCsv = (records: readonly (readonly string[])[]): string =>
  records.map((fields) => `${fields.map((f) => quoted(f, fields.length === 1)).join(",")}\n`).join("");
/** An empty field alone on its line needs quotes, or it would be an empty line. */
const quoted = (field: string, alone: boolean): string =>
  /[",\r\n]|^\ufeff/.test(field) || (alone && field === "") ? `"${field.replaceAll('"', '""')}"` : field;
