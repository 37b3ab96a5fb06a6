import type { Raster } from "@inkseal/codec";
import fc from "fast-check";
import sharp, { type Sharp } from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { scene, seeded } from "../../../test/scene.ts";
import { accepted, acceptedOf, logFalseAlarm } from "./accepted.ts";
import { detectImage, detectUpright, type Found } from "./detect.ts";
import { type Embedded, embedImage } from "./embed.ts";

const key = Uint8Array.from({ length: 32 }, (_, i) => i * 7 + 1);
const payload = Uint8Array.of(0xde, 0xad, 0, 1, 2, 3, 0xfe, 0xed);
const original = scene(576, 448, 7);
let marked: Embedded;
beforeAll(() => {
  marked = embedImage(original, key, payload) as Embedded;
});

const open = ({ width, height, data }: Raster): Sharp =>
  sharp(Buffer.from(data.buffer, data.byteOffset, data.length), { raw: { width, height, channels: 4 } }).removeAlpha();
async function pixels(from: Sharp): Promise<Raster> {
  const { data, info } = await sharp(await from.png().toBuffer())
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8ClampedArray(data) };
}
const as = async (from: Sharp): Promise<Raster> => pixels(sharp(await from.toBuffer()));
const turned = async (raster: Raster, degrees: number, side: number): Promise<Sharp> => {
  const whole = await open(raster).rotate(degrees).png().toBuffer();
  const { width, height } = await sharp(whole).metadata();
  return sharp(whole).extract({ left: (width - side) >> 1, top: (height - side) >> 1, width: side, height: side });
};

test("stays within its strength and is read back, with the bound of a false alarm", () => {
  let squares = 0;
  for (let i = 0; i < original.data.length; i++)
    squares += ((original.data[i] as number) - (marked.raster.data[i] as number)) ** 2;
  const psnr = 10 * Math.log10((255 ** 2 * 0.75 * original.data.length) / squares);
  expect(psnr).toBeGreaterThan(38.3);
  expect(Math.abs(psnr - marked.psnr)).toBeLessThan(0.3);
  const found = detectImage(marked.raster, key) as Found;
  expect(found).toMatchObject({ payload, direct: true, belongs: true });
  expect(found.falseAlarm).toBeLessThan(1e-9);
  expect(logFalseAlarm(accepted)).toBeCloseTo(-9 * Math.LN10, 6);
});

describe("found again after", () => {
  test.each<[string, (raster: Raster) => Promise<Raster>]>([
    ["JPEG, quality 30", (r) => as(open(r).jpeg({ quality: 30 }))],
    ["WebP, quality 40", (r) => as(open(r).webp({ quality: 40 }))],
    ["a quarter of the size", (r) => pixels(open(r).resize(144, 112))],
    ["twice the size", (r) => pixels(open(r).resize(1152, 896))],
    ["mirroring", (r) => pixels(open(r).flop())],
    ["a quarter turn", (r) => pixels(open(r).rotate(90))],
    ["mirroring and a quarter turn", async (r) => pixels(open(await pixels(open(r).flip())).rotate(270))],
    ["brightness and contrast", (r) => pixels(open(r).linear(1.2, -10))],
    ["blur", (r) => pixels(open(r).blur(1.5))],
    ["grey", (r) => pixels(open(r).grayscale())],
  ])("%s, without a search", async (_, attack) => {
    expect(detectImage(await attack(marked.raster), key)).toMatchObject({ payload, direct: true });
  });

  test.each<[string, (raster: Raster) => Promise<Raster>]>([
    ["turning by 7°", async (r) => pixels(await turned(r, 7, 380))],
    ["turning by 133°", async (r) => pixels(await turned(r, 133, 310))],
    ["cropping to 40 %", (r) => pixels(open(r).extract({ left: 151, top: 93, width: 364, height: 283 }))],
    [
      "cropping, turning, JPEG 50",
      async (r) =>
        as(
          (await turned(await pixels(open(r).extract({ left: 60, top: 40, width: 450, height: 350 })), 10, 285)).jpeg({
            quality: 50,
          }),
        ),
    ],
    ["mirroring and cropping", (r) => pixels(open(r).extract({ left: 20, top: 33, width: 400, height: 300 }).flop())],
  ])("%s, by a search", async (_, attack) => {
    expect(detectImage(await attack(marked.raster), key)).toMatchObject({ payload, direct: false });
  });
});

test("nobody finds it with another key, and nobody finds what is not there", () => {
  expect(
    detectImage(
      marked.raster,
      key.map((b) => b ^ 1),
    ),
  ).toBeUndefined();
  for (let seed = 0; seed < 4; seed++) expect(detectImage(scene(300, 260, 100 + seed), key)).toBeUndefined();
});

test("several keys are looked for at once, and each pays for the others", async () => {
  const others = [1, 2].map((n) => key.map((b) => b ^ n));
  const crop = await pixels(open(marked.raster).extract({ left: 20, top: 33, width: 400, height: 300 }));
  for (const copy of [marked.raster, crop]) {
    const alone = detectImage(copy, key) as Found;
    const among = detectImage(copy, ...others, key) as Found;
    expect(among).toMatchObject({ payload, key: 2, score: alone.score, belongs: true });
    expect(among.falseAlarm / alone.falseAlarm).toBeCloseTo(3, 6);
    expect(detectUpright(copy, ...others, key)).toEqual(among.direct ? among : undefined);
  }
  expect(detectImage(marked.raster, ...others)).toBeUndefined();
  expect(detectImage(marked.raster)).toBeUndefined();
  expect(logFalseAlarm(acceptedOf(5), 5)).toBeCloseTo(-9 * Math.LN10, 6);
});

test("a mark lifted to another picture is read, and does not belong", () => {
  const other = scene(576, 448, 8);
  const forged = other.data.map((x, i) => x + 1.2 * ((marked.raster.data[i] as number) - (original.data[i] as number)));
  const found = detectImage({ ...other, data: forged }, key) as Found;
  expect(found.payload).toEqual(payload);
  expect(found.belongs).toBe(false);
});

test("marked again, the later mark is read", () => {
  const later = payload.map((b) => b ^ 0x55);
  const again = embedImage(marked.raster, key, later) as Embedded;
  expect(detectImage(again.raster, key)?.payload).toEqual(later);
});

test("pictures that cannot hold it are refused", () => {
  expect(embedImage(scene(120, 500, 1), key, payload)).toBeUndefined();
  const white = { width: 300, height: 300, data: new Uint8ClampedArray(360_000).fill(255) };
  const clear = { width: 300, height: 300, data: new Uint8ClampedArray(360_000) };
  for (const blank of [white, clear]) {
    const held = embedImage(blank, key, payload);
    if (held !== undefined) expect(detectImage(held.raster, key)?.payload).toEqual(payload);
  }
});

test("lengths of key and payload are checked at the door", () => {
  expect(() => embedImage(original, key.slice(1), payload)).toThrowError(expect.objectContaining({ code: "bad-request" }));
  expect(() => embedImage(original, key, payload.slice(1))).toThrowError(expect.objectContaining({ code: "bad-request" }));
  expect(() => detectImage(original, new Uint8Array(0))).toThrowError(expect.objectContaining({ code: "bad-request" }));
});

test("any raster is looked at without an exception and nothing is found in it", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 90 }),
      fc.integer({ min: 0, max: 90 }),
      fc.integer(),
      fc.integer({ min: 0, max: 255 }),
      (width, height, seed, flat) => {
        const random = seeded(seed);
        const data = Uint8ClampedArray.from({ length: width * height * 4 }, () => (random() < 0.5 ? flat : 256 * random()));
        expect(detectImage({ width, height, data }, key)).toBeUndefined();
      },
    ),
    { numRuns: 15 },
  );
});
