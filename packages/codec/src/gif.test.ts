import { InksealError } from "@inkseal/core";
import fc from "fast-check";
import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import { concat, latin1, utf8 } from "./bytes.ts";
import { gifApplication, gifApplicationData, gifXmp, gifXmpPacket, parseGif, writeGif } from "./gif.ts";

let file: Uint8Array;
beforeAll(async () => {
  const data = new Uint8Array(40 * 60 * 3).map((_, i) => i * 11);
  const raw = { width: 40, height: 60, channels: 3 as const, pageHeight: 30 };
  file = new Uint8Array(await sharp(data, { raw }).gif().toBuffer());
});

test("what was parsed is written back byte for byte", () => {
  const gif = parseGif(concat([file, latin1("behind")]));
  expect(gif.blocks.filter((b) => b.kind === "image").length).toBe(2);
  expect(gif.trailing).toEqual(latin1("behind"));
  expect(writeGif(gif)).toEqual(concat([file, latin1("behind")]));
});

test("application data of any length come back, and the pictures stay", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 1000 }), fc.string({ maxLength: 600 }), async (data, text) => {
      const gif = parseGif(file);
      const out = writeGif({ ...gif, blocks: [gifApplication("TESTTEST123", data), gifXmp(utf8(text)), ...gif.blocks] });
      const again = parseGif(out);
      expect(gifApplicationData(again.blocks[0]!)).toEqual(data);
      expect(gifXmpPacket(again.blocks[0]!)).toBeUndefined();
      if (text !== "") expect(gifXmpPacket(again.blocks[1]!)).toEqual(utf8(text));
      expect(again.blocks.length).toBe(gif.blocks.length + 2);
    }),
    { numRuns: 50 },
  );
  const gif = parseGif(file);
  const out = writeGif({ ...gif, blocks: [gifXmp(utf8("<x/>")), ...gif.blocks] });
  const pixels = (b: Uint8Array) => sharp(b, { animated: true }).raw().toBuffer();
  expect(await pixels(out)).toEqual(await pixels(file));
  expect((await sharp(out).metadata()).pages).toBe(2);
});

test("an old version becomes 89a only when there is an extension", () => {
  const old = file.slice();
  old.set(latin1("87a"), 3);
  const gif = parseGif(old);
  const images = gif.blocks.filter((b) => b.kind !== "extension");
  expect(writeGif({ ...gif, blocks: images }).subarray(0, 6)).toEqual(latin1("GIF87a"));
  expect(writeGif({ ...gif, blocks: [gifXmp(utf8("x")), ...images] }).subarray(0, 6)).toEqual(latin1("GIF89a"));
});

test("cut or changed anywhere, it parses or is bad-file", () => {
  fc.assert(
    fc.property(fc.nat(file.length), fc.nat(file.length - 1), fc.nat(255), (cut, at, value) => {
      const bad = file.slice(0, cut);
      if (at < bad.length) bad[at] = value;
      try {
        for (const b of parseGif(bad).blocks) if (b.application !== undefined) gifXmpPacket(b);
      } catch (e) {
        expect(InksealError.is(e) && e.code).toBe("bad-file");
      }
    }),
  );
});
