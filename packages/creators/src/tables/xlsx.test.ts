import { fromUtf8, parseZip, zipData } from "@inkseal/codec";
import { sniff } from "@inkseal/core";
import { unzipSync } from "fflate";
import { expect, it } from "vitest";
import { writeXlsx, xlsxType } from "./xlsx.ts";

it("writes a workbook that an unzipper opens and that is told by its bytes: numbers as numbers, all else as text", () => {
  const file = writeXlsx(
    [
      ["id", "总计", "note"],
      ["007", "12.50", 'a < b & "c"'],
      ["8", "", "line\nbreak\u0001"],
      ["9", "1e5", "x"],
    ],
    [false, true, false],
  );
  expect(sniff(file)).toBe(xlsxType);
  const sheet = new TextDecoder().decode(unzipSync(file)["xl/worksheets/sheet1.xml"]);
  expect(sheet).toContain('<c t="inlineStr"><is><t xml:space="preserve">007</t></is></c><c><v>12.50</v></c>');
  expect(sheet).toContain("总计");
  expect(sheet).toContain("a &lt; b &amp; ");
  expect(sheet).toContain("line\nbreak\ufffd");
  expect(sheet).toContain('<t xml:space="preserve">1e5</t>');
  expect(sheet.match(/<row>/g)).toHaveLength(4);
  const types = fromUtf8(zipData(file, parseZip(file), "[Content_Types].xml", 1e4)!)!;
  for (const [, name] of types.matchAll(/PartName="\/([^"]+)"/g)) expect(unzipSync(file)[name!]).toBeDefined();
});
