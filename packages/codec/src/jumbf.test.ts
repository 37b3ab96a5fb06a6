import { InksealError } from "@inkseal/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { concat, utf8 } from "./bytes.ts";
import { isoBox, type JumbfBox, jumbfBox, parseJumbf } from "./jumbf.ts";

const uuid = "63326d61001100108000 00aa00389b71".replace(" ", "");
const inner = jumbfBox(uuid, "inner", [isoBox("json", utf8("{}"))]);
const outer = jumbfBox(uuid, "外", [inner, isoBox("cbor", Uint8Array.of(0xa0))]);

test("nested boxes come back with label, type and the payload that C2PA hashes", () => {
  const box = parseJumbf(concat([outer, new Uint8Array(5)]));
  expect([box.uuid, box.label, box.bytes.length]).toEqual([uuid, "外", outer.length]);
  const child = box.children[0] as JumbfBox;
  expect(child.label).toBe("inner");
  expect(child.payload).toEqual(inner.subarray(8));
  expect(box.children[1]).toEqual({ kind: "content", type: "cbor", data: Uint8Array.of(0xa0) });
});

test("64-bit and to-the-end lengths are read", () => {
  const wide = concat([
    Uint8Array.of(0, 0, 0, 1),
    utf8("jumb"),
    new Uint8Array(7),
    Uint8Array.of(inner.length + 8),
    inner.subarray(8),
  ]);
  expect(parseJumbf(wide).label).toBe("inner");
  const open = inner.slice();
  open.fill(0, 0, 4);
  expect(parseJumbf(open).label).toBe("inner");
});

test("cut or changed anywhere, a box gives a tree or bad-file", () => {
  fc.assert(
    fc.property(fc.nat(outer.length), fc.nat(outer.length - 1), fc.nat(255), (cut, at, value) => {
      const bad = outer.slice(0, cut);
      if (at < cut) bad[at] = value;
      try {
        parseJumbf(bad);
      } catch (e) {
        expect(InksealError.is(e) && e.code).toBe("bad-file");
      }
    }),
    { numRuns: 1000 },
  );
  let deep = inner;
  for (let i = 0; i < 40; i++) deep = jumbfBox(uuid, "d", [deep]);
  expect(() => parseJumbf(deep)).toThrowError(expect.objectContaining({ code: "bad-file" }));
});
