import { InksealError } from "@inkseal/core";
import fc from "fast-check";
import { unzipSync, zipSync } from "fflate";
import { expect, test } from "vitest";
import { concat, latin1, utf8 } from "./bytes.ts";
import { parseZip, withZipMembers, zipData } from "./zip.ts";

const file = zipSync({ "a.xml": utf8("<a/>".repeat(50)), "b/c.txt": utf8("words") }, { mtime: "2020-01-01" });

test("members are added and replaced; another unzipper reads them, and the others keep their bytes", () => {
  const name = fc.constantFrom("a.xml", "new.bin", "x/y");
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(name, fc.uint8Array({ maxLength: 200 })), { selector: ([n]) => n }), (members) => {
      const { file: out, offsets } = withZipMembers(file, parseZip(file), members);
      const read = unzipSync(out);
      expect(Object.keys(read).sort()).toEqual([...new Set(["a.xml", "b/c.txt", ...members.map(([n]) => n)])].sort());
      for (const [i, [n, data]] of members.entries()) {
        expect(read[n]).toEqual(data);
        expect(out.subarray(offsets[i], offsets[i]! + data.length)).toEqual(data);
        expect(zipData(out, parseZip(out), n, 1000)).toEqual(data);
      }
      expect(zipData(out, parseZip(out), "b/c.txt", 1000)).toEqual(utf8("words"));
    }),
  );
});

test("a bomb is noticed before it goes off, and what is ambiguous is refused", () => {
  const bomb = zipSync({ a: new Uint8Array(5_000_000) }, { level: 9 });
  expect(() => zipData(bomb, parseZip(bomb), "a", 1_000_000)).toThrowError(expect.objectContaining({ code: "bad-file" }));
  const same = zipSync({ "a.xml": utf8("1"), "b.xml": utf8("2") });
  for (let i = 0; i < same.length - 5; i++) if (new TextDecoder().decode(same.subarray(i, i + 5)) === "b.xml") same[i] = 0x61;
  expect(() => parseZip(same)).toThrowError(expect.objectContaining({ code: "bad-file" }));
  expect(() => parseZip(concat([file, latin1("behind")]))).toThrowError(expect.objectContaining({ code: "bad-file" }));
});

test("cut or changed anywhere, it parses or is bad-file", () => {
  fc.assert(
    fc.property(fc.nat(file.length), fc.nat(file.length - 1), fc.nat(255), (cut, at, value) => {
      const bad = file.slice(cut > 40 ? 0 : cut);
      if (at < bad.length) bad[at] = value;
      try {
        const zip = parseZip(bad);
        for (const e of zip.entries) zipData(bad, zip, e.name, 1000);
        withZipMembers(bad, zip, [["n", new Uint8Array(3)]]);
      } catch (e) {
        expect(InksealError.is(e) && e.code).toBe("bad-file");
      }
    }),
    { numRuns: 400 },
  );
});
