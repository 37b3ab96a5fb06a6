import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatCsv, parseCsv } from "./csv.ts";

describe("CSV (RFC 4180)", () => {
  it("comes back from what was written, whatever the fields hold", () => {
    const field = fc.stringMatching(/^[a",\r\n é]{0,8}$/);
    const table = fc
      .integer({ min: 1, max: 4 })
      .chain((n) => fc.array(fc.array(field, { minLength: n, maxLength: n }), { minLength: 1, maxLength: 6 }));
    fc.assert(
      fc.property(table, (rows) => {
        expect(parseCsv(formatCsv(rows)).map(({ fields }) => fields)).toEqual(rows);
      }),
    );
  });
  it("never fails but with bad-file", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", '"', ",", "\r", "\n") }), (text) => {
        try {
          parseCsv(text);
        } catch (error) {
          expect(error).toMatchObject({ code: "bad-file" });
        }
      }),
      { numRuns: 300 },
    );
  });
  it("reads quotes, all line ends, a byte order mark and no last line end, and says the line of a record", () => {
    expect(parseCsv('\ufeffa,b\r\n"x ""1""\ny", 2\n\n,\r"",z')).toEqual([
      { line: 1, fields: ["a", "b"] },
      { line: 2, fields: ['x "1"\ny', " 2"] },
      { line: 5, fields: ["", ""] },
      { line: 6, fields: ["", "z"] },
    ]);
  });
  it("refuses by line", () => {
    expect(() => parseCsv("a,b\n1\n")).toThrow(/line 2 .* 1 fields in place of 2/);
    expect(() => parseCsv('a,b\n1,"2')).toThrow(/line 2 .* does not end/);
    expect(() => parseCsv('a\n"1"x')).toThrow(/line 2 .* after a closing quote/);
    expect(() => parseCsv('a\nx"1"')).toThrow(/line 2 .* inside a field/);
  });
});
