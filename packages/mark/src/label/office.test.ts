import { utf8, xmlTags } from "@inkseal/codec";
import { strFromU8, unzipSync, zipSync } from "fflate";
import { expect, test } from "vitest";
import { cleared, policy, provenance, withMarks } from "../../test/fixtures.ts";
import { createMarker } from "../index.ts";

const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const relations = (list: readonly (readonly [id: string, type: string, target: string])[]): string =>
  `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${list.map(([id, type, target]) => `<Relationship Id="${id}" Type="${office}/${type}" Target="${target}"/>`).join("")}</Relationships>`;
const zipped = (parts: Readonly<Record<string, string>>): Uint8Array =>
  zipSync(Object.fromEntries(Object.entries(parts).map(([name, xml]) => [name, utf8(xml)])));
const typed = (kind: string) => `application/vnd.openxmlformats-officedocument.${kind}`;
const types = (main: string, kind: string): string =>
  `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/${main}" ContentType="${typed(kind)}.main+xml"/></Types>`;

const p = "http://schemas.openxmlformats.org/presentationml/2006/main";
const slide = (inside = ""): string =>
  `<p:sld xmlns:p="${p}"><p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id="41" name="t"/></p:nvGrpSpPr><p:grpSpPr/>${inside}</p:spTree></p:cSld></p:sld>`;
const pptx = (slides: readonly string[]): Uint8Array =>
  zipped({
    "[Content_Types].xml": types("ppt/presentation.xml", "presentationml.presentation"),
    "_rels/.rels": relations([["rId1", "officeDocument", "ppt/presentation.xml"]]),
    "ppt/presentation.xml": `<p:presentation xmlns:p="${p}" xmlns:r="${office}"><p:sldIdLst>${slides.map((_, i) => `<p:sldId id="${256 + i}" r:id="rId${i + 1}"/>`).join("")}</p:sldIdLst><p:sldSz cx="12192000" cy="6858000"/></p:presentation>`,
    "ppt/_rels/presentation.xml.rels": relations(slides.map((_, i) => [`rId${i + 1}`, "slide", `slides/slide${i + 1}.xml`])),
    ...Object.fromEntries(slides.map((xml, i) => [`ppt/slides/slide${i + 1}.xml`, xml])),
  });

const s = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const rows =
  '<sheetData><row r="1"><c r="A1"/><c r="C1"><v>1</v></c><c r="D1" s="1"/></row><row r="3"><c r="Z3"><v>1</v></c></row></sheetData>';
const sheet = (behind = "", cells = rows): string =>
  `<worksheet xmlns="${s}" xmlns:r="${office}">${cells}${behind}</worksheet>`;
const xlsx = (sheets: readonly string[], more: Readonly<Record<string, string>> = {}): Uint8Array =>
  zipped({
    "[Content_Types].xml": types("xl/workbook.xml", "spreadsheetml.sheet"),
    "_rels/.rels": relations([["rId1", "officeDocument", "xl/workbook.xml"]]),
    "xl/workbook.xml": `<workbook xmlns="${s}" xmlns:r="${office}"><sheets>${sheets.map((_, i) => `<sheet name="${i}" sheetId="${i + 1}" r:id="rId${i + 1}"/>`).join("")}</sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": relations(
      sheets.map((_, i) => [`rId${i + 1}`, "worksheet", `/xl/worksheets/sheet${i + 1}.xml`]),
    ),
    ...Object.fromEntries(sheets.map((xml, i) => [`xl/worksheets/sheet${i + 1}.xml`, xml])),
    ...more,
  });

const marker = createMarker({ producer: { code: "X" } });
const kinds = { pptx: typed("presentationml.presentation"), xlsx: typed("spreadsheetml.sheet") };
const seal = (kind: keyof typeof kinds, file: Uint8Array, marks = policy) =>
  marker.seal(cleared(kinds[kind], file), marks, provenance);
const partsOf = (file: Uint8Array): Record<string, string> =>
  Object.fromEntries(Object.entries(unzipSync(file)).map(([name, data]) => [name, strFromU8(data)]));
const shownIn = (xml: string): string[] => [...xml.matchAll(/<a:t>([^<]*)<\/a:t>/g)].map((m) => m[1]!);
const label = async (file: Uint8Array) => (await marker.read(file)).layers.find((l) => l.layer === "label");
const [words, corner] = ["（本内容由人工智能生成）", "AI生成"];

test("every slide carries a text box with an alternative text: words on the first and where the policy says", async () => {
  const file = pptx([slide(), slide('<p:extLst><p:ext uri="x"/></p:extLst>'), slide(), slide()]);
  const shown = async (marks: Parameters<typeof withMarks>[0]) => {
    const parts = partsOf((await seal("pptx", file, withMarks(marks))).bytes);
    return [1, 2, 3, 4].map((n) => shownIn(parts[`ppt/slides/slide${n}.xml`]!).join());
  };
  expect(await shown({ text: "head" })).toEqual([words, corner, corner, corner]);
  expect(await shown({ text: "middle" })).toEqual([words, corner, words, corner]);
  expect(await shown({ text: "tail", language: "en" })).toEqual([
    "(AI-generated content)",
    "AI-generated",
    "AI-generated",
    "(AI-generated content)",
  ]);
  expect(await shown({ textForm: "corner" })).toEqual([corner, corner, corner, corner]);
  expect(await shown({ text: "none" })).toEqual(["", "", "", ""]);
  const sealed = await seal("pptx", file);
  const second = partsOf(sealed.bytes)["ppt/slides/slide2.xml"]!;
  expect(second).toContain(`<p:cNvPr id="42" name="GB45438" descr="${corner}"/>`);
  expect(second.endsWith('</p:sp><p:extLst><p:ext uri="x"/></p:extLst></p:spTree></p:cSld></p:sld>')).toBe(true);
  expect(xmlTags(second).length).toBeGreaterThan(20);
  expect(await label(sealed.bytes)).toMatchObject({ status: "valid", data: { text: words, slides: 4 } });
  expect(await label(file)).toMatchObject({ status: "absent" });
  const again = partsOf((await seal("pptx", sealed.bytes)).bytes);
  for (const n of [1, 2, 3, 4])
    expect(again[`ppt/slides/slide${n}.xml`]).toBe(partsOf(sealed.bytes)[`ppt/slides/slide${n}.xml`]);
});

test("a workbook keeps its cells: a box beside its first row, and a header in print where there is none", async () => {
  const margins = "<pageMargins/>";
  const file = xlsx([sheet(`${margins}<tableParts count="0"/>`), sheet("<headerFooter><oddHeader>&amp;CMine</oddHeader></headerFooter>"), sheet(`${margins}<headerFooter a="b"><oddHeader></oddHeader><oddFooter>x</oddFooter></headerFooter>`), sheet("<headerFooter/>", "<sheetData/>")]); // biome-ignore format: one idea
  const sealed = await seal("xlsx", file);
  const parts = partsOf(sealed.bytes);
  const header = `<oddHeader>&amp;C${words}</oddHeader>`;
  const drawing = `<drawing xmlns:r="${office}" r:id="rIdLabel"/>`;
  expect([1, 2, 3, 4].map((n) => parts[`xl/worksheets/sheet${n}.xml`])).toEqual([
    sheet(`${margins}<headerFooter>${header}</headerFooter>${drawing}<tableParts count="0"/>`),
    partsOf(file)["xl/worksheets/sheet2.xml"],
    sheet(`${margins}<headerFooter a="b">${header}<oddFooter>x</oddFooter></headerFooter>`),
    sheet(`<headerFooter>${header}</headerFooter>`, "<sheetData/>"),
  ]);
  const box = parts["xl/drawings/drawingLabel.xml"]!;
  expect([shownIn(box), box.includes("<xdr:col>3</xdr:col>"), xmlTags(box).length > 20]).toEqual([[words], true, true]);
  expect(parts["[Content_Types].xml"]).toContain('PartName="/xl/drawings/drawingLabel.xml"');
  expect(sealed.marks[0]).toMatchObject({ layer: "label", data: { printed: 3 } });
  expect(await label(sealed.bytes)).toMatchObject({ status: "valid", data: { text: words } });
  const again = partsOf((await seal("xlsx", sealed.bytes)).bytes);
  for (const name of Object.keys(parts).filter((n) => n.startsWith("xl/"))) expect(again[name]).toBe(parts[name]);
});

test("a drawing that a sheet has gets the box as its last", async () => {
  const own =
    '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"><xdr:twoCellAnchor/></xdr:wsDr>';
  const file = xlsx([sheet('<drawing r:id="rId7"/>')], {
    "xl/worksheets/_rels/sheet1.xml.rels": relations([["rId7", "drawing", "../drawings/drawing1.xml"]]),
    "xl/drawings/drawing1.xml": own,
  });
  const parts = partsOf((await seal("xlsx", file)).bytes);
  expect(parts["xl/drawings/drawing1.xml"]).toMatch(/<xdr:twoCellAnchor\/><xdr:oneCellAnchor .*<\/xdr:wsDr>$/);
  expect(parts["xl/drawings/drawingLabel.xml"]).toBeUndefined();
});

test("what cannot be read passes as it is, with a warning", async () => {
  const bomb = `<p:sld xmlns:p="${p}">${" ".repeat(5 * 1024 * 1024)}</p:sld>`;
  const partly = await seal("pptx", pptx([slide(), bomb, "<p:sld", "<x/>"]));
  expect(partly.warnings?.[0]).toMatch(/slides without a label: 3/);
  expect(partly.marks[0]).toMatchObject({ layer: "label", data: { slides: 1 } });
  for (const [kind, file] of [
    ["pptx", pptx([])],
    ["pptx", zipped({ ...partsOf(pptx([])), "ppt/presentation.xml": "<p:presentation" })],
    ["xlsx", xlsx([])],
    ["xlsx", xlsx(["<worksheet>"])],
    ["xlsx", xlsx([`<worksheet><sheetData>${"<c".repeat(300_000)}`])],
    [
      "xlsx",
      xlsx([sheet('<drawing r:id="rId7"/>')], {
        "xl/worksheets/_rels/sheet1.xml.rels": relations([["rId7", "drawing", "no.xml"]]),
      }),
    ],
  ] as const) {
    const artifact = await seal(kind, file);
    expect(artifact.warnings?.[0]).toMatch(/carry no label|carries no label|without a label/);
    expect(artifact.marks.map((m) => m.layer)).not.toContain("label");
  }
  const { "_rels/.rels": _, ...unrelated } = partsOf(pptx([slide()]));
  await expect(seal("pptx", zipped(unrelated))).rejects.toMatchObject({ code: "bad-file" });
});
