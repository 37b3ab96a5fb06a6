import { utf8 } from "@inkseal/codec";
import { strFromU8, unzipSync, zipSync } from "fflate";
import { expect, test } from "vitest";
import { cleared, docx, docxType, policy, provenance, withMarks } from "../../test/fixtures.ts";
import { createMarker } from "../index.ts";

const marker = createMarker({ producer: { code: "X" } });
const main = (file: Uint8Array): string => strFromU8(unzipSync(file)["word/document.xml"] as Uint8Array);
const sealed = async (file: Uint8Array, marks = policy) =>
  (await marker.seal(cleared(docxType, file), marks, provenance)).bytes;
const label = "<w:p><w:r><w:t>（本内容由人工智能生成）</w:t></w:r></w:p>";

test("the label is the last paragraph, before the section's properties, or the first; once, however often it is sealed", async () => {
  const plain = docx();
  const section = '<w:sectPr><w:pgSz w:w="1"/></w:sectPr>';
  const parts = unzipSync(plain);
  const paged = zipSync({ ...parts, "word/document.xml": utf8(main(plain).replace("</w:body>", `${section}</w:body>`)) });
  expect(main(await sealed(plain))).toBe(main(plain).replace("</w:body>", `${label}</w:body>`));
  expect(main(await sealed(paged))).toBe(main(paged).replace(section, label + section));
  expect(main(await sealed(plain, withMarks({ text: "head" })))).toBe(main(plain).replace("<w:body>", `<w:body>${label}`));
  expect(main(await sealed(await sealed(paged)))).toBe(main(await sealed(paged)));
  expect(main(await sealed(plain, withMarks({ text: "none" })))).toBe(main(plain));
  const { layers } = await marker.read(await sealed(paged));
  expect(layers.find((l) => l.layer === "label")).toMatchObject({ status: "valid", data: { where: "tail" } });
  expect((await marker.read(plain)).layers.find((l) => l.layer === "label")?.status).toBe("absent");
});
