import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { openText, sealText } from "./index.ts";

const key = new Uint8Array(randomBytes(32));

it("opens what it sealed, whatever the words", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => openText(sealText(text, key), key) === text));
});

it("seals the same words differently each time, and never shows them", () => {
  expect(sealText("字".repeat(30), key)).not.toBe(sealText("字".repeat(30), key));
  expect(Buffer.from(sealText("secret words", key).slice(3), "base64url").toString("latin1")).not.toContain("secret");
});

it("does not open what was altered anywhere, cut, or sealed with another key", () => {
  const sealed = sealText("hello", key);
  const bytes = Buffer.from(sealed.slice(3), "base64url");
  for (let i = 0; i < bytes.length; i++) {
    const altered = Buffer.from(bytes);
    altered[i] = (altered[i] ?? 0) ^ 1;
    expect(() => openText(`s1.${altered.toString("base64url")}`, key)).toThrow(/altered/);
  }
  for (const wrong of ["", "s1.", sealed.slice(0, 20), sealed.slice(3)]) expect(() => openText(wrong, key)).toThrow(/altered/);
  expect(() => openText(sealed, new Uint8Array(randomBytes(32)))).toThrow(/another key/);
  expect(() => sealText("x", new Uint8Array(16))).toThrow(RangeError);
});
