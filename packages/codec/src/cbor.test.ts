import { InksealError } from "@inkseal/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { concat, latin1 } from "./bytes.ts";
import { type Cbor, decodeCbor, encodeCbor, rawCborValue, Tagged } from "./cbor.ts";

const hex = (b: Uint8Array): string => Buffer.from(b).toString("hex");
const bytes = (h: string): Uint8Array => new Uint8Array(Buffer.from(h, "hex"));

// RFC 8949, appendix A
test.each<[Cbor, string]>([
  [0, "00"],
  [23, "17"],
  [24, "1818"],
  [1000, "1903e8"],
  [1000000, "1a000f4240"],
  [1000000000000, "1b000000e8d4a51000"],
  [18446744073709551615n, "1bffffffffffffffff"],
  [-1, "20"],
  [-1000, "3903e7"],
  [1.1, "fb3ff199999999999a"],
  [false, "f4"],
  [true, "f5"],
  [null, "f6"],
  [undefined, "f7"],
  ["", "60"],
  ["IETF", "6449455446"],
  ["水", "63e6b0b4"],
  [Uint8Array.of(1, 2, 3, 4), "4401020304"],
  [[1, [2, 3], [4, 5]], "8301820203820405"],
  [
    new Map<Cbor, Cbor>([
      [1, 2],
      [3, 4],
    ]),
    "a201020304",
  ],
])("%o is encoded and decoded as %s", (value, encoded) => {
  expect(hex(encodeCbor(value))).toBe(encoded);
  expect(decodeCbor(bytes(encoded))).toEqual(value);
});

test("tags, half and single floats and indefinite lengths are read", () => {
  expect(decodeCbor(bytes("c074323031332d30332d32315432303a30343a30305a"))).toEqual(new Tagged(0, "2013-03-21T20:04:00Z"));
  expect(decodeCbor(bytes("f93c00"))).toBe(1);
  expect(decodeCbor(bytes("f90001"))).toBe(2 ** -24);
  expect(decodeCbor(bytes("fa47c35000"))).toBe(100000);
  expect(decodeCbor(bytes("5f42010243030405ff"))).toEqual(Uint8Array.of(1, 2, 3, 4, 5));
  expect(decodeCbor(bytes("9f018202039f0405ffff"))).toEqual([1, [2, 3], [4, 5]]);
  expect(decodeCbor(bytes("bf61610161629f0203ffff"))).toEqual(
    new Map<Cbor, Cbor>([
      ["a", 1],
      ["b", [2, 3]],
    ]),
  );
});

test("map keys are ordered bytewise by their encoding, whatever order they came in", () => {
  expect(hex(encodeCbor({ aa: 1, b: 2 }))).toBe(hex(encodeCbor({ b: 2, aa: 1 })));
  expect(hex(encodeCbor({ aa: 1, b: 2 }))).toBe("a261620262616101");
});

test("what is encoded decodes to the same value", () => {
  const value = fc.letrec<{ v: Cbor }>((tie) => ({
    v: fc.oneof(
      { maxDepth: 4 },
      fc.integer(),
      fc.maxSafeInteger(),
      fc.string({ unit: "grapheme" }),
      fc.boolean(),
      fc.uint8Array(),
      fc.array(tie("v"), { maxLength: 5 }),
      fc
        .uniqueArray(fc.string(), { maxLength: 5 })
        .chain((keys) => tie("v").map((v) => new Map<Cbor, Cbor>(keys.map((k) => [k, v])))),
    ),
  })).v;
  fc.assert(
    fc.property(value, (v) => {
      expect(decodeCbor(encodeCbor(v))).toEqual(normal(v));
    }),
  );
});
/** −0 has no integer encoding. */
function normal(v: Cbor): Cbor {
  if (Object.is(v, -0)) return 0;
  if (Array.isArray(v)) return v.map(normal);
  return v instanceof Map ? new Map([...v].map(([k, x]) => [k, normal(x)])) : v;
}

test("arbitrary bytes give a value or bad-file, never anything else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (junk) => {
      try {
        decodeCbor(junk);
      } catch (e) {
        expect(InksealError.is(e) && e.code).toBe("bad-file");
      }
    }),
    { numRuns: 2000 },
  );
});

test.each([
  "9bffffffffffffffff",
  "5b7fffffffffffffff",
  "9a7fffffff",
  "ba7fffffff",
  "ff",
  "1c",
  "a10102ff",
  "6180",
  "a201010102",
  `${"81".repeat(500)}00`,
])("%s is refused without a large allocation", (h) =>
  expect(() => decodeCbor(bytes(h))).toThrowError(expect.objectContaining({ code: "bad-file" })),
);

test("the bytes of one value in a map, as they stand", () => {
  const inner = latin1("\xa2\x61z\x01\x61a\x02"); // keys that the encoder would turn round
  const map = concat([latin1("\xbf\x61x\x9f\x01\xff\x64data"), inner, latin1("\xff")]);
  expect(rawCborValue(map, "data")).toEqual(inner);
  expect(rawCborValue(map, "none")).toBeUndefined();
  expect(rawCborValue(latin1("\x01"), "data")).toBeUndefined();
});
