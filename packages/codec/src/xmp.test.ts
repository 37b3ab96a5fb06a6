import { InksealError } from "@inkseal/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readXmp, setXmp } from "./xmp.ts";

const ns = "http://example.org/a/";
const property = (value: string) => ({ ns, prefix: "ex", name: "P", value });
const foreign = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><!-- <ex:P> is no tag here -->
<R:RDF xmlns:R="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<R:Description R:about="urn:me" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:E="${ns}" E:P="old" dc:format="image/png">
<dc:title><R:Alt><R:li xml:lang="x-default">夜 &amp; fog</R:li></R:Alt></dc:title>
</R:Description>
<R:Description R:about="urn:me" xmlns:q="${ns}"><q:P>older &lt;x&gt;</q:P></R:Description>
</R:RDF></x:xmpmeta>
<?xpacket end="w"?>`;

test("values are read in attribute and element form, by namespace and not by prefix", () => {
  expect(readXmp(foreign, ns, "P")).toEqual(["old", "older <x>"]);
  expect(readXmp(foreign, "http://other/", "P")).toEqual([]);
});

test("setting a property leaves exactly one and keeps everything else", () => {
  const out = setXmp(foreign, [property('{"a":"1"}')]);
  expect(readXmp(out, ns, "P")).toEqual(['{"a":"1"}']);
  expect(out).toContain('<ex:P>{"a":"1"}</ex:P>');
  expect(out).toContain("夜 &amp; fog");
  expect(out).toContain("<!-- <ex:P> is no tag here -->");
  expect(readXmp(out, "http://purl.org/dc/elements/1.1/", "format")).toEqual(["image/png"]);
  expect(out.match(/about="urn:me"/g)).toHaveLength(3);
});

test("any text survives, set twice as well as once, in a new packet as well as a foreign one", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."ab<>&\"';]文 ") }), fc.boolean(), (value, fresh) => {
      const once = setXmp(fresh ? undefined : foreign, [property("before"), { ...property("else"), name: "Q" }]);
      const twice = setXmp(once, [property(value)]);
      expect(readXmp(twice, ns, "P")).toEqual([value.trim()]);
      expect(readXmp(twice, ns, "Q")).toEqual(["else"]);
    }),
  );
});

test("entities cannot expand and broken XML is bad-file", () => {
  const bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>';
  for (const xml of [bomb, "<a>", "<a></b>", "<a b=c/>", "<a b='/>", "<", "<a", "<!-- ", "<a>".repeat(1000)])
    expect(() => readXmp(xml, ns, "P"), xml.slice(0, 20)).toThrowError(expect.objectContaining({ code: "bad-file" }));
});

test("a damaged packet gives values or bad-file", () => {
  fc.assert(
    fc.property(fc.nat(foreign.length), fc.nat(foreign.length), fc.string({ maxLength: 4 }), (a, b, insert) => {
      const bad = foreign.slice(0, Math.min(a, b)) + insert + foreign.slice(Math.max(a, b));
      try {
        readXmp(setXmp(bad, [property("v")]), ns, "P");
      } catch (e) {
        expect(InksealError.is(e) && e.code).toBe("bad-file");
      }
    }),
    { numRuns: 1000 },
  );
});
