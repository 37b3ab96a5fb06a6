import { expect, test } from "vitest";
import { latin1 } from "./bytes.ts";
import { tiffFields } from "./tiff.ts";

/** Two directories: one field that stands in its entry, one that stands elsewhere. */
function tiff(little: boolean): Uint8Array {
  const bytes = new Uint8Array(60);
  const view = new DataView(bytes.buffer);
  bytes.set(latin1(little ? "II" : "MM"));
  view.setUint16(2, 42, little);
  const directory = (at: number, tag: number, type: number, count: number, value: number, next: number) => {
    view.setUint16(at, 1, little);
    view.setUint16(at + 2, tag, little);
    view.setUint16(at + 4, type, little);
    view.setUint32(at + 6, count, little);
    view.setUint32(at + 10, value, little);
    view.setUint32(at + 14, next, little);
  };
  view.setUint32(4, 8, little);
  directory(8, 256, 4, 1, 40, 26);
  directory(26, 52_545, 7, 10, 50, 0);
  bytes.set(latin1("0123456789"), 50);
  return bytes;
}

test.each([true, false])("fields of every directory, little endian: %s", (little) => {
  const found = tiffFields(tiff(little)).map((f) => [f.tag, f.offset, f.data.length]);
  expect(found).toEqual([
    [256, 18, 4],
    [52_545, 50, 10],
  ]);
});

test("directories that go round, and fields past the end, are refused", () => {
  const round = tiff(true);
  new DataView(round.buffer).setUint32(40, 8, true);
  expect(() => tiffFields(round)).toThrow("go round");
  for (let cut = 0; cut < 60; cut++) expect(() => tiffFields(tiff(true).slice(0, cut))).toThrow(/TIFF/);
});
