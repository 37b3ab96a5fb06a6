import { InksealError } from "@inkseal/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { concat, latin1 } from "./bytes.ts";
import { der, derContext, derInteger, derOid, derTag, derTime, insideDer, oidOf, readDer, timeOf } from "./der.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

test("elements of every length come back, one behind another", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.uint8Array({ maxLength: 300 })), { maxLength: 5 }),
      (all) => {
        const read = readDer(concat(all.map(([tag, content]) => der(tag, content))));
        expect(read.map((e) => [e.tag, [...e.content]])).toEqual(all.map(([tag, content]) => [tag, [...content]]));
        expect(insideDer(readDer(der(derTag.sequence, ...read.map((e) => e.bytes)))[0], derTag.sequence)).toEqual(read);
      },
    ),
  );
  for (const length of [127, 128, 255, 256, 65_535, 65_536])
    expect(readDer(der(derTag.octetString, new Uint8Array(length)))[0]?.content.length).toBe(length);
});

test("numbers, object identifiers and times, as X.690 and RFC 3161 write them", () => {
  expect([0, 1, 127, 128, 256].map((n) => hex(derInteger(n)))).toEqual(["020100", "020101", "02017f", "02020080", "02020100"]);
  expect(hex(derInteger(Uint8Array.of(0, 0, 0xff)))).toBe("020200ff");
  expect(hex(derOid("2.16.840.1.101.3.4.2.1"))).toBe("0609608648016503040201");
  for (const oid of ["1.2.840.113549.1.9.16.1.4", "2.16.840.1.101.3.4.2.1", "1.3.6.1.5.5.7.3.8", "2.999.3"])
    expect(oidOf(readDer(derOid(oid))[0])).toBe(oid);
  const at = Date.parse("2026-11-23T12:00:07Z");
  expect(timeOf(readDer(derTime(at))[0])).toBe(at);
  expect(timeOf(readDer(der(derTag.generalizedTime, latin1("20261123120007.25Z")))[0])).toBe(at + 250);
  expect(derContext(0)).toBe(0xa0);
});

test("anything else is a bad file: any bytes, indefinite lengths, lengths past the end, wrong kinds", () => {
  const bad = (work: () => unknown) => expect(work).toThrow(expect.objectContaining({ code: "bad-file" }));
  for (const bytes of [
    [0x30],
    [0x30, 0x80, 0, 0],
    [0x1f, 1, 0],
    [0x30, 0x85, 1, 1, 1, 1, 1],
    [0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
    [4, 2, 0],
  ])
    bad(() => readDer(Uint8Array.from(bytes)));
  for (const work of [() => oidOf(undefined), () => timeOf(readDer(derInteger(1))[0]), () => insideDer(undefined, 0x30)])
    bad(work);
  bad(() => timeOf(readDer(der(derTag.generalizedTime, latin1("20269923120007Z")))[0]));
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      try {
        expect(hex(concat(readDer(bytes).map((e) => e.bytes)))).toBe(hex(bytes));
      } catch (error) {
        expect(InksealError.is(error)).toBe(true);
      }
    }),
  );
});
