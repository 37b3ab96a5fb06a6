import { concat, utf8 } from "@inkseal/codec";
import fc from "fast-check";
import { expect, test } from "vitest";
import { htmlContainer } from "./html.ts";
import { markdownContainer, textContainer, withoutTextManifest } from "./text.ts";

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));
const store = hex("deadbeef");

test("plain text: the wrapper of c2pa-text's golden vector, padded to a length that its bytes do not change", () => {
  // "hello world" with deadbeef, unpadded, as encypherai/c2pa-text has it in golden/vectors.json
  const golden = hex(
    "68656c6c6f20776f726c64efbbbff3a084b3f3a084a2f3a08580f3a084b1f3a08584f3a08588f3a08584efb880efb881efb880efb880efb880efb884f3a0878ef3a0869df3a086aef3a0879f",
  );
  const { file, place } = textContainer.embed(utf8("hello world"), store);
  expect(file.subarray(0, golden.length)).toEqual(golden);
  expect(place).toEqual({ start: 11, length: file.length - 11 });
  expect(textContainer.extract(file)).toMatchObject({ store, place });
  const zeros = textContainer.embed(utf8("hello world"), new Uint8Array(4));
  expect([zeros.place, zeros.file.length]).toEqual([place, file.length]);
  expect(withoutTextManifest(file)).toEqual(utf8("hello world"));
});

test("HTML: the element of c2pa-text's golden vector, in the head", () => {
  const { file, place } = htmlContainer.embed(utf8("<!DOCTYPE html>\n<html>\n<head>\n<title>x</title></head><p>é"), store);
  const html = new TextDecoder().decode(file);
  expect(html).toContain('<head><script type="application/c2pa">3q2+7w==</script>\n<title>');
  expect(htmlContainer.extract(file)).toMatchObject({ store, place });
  // a document without a head gets one there
  const bare = new TextDecoder().decode(htmlContainer.embed(utf8("<!doctype html><p>x"), store).file);
  expect(bare).toBe('<!doctype html><script type="application/c2pa">3q2+7w==</script><p>x');
});

const box = (more = "") => concat([utf8("\0\0\0\x0cjumb"), utf8(more)]);
test("Markdown: armour in a comment on the last line, and both forms are read whatever the name of the file", () => {
  const { file, place } = markdownContainer.embed(utf8("# x\n"), box("ab"));
  const line =
    "<!-- -----BEGIN C2PA MANIFEST----- data:application/c2pa;base64,AAAADGp1bWJhYg== -----END C2PA MANIFEST----- -->";
  expect(new TextDecoder().decode(file)).toBe(`# x\n\n${line}`);
  expect(place).toEqual({ start: 5, length: line.length });
  expect(textContainer.extract(file)).toMatchObject({ store: box("ab"), place });
  const wrapped = textContainer.embed(file, box("c")).file;
  expect(markdownContainer.extract(wrapped)?.store).toEqual(box("c"));
  expect(() => textContainer.extract(concat([wrapped, file]))).toThrowError(expect.objectContaining({ code: "bad-file" }));
});

test("words about armour are words, and stay", () => {
  const words = utf8(
    "Write -----BEGIN C2PA MANIFEST----- data:application/c2pa;base64,AAAA -----END C2PA MANIFEST----- there.",
  );
  expect(textContainer.extract(words)).toBeUndefined();
  expect(withoutTextManifest(words)).toEqual(words);
});

test.each([
  ["text", textContainer],
  ["markdown", markdownContainer],
  ["html", htmlContainer],
] as const)("%s: any words, any store; replaced by the next one", (_, container) => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), fc.uint8Array({ maxLength: 300 }), (words, bytes) => {
      const store = concat([box(), bytes]);
      const first = container.embed(utf8(words), box("first")).file;
      const { file, place } = container.embed(first, store);
      expect(container.extract(file)).toMatchObject({ store, place });
      if (container !== htmlContainer)
        expect(withoutTextManifest(file)).toEqual(utf8(container === textContainer ? words.normalize("NFC") : words));
    }),
  );
});
