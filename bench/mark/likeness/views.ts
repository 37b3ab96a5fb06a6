/**
 * How pictures are shown to the detector. The trap of the field is that all photographs of a set are JPEGs of one size and all generated pictures are
 * PNGs of another (Grommelt et al. 2024): so both kinds go through the same cuts, sizes, kernels and qualities, drawn by the picture's name alone; a
 * generated PNG is first compressed as a camera would; and a picture without compression is shown of both kinds, of photographs only after they were made
 * so small that their compression is gone.
 */
import type { Raster } from "@inkseal/codec";
import sharp, { type Sharp } from "sharp";
import type { Source } from "./sources.ts";

sharp.concurrency(1);

interface Pixels {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}
export interface View {
  readonly name: "native" | "jpeg" | "scaled" | "plain" | "jpeg75" | "half";
  readonly raster: Raster;
}
type Random = () => number;

/** Pixels a side of what is cut out; more would only be more of the same tiles. */
const cutSide = 640;
const kernels = ["lanczos3", "cubic", "mitchell", "linear"] as const;
/** Pixels a side that every view has at least. */
const leastSide = 264;

const open = ({ data, width, height }: Pixels) => sharp(data, { raw: { width, height, channels: 3 } });
async function pixelsOf(picture: Sharp): Promise<Pixels> {
  const { data, info } = await picture.toColourspace("srgb").removeAlpha().raw().toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`${info.channels} channels`);
  return { data, width: info.width, height: info.height };
}
const jpeg = async (from: Pixels, quality: number, fine: boolean): Promise<Pixels> =>
  pixelsOf(
    sharp(
      await open(from)
        .jpeg({ quality: Math.round(quality), chromaSubsampling: fine ? "4:4:4" : "4:2:0" })
        .toBuffer(),
    ),
  );

function cut(from: Pixels, random: Random, side = cutSide): Promise<Pixels> {
  const [width, height] = [Math.min(side, from.width), Math.min(side, from.height)];
  const left = Math.floor(random() * (from.width - width + 1));
  const top = Math.floor(random() * (from.height - height + 1));
  return pixelsOf(open(from).extract({ left, top, width, height }));
}

const resized = ({ width, height, ...rest }: Pixels, by: number, kernel: (typeof kernels)[number]): Promise<Pixels> =>
  pixelsOf(open({ width, height, ...rest }).resize(Math.round(width * by), Math.round(height * by), { kernel, fit: "fill" }));

/** To a long side from 400 to 1400 pixels, at most `most` of what it was; undefined where it is too small for that. */
async function scaled(from: Pixels, most: number, random: Random): Promise<Pixels | undefined> {
  const [long, short] = [Math.max(from.width, from.height), Math.min(from.width, from.height)];
  const [lo, hi] = [Math.max(400, (leastSide * long) / short), Math.min(1400, long * most)];
  const [by, kernel] = [(lo * (hi / lo) ** random()) / long, kernels[Math.floor(4 * random())]!];
  return lo < hi ? cut(await resized(from, by, kernel), random) : undefined;
}

/** Of what is learnt from, two views of four; of what is tested on, always the same three. Throws for what does not decode. */
export async function viewsOf(bytes: Buffer, source: Source, random: Random): Promise<View[]> {
  const { format } = await sharp(bytes).metadata();
  const whole = await pixelsOf(sharp(bytes));
  const base = source.cut === undefined ? whole : await quarter(whole, random);
  const lossless = format === "png";
  const fine = (): boolean => random() < 0.4;
  const first = lossless ? await jpeg(base, 88 + 10 * random(), fine()) : base;
  const views: [View["name"], () => Promise<Pixels | undefined>][] =
    source.part === "test"
      ? [
          ["native", () => cut(first, random)],
          ["jpeg75", async () => jpeg(await cut(first, random), 75, false)],
          ["half", async () => jpeg(await cut(await resized(first, 0.5, "lanczos3"), random), 90, false)],
        ]
      : chosen(random, [
          ["native", () => cut(first, random)],
          ["jpeg", async () => jpeg(await cut(first, random), 60 + 35 * random(), fine())],
          ["scaled", async () => withJpeg(await scaled(first, 0.9, random))],
          ["plain", () => (lossless && random() < 0.5 ? cut(base, random) : scaled(base, lossless ? 0.9 : 0.5, random))],
        ]);
  const withJpeg = async (p: Pixels | undefined) => p && jpeg(p, 65 + 32 * random(), fine());
  const out: View[] = [];
  for (const [name, make] of views) {
    const pixels = await make();
    if (pixels !== undefined && Math.min(pixels.width, pixels.height) >= 256) out.push({ name, raster: rasterOf(pixels) });
  }
  return out;
}

function chosen<T>(random: Random, from: readonly T[]): T[] {
  const order = from.map((one) => [random(), one] as const).sort((a, b) => a[0] - b[0]);
  return order.slice(0, 2).map(([, one]) => one);
}

/** One of two by two. */
function quarter(from: Pixels, random: Random): Promise<Pixels> {
  const [width, height] = [from.width >> 1, from.height >> 1];
  const [left, top] = [random() < 0.5 ? 0 : width, random() < 0.5 ? 0 : height];
  return pixelsOf(open(from).extract({ left, top, width, height }));
}

function rasterOf({ data, width, height }: Pixels): Raster {
  const rgba = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let i = 0; i < width * height; i++) rgba.set(data.subarray(3 * i, 3 * i + 3), 4 * i);
  return { width, height, data: rgba };
}
