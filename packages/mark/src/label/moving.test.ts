import {
  type AnimationFrame,
  concat,
  decodeApngFrame,
  encodePngImage,
  latin1,
  type NewFrame,
  parseApng,
  parsePng,
  parseRiff,
  pngChunk,
  type Raster,
  webpCanvas,
  webpFrames,
  writePng,
  writeRiff,
} from "@inkseal/codec";
import sharp from "sharp";
import { expect, test } from "vitest";
import { cleared, pixels, policy, provenance, withMarks } from "../../test/fixtures.ts";
import { createMarker } from "../index.ts";
import { readCorner } from "./corner.ts";
import { labelMoving } from "./moving.ts";

const solid = (width: number, height: number, rgba: readonly number[]): Raster => ({
  width,
  height,
  data: Uint8ClampedArray.from({ length: 4 * width * height }, (_, i) => rgba[i % 4]!),
});
const [W, H] = [160, 120];
const whole = { x: 0, y: 0, width: W, height: H, dispose: "none", over: false } as const;

/** What is seen at each frame, by the rules of APNG; a reference of its own. */
function shown(frames: readonly (AnimationFrame & { raster: Raster })[]): Raster[] {
  let canvas = new Uint8ClampedArray(4 * W * H);
  return frames.map((f, i) => {
    const before = canvas.slice();
    for (let y = 0; y < f.height; y++)
      for (let x = 0; x < f.width; x++) {
        const at = 4 * ((f.y + y) * W + f.x + x);
        const own = f.raster.data.subarray(4 * (y * f.width + x), 4 * (y * f.width + x) + 4);
        if (!f.over || own[3] === 255) canvas.set(own, at); // pixels here are opaque or clear
      }
    const seen = { width: W, height: H, data: canvas.slice() };
    if (f.dispose === "previous") canvas = i === 0 ? new Uint8ClampedArray(4 * W * H) : before;
    if (f.dispose === "background")
      for (let y = 0; y < f.height; y++) canvas.fill(0, 4 * ((f.y + y) * W + f.x), 4 * ((f.y + y) * W + f.x + f.width));
    return seen;
  });
}

const grey = [90, 90, 90, 255];
const clear = [0, 0, 0, 0];
const parts = { x: 100, y: 80, width: 40, height: 30 };
test.each<[string, (AnimationFrame & { raster: Raster })[], number]>([
  [
    "whole frames",
    [
      { ...whole, raster: solid(W, H, grey) },
      { ...whole, raster: solid(W, H, [200, 9, 9, 255]) },
    ],
    2,
  ],
  [
    "a frame far from the label keeps its bytes, one across its edge is painted within",
    [
      { ...whole, raster: solid(W, H, grey) },
      { ...whole, width: 20, height: 20, raster: solid(20, 20, [1, 2, 3, 255]) },
      { ...whole, ...parts, raster: solid(40, 30, [9, 200, 9, 255]) },
    ],
    2,
  ],
  [
    "a small first frame, and one that wipes the label out",
    [
      { ...whole, width: 20, height: 20, raster: solid(20, 20, grey) },
      { ...whole, ...parts, dispose: "background", raster: solid(40, 30, [9, 200, 9, 255]) },
      { ...whole, width: 20, height: 20, over: true, raster: solid(20, 20, clear) },
    ],
    3,
  ],
  [
    "frames that show again what was there",
    [
      { ...whole, dispose: "previous", raster: solid(W, H, grey) },
      { ...whole, ...parts, dispose: "previous", over: true, raster: solid(40, 30, [9, 9, 200, 255]) },
      { ...whole, width: 20, height: 20, raster: solid(20, 20, [7, 7, 7, 255]) },
    ],
    3,
  ],
])("%s: the label is in every frame that is seen, and nothing else changes", async (_, frames, count) => {
  const out: (AnimationFrame & { raster: Raster })[] = [...frames];
  const changed: number[] = [];
  const put = async (i: number, frame: NewFrame) => {
    out[i] = frame;
    changed.push(i);
  };
  const moving = { width: W, height: H, frames, decode: async (i: number) => frames[i]!.raster };
  const drawn = await labelMoving(moving, "zh-CN", false, put);
  expect([drawn?.label.text, changed.length]).toEqual(["AI生成", count]);
  const before = shown(frames);
  for (const [i, seen] of shown(out).entries()) {
    expect(readCorner(seen)?.text).toBe("AI生成");
    // outside of the plate, which lies in the lower right
    for (let p = 0; p < W * H; p++)
      if (p % W < W - 60 || p < (H - 30) * W)
        for (let c = 0; c < 4; c++) if (seen.data[4 * p + c] !== before[i]!.data[4 * p + c]) throw new Error(`${i} ${p}`);
  }
});

/** An animation; `still` is the picture before it, where that is no frame. */
function apng(frames: readonly { x?: number; raster: Raster }[], still?: Raster): Uint8Array {
  const number = (...n: number[]) => new Uint8Array(new Uint32Array(n).buffer).reverse();
  let sequence = 0;
  const { ihdr } = encodePngImage(still ?? frames[0]!.raster, 6, true);
  const control = (f: { x?: number; raster: Raster }) =>
    pngChunk(
      "fcTL",
      concat([number(0, f.x ?? 0, f.raster.height, f.raster.width, sequence++), Uint8Array.of(0, 1, 0, 10, 0, 0)]),
    );
  const image = (r: Raster) => encodePngImage(r, 6, true).idat.data;
  const chunks = frames.flatMap((f, i) => {
    const head = control(f);
    const data = image(f.raster);
    return [
      head,
      i === 0 && still === undefined ? pngChunk("IDAT", data) : pngChunk("fdAT", concat([number(sequence++), data])),
    ];
  });
  return writePng({
    chunks: [
      ihdr,
      pngChunk("acTL", number(0, frames.length)),
      ...(still === undefined ? [] : [pngChunk("IDAT", image(still))]),
      ...chunks,
      pngChunk("IEND", new Uint8Array(0)),
    ],
    trailing: new Uint8Array(0),
  });
}
const marker = createMarker({ producer: { code: "X" } });
const labelOf = async (bytes: Uint8Array) => (await marker.read(bytes)).layers.find((l) => l.layer === "label")?.status;

test("APNG: every frame and the still picture, numbered in order; frames far from the label byte for byte", async () => {
  const bytes = apng([{ raster: solid(W, H, grey) }, { raster: solid(9, 9, [1, 2, 3, 255]) }, { raster: solid(W, H, grey) }], solid(W, H, [250, 250, 250, 255])); // biome-ignore format: one idea
  expect(await labelOf(bytes)).toBe("absent");
  const { bytes: out, marks } = await marker.seal(cleared("image/png", bytes), policy, provenance);
  expect(marks[0]).toMatchObject({ layer: "label", data: { text: "AI生成" } });
  expect(await labelOf(out)).toBe("valid");
  const png = parsePng(out);
  const { frames, stillMoves } = parseApng(png);
  expect([frames.length, stillMoves]).toEqual([3, false]);
  expect([0, 2].map((i) => readCorner(decodeApngFrame(png, frames[i]!))?.text)).toEqual(["AI生成", "AI生成"]);
  expect(frames[1]!.data).toEqual(parseApng(parsePng(bytes)).frames[1]!.data);
  const numbers = png.chunks.filter((c) => c.type === "fcTL" || c.type === "fdAT").map((c) => c.data[3]);
  expect(numbers).toEqual(numbers.map((_, i) => i));
  // ffmpeg's kin and browsers: by libvips' libspng it is still a picture
  expect((await sharp(out).metadata()).width).toBe(W);
});

test("WebP: every frame, lossless where it was; as another library reads them", async () => {
  const raw = { width: W, height: 3 * H, channels: 3 as const, pageHeight: H };
  const frames = concat([pixels(W, H, 60), pixels(W, H, 160), pixels(W, H, 200)]);
  for (const lossless of [true, false]) {
    const bytes = new Uint8Array(await sharp(frames, { raw }).webp({ lossless, quality: 80 }).toBuffer());
    expect(await labelOf(bytes)).toBe("absent");
    const { bytes: out, marks } = await marker.seal(cleared("image/webp", bytes), withMarks({ language: "en" }), provenance);
    expect(marks[0]).toMatchObject({ layer: "label", data: { text: "AI-generated" } });
    expect(await labelOf(out)).toBe("valid");
    const riff = parseRiff(out);
    expect([webpCanvas(riff).animated, webpFrames(riff).map((f) => f.lossless)]).toEqual([
      true,
      [lossless, lossless, lossless],
    ]);
    for (const page of [0, 1, 2]) {
      const data = await sharp(out, { page }).ensureAlpha().raw().toBuffer();
      expect(readCorner({ width: W, height: H, data: new Uint8ClampedArray(data) })?.text).toBe("AI-generated");
    }
  }
});

test("animations that are not what they say pass with a warning, or are refused", async () => {
  const sound = apng([{ raster: solid(W, H, grey) }]);
  const without = (type: string) =>
    writePng({ ...parsePng(sound), chunks: parsePng(sound).chunks.filter((c) => c.type !== type) });
  const beside = apng([{ raster: solid(W, H, grey) }, { x: 155, raster: solid(9, 9, grey) }]);
  for (const bytes of [without("fcTL"), beside]) {
    const { marks, warnings } = await marker.seal(cleared("image/png", bytes), policy, provenance);
    expect([warnings?.[0], marks.some((m) => m.layer === "label")]).toEqual([
      expect.stringMatching(/^the animation carries no label/),
      false,
    ]);
  }
  const head = (flags: number) => Uint8Array.of(flags, 0, 0, 0, 99, 0, 0, 99, 0, 0);
  const animation = (frame: Uint8Array) =>
    writeRiff({
      form: "WEBP",
      chunks: [
        { id: "VP8X", data: head(2), offset: 0 },
        { id: "ANMF", data: frame, offset: 0 },
      ],
      trailing: new Uint8Array(0),
    });
  const place = (x: number) => Uint8Array.of(x, 0, 0, 0, 0, 0, 99, 0, 0, 99, 0, 0, 100, 0, 0, 0);
  const noise = concat([latin1("VP8L\x08\0\0\0"), new Uint8Array(8).fill(0x2f)]);
  for (const frame of [new Uint8Array(3), place(0), place(9), concat([place(0), noise])]) {
    const { warnings } = await marker.seal(cleared("image/webp", animation(frame)), policy, provenance);
    expect(warnings?.[0]).toMatch(/^the animation carries no label/);
    expect(await labelOf(animation(frame))).toBe("absent");
  }
});
