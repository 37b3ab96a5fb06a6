import fc from "fast-check";
import { expect, test } from "vitest";
import { concat, utf8 } from "./bytes.ts";
import { fromSelectors, toSelectors } from "./variation-selectors.ts";

test("every byte is one selector, and comes back", () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  const codes = Array.from(new TextDecoder().decode(toSelectors(all)), (c) => c.codePointAt(0));
  expect(codes.slice(0, 16)).toEqual(Array.from({ length: 16 }, (_, i) => 0xfe00 + i));
  expect(codes.slice(16)).toEqual(Array.from({ length: 240 }, (_, i) => 0xe0100 + i));
});

test("selectors end where something else begins", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 8 }), (bytes, junk) => {
      const text = concat([utf8("字"), toSelectors(bytes), utf8("x"), junk]);
      expect(fromSelectors(text, 3)).toEqual({ bytes, end: 3 + toSelectors(bytes).length });
      expect(fromSelectors(junk, 0).end).toBeLessThanOrEqual(junk.length);
    }),
  );
});
