import type { Raster } from "@inkseal/codec";
import sharp, { type Sharp } from "sharp";
import { beforeAll, expect, test } from "vitest";
import { scene } from "../../../test/scene.ts";
import { readCorner } from "../../label/corner.ts";
import { videoLabel } from "../../label/video.ts";
import type { VideoFormat, VideoFrame } from "../../video/coder.ts";
import { matrixOf, rasterOfFrame } from "../../video/colour.ts";
import { detectVideo } from "./detect.ts";
import { videoMark } from "./embed.ts";

const key = Uint8Array.from({ length: 32 }, (_, i) => i * 5 + 3);
const payload = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const format: VideoFormat = { width: 352, height: 240, rate: 2, limited: true, bt709: true };

const { width, height } = format;

/** As a film's encoder takes a picture: by BT.709 in limited range, colour at half the size. */
function frameOf({ width, height, data }: Raster): VideoFrame {
  const { weights, black, luma: step, blue: kb, red: kr } = matrixOf(format);
  const luma = new Uint8Array(width * height);
  const blue = new Float32Array((width * height) / 4);
  const red = new Float32Array((width * height) / 4);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      const [r, g, b] = [0, 1, 2].map((c) => data[4 * i + c] as number) as [number, number, number];
      const grey = weights[0] * r + weights[1] * g + weights[2] * b;
      luma[i] = Math.round(black + step * grey);
      const to = (y >> 1) * (width >> 1) + (x >> 1);
      blue[to] = (blue[to] as number) + (kb * (b - grey)) / 4;
      red[to] = (red[to] as number) + (kr * (r - grey)) / 4;
    }
  const levels = (from: Float32Array): Uint8Array => Uint8Array.from(from, (x) => Math.round(128 + x));
  return { luma, blue: levels(blue), red: levels(red) };
}

/** A window that moves over a scene, then another scene. */
const pages = [scene(432, 300, 21), scene(432, 300, 22)] as const;
const shot = (n: number): Raster => {
  const page = pages[n < 5 ? 0 : 1];
  const [left, top] = [(n % 5) * 16, (n % 5) * 9];
  const data = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y++) {
    const from = 4 * ((top + y) * page.width + left);
    data.set(page.data.subarray(from, from + 4 * width), 4 * width * y);
  }
  return { width, height, data };
};
const film = (): VideoFrame[] => Array.from({ length: 10 }, (_, n) => frameOf(shot(n)));
const seen = (frames: readonly VideoFrame[]): Raster[] => frames.map((f) => rasterOfFrame(f, format));
let plain: Raster[];
let marked: Raster[];
beforeAll(() => {
  plain = seen(film());
  const frames = film();
  const mark = videoMark(format, key, payload);
  for (const frame of frames) mark?.next(frame);
  marked = seen(frames);
});
/** Each frame by itself as a copyist's machine would leave it. */
const copied = (frames: readonly Raster[], by: (picture: Sharp) => Sharp): Promise<Raster[]> =>
  Promise.all(
    frames.map(async ({ width, height, data }) => {
      const open = sharp(Buffer.from(data.buffer), { raw: { width, height, channels: 4 } }).removeAlpha();
      const file = await by(open).jpeg({ quality: 30 }).toBuffer();
      const { data: out, info } = await sharp(file).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
      return { width: info.width, height: info.height, data: new Uint8ClampedArray(out) };
    }),
  );

test("frames of a film keep their colours on the way to pixels", () => {
  const [before, after] = [shot(3), rasterOfFrame(frameOf(shot(3)), format)];
  let sum = 0;
  for (let i = 0; i < before.data.length; i++) sum += Math.abs((before.data[i] as number) - (after.data[i] as number));
  expect(sum / before.data.length).toBeLessThan(4); // colour differences at half the size
});

test("the mark costs about 42 dB and is read from harsh copies: scaled, cropped, and of half of the frames", async () => {
  let squares = 0;
  for (const [n, { data }] of marked.entries())
    for (let i = 0; i < data.length; i++) squares += ((data[i] as number) - (plain[n]!.data[i] as number)) ** 2;
  expect(10 * Math.log10((65025 * 0.75 * marked.length * marked[0]!.data.length) / squares)).toBeGreaterThan(41);
  const half = marked.filter((_, n) => n % 2 === 1);
  expect(detectVideo(await copied(half, (p) => p.resize(300, 204)), key)).toMatchObject({
    payload,
    direct: true,
    belongs: true,
  });
  const cut = await copied(marked, (p) => p.extract({ left: 50, top: 20, width: 276, height: 188 }));
  expect(detectVideo(cut, key)).toMatchObject({ payload, direct: false });
});

test("nothing is found under another key, in an unmarked film, and in no frames at all", () => {
  const other = key.map((b) => b ^ 9);
  expect(detectVideo(marked, other)).toBeUndefined();
  expect(detectVideo(plain, key)).toBeUndefined();
  expect(detectVideo([], key)).toBeUndefined();
  expect(videoMark({ ...format, width: 100 }, key, payload)).toBeUndefined();
  expect(() => detectVideo([], key.slice(1))).toThrowError(expect.objectContaining({ code: "bad-request" }));
});

test("a mark lifted to another film is read, and does not belong", () => {
  const others = [scene(width, height, 40), scene(width, height, 41)] as const;
  const forged = marked.map(({ data, ...size }, n) => {
    const other = others[n < 5 ? 0 : 1];
    return { ...size, data: other.data.map((x, i) => x + (data[i] as number) - (plain[n]!.data[i] as number)) };
  });
  expect(detectVideo(forged, key)).toMatchObject({ payload, belongs: false });
});

test("the label is in the corner of all frames and large in the first three seconds, legible over what changes beneath", () => {
  for (const locale of ["zh-CN", "en"] as const) {
    const frames = Array.from({ length: 9 }, (_, n) => frameOf(shot(n)));
    const label = videoLabel(format, locale, true)!;
    for (const frame of frames) label.next(frame);
    expect(label.label.height).toBeGreaterThanOrEqual(0.05 * height);
    const text = label.label.text;
    for (const [n, frame] of seen(frames).entries()) {
      expect(readCorner(frame)).toMatchObject({ text });
      expect(readCorner(frame, 1, "opening")?.text).toBe(n < 6 ? text : undefined);
    }
  }
  expect(videoLabel({ ...format, height: 20 }, "en", true)).toBeUndefined();
});
