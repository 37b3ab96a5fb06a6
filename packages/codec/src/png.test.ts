import { InksealError } from "@inkseal/core";
import fc from "fast-check";
import { zlibSync } from "fflate";
import sharp, { type Sharp } from "sharp";
import { expect, test } from "vitest";
import { fromLatin1, latin1 } from "./bytes.ts";
import { crc32, itxtChunk, parsePng, pngChunk, pngText, withPngChunk, writePng } from "./png.ts";
import { decodePng, encodePng, withRaster } from "./png-raster.ts";

const picture = (w: number, h: number, channels: 3 | 4 = 4) =>
  sharp(
    Uint8Array.from({ length: w * h * channels }, (_, i) => (i * 37 + (i >> 5)) & 255),
    { raw: { width: w, height: h, channels } },
  );

test("CRC-32 of 123456789 is the published check value", () => expect(crc32(latin1("123456789"))).toBe(0xcbf43926));

test("a parsed file is written back byte for byte, trailing bytes included", async () => {
  const file = new Uint8Array([...(await picture(20, 10).png().toBuffer()), 1, 2, 3]);
  const png = parsePng(file);
  expect(png.trailing.length).toBe(3);
  expect(png.chunks.every((c) => c.crcOk)).toBe(true);
  expect(writePng(png)).toEqual(file);
});

test("a chunk goes behind IHDR, replaces its like, and other readers still decode the same pixels", async () => {
  const before = await picture(20, 10).png().toBuffer();
  const is = (c: { type: string }): boolean => c.type === "iTXt";
  const once = withPngChunk(parsePng(before), itxtChunk("Comment", "一"), is);
  const twice = parsePng(writePng(withPngChunk(once, itxtChunk("Comment", "二"), is)));
  expect(twice.chunks.map((c) => c.type).filter((t) => t === "iTXt")).toHaveLength(1);
  expect(twice.chunks[1]?.type).toBe("iTXt");
  expect(new TextDecoder().decode(pngText(twice.chunks[1]!)?.text)).toBe("二");
  expect(await sharp(writePng(twice)).raw().toBuffer()).toEqual(await sharp(before).raw().toBuffer());
});

test("tEXt, zTXt and iTXt yield keyword and text, malformed ones nothing", () => {
  const packed = fromLatin1(zlibSync(latin1("{}")));
  expect(pngText(pngChunk("tEXt", latin1("AIGC\0{}")))).toEqual({ keyword: "AIGC", text: latin1("{}") });
  expect(pngText(pngChunk("zTXt", latin1(`AIGC\0\0${packed}`)))).toEqual({ keyword: "AIGC", text: latin1("{}") });
  expect(pngText(pngChunk("iTXt", latin1(`AIGC\0\x01\0\0\0${packed}`)))).toEqual({ keyword: "AIGC", text: latin1("{}") });
  for (const [type, data] of [
    ["tEXt", "AIGC"],
    ["iTXt", "AIGC\0\x01\0\0\0x"],
    ["iTXt", "AIGC\0\0\0"],
    ["zTXt", "AIGC\0\x01x"],
    ["zTXt", "AIGC\0\0nonsense"],
  ] as const)
    expect(pngText(pngChunk(type, latin1(data)))).toBeUndefined();
});

test("text that unpacks to a thousand times its size is not unpacked to the end", () => {
  const bomb = zlibSync(new Uint8Array(64 * 1024 * 1024), { level: 9 });
  expect(pngText(pngChunk("zTXt", latin1(`AIGC\0\0${fromLatin1(bomb)}`)))).toBeUndefined();
});

test("a flipped bit is seen in its chunk's CRC", async () => {
  const file = new Uint8Array(await picture(20, 10).png().toBuffer());
  const idat = parsePng(file).chunks.find((c) => c.type === "IDAT")!;
  file[idat.offset + 12] = file[idat.offset + 12]! ^ 1;
  expect(parsePng(file).chunks.find((c) => c.type === "IDAT")?.crcOk).toBe(false);
  expect(() => decodePng(parsePng(file))).toThrowError(expect.objectContaining({ code: "bad-file" }));
});

test.each([
  ["RGBA", (s: Sharp) => s.png()],
  ["RGB", (s: Sharp) => s.removeAlpha().png()],
  ["grey", (s: Sharp) => s.removeAlpha().toColourspace("b-w").png()],
  ["palette", (s: Sharp) => s.png({ palette: true, colours: 7 })],
  ["two colours", (s: Sharp) => s.removeAlpha().png({ palette: true, colours: 2 })],
  ["interlaced", (s: Sharp) => s.png({ progressive: true })],
  ["16 bits", (s: Sharp) => s.toColourspace("rgb16").png()],
] as const)("%s is decoded to the pixels that libvips sees", async (_, make) => {
  const file = await make(picture(37, 23)).toBuffer();
  const ours = decodePng(parsePng(file));
  const theirs = await sharp(file).toColourspace("srgb").ensureAlpha().raw({ depth: "uchar" }).toBuffer();
  let worst = 0;
  for (let i = 0; i < theirs.length; i++) worst = Math.max(worst, Math.abs(theirs[i]! - ours.data[i]!));
  expect(ours.data.length).toBe(theirs.length);
  expect(worst).toBe(0);
});

test("encode then decode is the identity, in ours and in libvips", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.infiniteStream(fc.nat(255)),
      async (w, h, s) => {
        const data = Uint8ClampedArray.from({ length: w * h * 4 }, () => s.next().value as number);
        const file = writePng(encodePng({ width: w, height: h, data }));
        expect(decodePng(parsePng(file)).data).toEqual(data);
        expect(new Uint8ClampedArray(await sharp(file).ensureAlpha().raw().toBuffer())).toEqual(data);
      },
    ),
    { numRuns: 40 },
  );
});

test("new pixels keep metadata and drop what described the old format", async () => {
  const file = await picture(16, 16).withMetadata({ density: 300 }).png({ palette: true }).toBuffer();
  const png = withPngChunk(parsePng(file), itxtChunk("Author", "某人"), () => false);
  const again = parsePng(writePng(withRaster(png, decodePng(png))));
  const types = again.chunks.map((c) => c.type);
  expect(types).toContain("iTXt");
  expect(types).toContain("pHYs");
  expect(types).not.toContain("PLTE");
  expect(decodePng(again).data).toEqual(decodePng(png).data);
});

test("cut or changed anywhere, a PNG gives pixels or bad-file", async () => {
  const file = new Uint8Array(await picture(12, 9).png({ palette: true, progressive: true }).toBuffer());
  fc.assert(
    fc.property(fc.nat(file.length), fc.nat(file.length - 1), fc.nat(255), (cut, at, value) => {
      const bad = file.slice(0, cut);
      if (at < cut) bad[at] = value;
      try {
        const png = parsePng(bad);
        // right CRCs, so that damage reaches the decoder
        decodePng({ ...png, chunks: png.chunks.map((c) => pngChunk(c.type, c.data)) });
      } catch (e) {
        expect(InksealError.is(e) && e.code).toBe("bad-file");
      }
    }),
    { numRuns: 1000 },
  );
});

test("a header that asks for 16 Gi pixels is refused before anything is allocated", async () => {
  const png = encodePng({ width: 1, height: 1, data: new Uint8ClampedArray(4) });
  const ihdr = png.chunks[0]!.data.slice();
  new DataView(ihdr.buffer).setUint32(0, 0x20000);
  new DataView(ihdr.buffer).setUint32(4, 0x20000);
  const bomb = { ...png, chunks: [pngChunk("IHDR", ihdr), ...png.chunks.slice(1)] };
  expect(() => decodePng(bomb)).toThrowError(expect.objectContaining({ code: "bad-file" }));
  expect(fromLatin1(writePng(bomb).subarray(1, 4))).toBe("PNG");
});
