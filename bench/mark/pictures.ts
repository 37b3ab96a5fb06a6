/** Pictures of the image claim, and what is done to them by libvips (through sharp) and ImageMagick: by nothing of ours. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Raster } from "@inkseal/codec";
import sharp, { type Sharp } from "sharp";

sharp.concurrency(1);
const folder = fileURLToPath(new URL("../../../shared/data/photos/", import.meta.url));

export interface Picture {
  readonly name: string;
  readonly raster: Raster;
}

export async function rasterOf(picture: Sharp | Buffer): Promise<Raster> {
  const decoded = Buffer.isBuffer(picture) ? sharp(picture) : sharp(await picture.png({ compressionLevel: 0 }).toBuffer());
  const { data, info } = await decoded.ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8ClampedArray(data) };
}
export const open = ({ width, height, data }: Raster): Sharp =>
  sharp(Buffer.from(data.buffer, data.byteOffset, data.length), { raw: { width, height, channels: 4 } }).removeAlpha();
const asFile = async (picture: Sharp): Promise<Raster> => rasterOf(await picture.toBuffer());

/** The Kodak photos whole, squares of 512 out of them, and squares enlarged to 1024. */
export async function photos(count: number): Promise<Picture[]> {
  const names = (await readdir(folder)).filter((f) => f.endsWith(".png")).sort();
  const whole = await Promise.all(
    names.slice(0, count).map(async (name) => ({ name, raster: await rasterOf(sharp(join(folder, name))) })),
  );
  const squares = await Promise.all(
    whole.map(async ({ name, raster }, i) => {
      const left = (i * 83) % (raster.width - 511);
      const top = (i * 61) % (raster.height - 511);
      return { name: `${name} 512²`, raster: await rasterOf(open(raster).extract({ left, top, width: 512, height: 512 })) };
    }),
  );
  const large = await Promise.all(
    squares.slice(0, Math.ceil(count / 4)).map(async ({ name, raster }) => ({
      name: `${name} to 1024²`,
      raster: await rasterOf(open(raster).resize(1024, 1024, { kernel: "lanczos3" })),
    })),
  );
  return [...whole, ...squares, ...large];
}

/** Flat art and a line drawing. */
export async function drawings(): Promise<Picture[]> {
  const shapes = Array.from({ length: 24 }, (_, i) => {
    const [x, y, r] = [(i * 197) % 768, (i * 131) % 576, 24 + ((i * 37) % 90)];
    return `<circle cx="${x}" cy="${y}" r="${r}" fill="hsl(${(i * 47) % 360} 60% ${35 + ((i * 13) % 40)}%)"/>`;
  }).join("");
  const lines = Array.from({ length: 40 }, (_, i) => {
    const [x, y] = [(i * 157) % 768, (i * 211) % 576];
    return `<path d="M${x} ${y}q${60 - ((i * 29) % 120)} ${(i * 17) % 90} ${(i * 53) % 200} ${(i * 31) % 140}" fill="none" stroke="#222" stroke-width="2"/>`;
  }).join("");
  const svg = (ground: string, body: string): Buffer =>
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="768" height="576"><rect width="768" height="576" fill="${ground}"/>${body}</svg>`,
    );
  return [
    { name: "flat art", raster: await rasterOf(sharp(svg("#e8d9b5", shapes))) },
    { name: "line drawing on white", raster: await rasterOf(sharp(svg("#ffffff", lines))) },
    { name: "one colour", raster: await rasterOf(sharp(svg("#7a9cc6", ""))) },
  ];
}

/**
 * Small pictures of many kinds that nobody marked: parts of photos at many scales, mirrored and turned; shapes of a machine's; pages of text. Random
 * in every run.
 */
export async function strangers(count: number): Promise<Picture[]> {
  const names = (await readdir(folder)).filter((f) => f.endsWith(".png")).sort();
  const upTo = (n: number): number => Math.floor(n * Math.random());
  const size = (): number => 128 + upTo(320);
  const colour = (): string => `hsl(${upTo(360)} ${upTo(100)}% ${upTo(100)}%)`;
  const drawn = (body: string): Sharp => {
    const [width, height] = [size(), size()];
    return sharp(
      Buffer.from(
        `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 400 400" preserveAspectRatio="none">${body}</svg>`,
      ),
    );
  };
  const kinds: (() => Promise<Sharp>)[] = [
    async () => {
      const photo = join(folder, names[upTo(names.length)]!);
      const { width, height } = await sharp(photo).metadata();
      const [w, h] = [160 + upTo(width - 160), 160 + upTo(height - 160)];
      const part = sharp(photo).extract({ left: upTo(width - w), top: upTo(height - h), width: w, height: h });
      const whole = sharp(await part.resize(size(), size(), { fit: "fill" }).toBuffer());
      return whole.flop(Math.random() < 0.5).rotate(90 * upTo(4));
    },
    async () =>
      drawn(
        Array.from({ length: 5 + upTo(40) }, () =>
          Math.random() < 0.5
            ? `<circle cx="${upTo(400)}" cy="${upTo(400)}" r="${upTo(120)}" fill="${colour()}"/>`
            : `<rect x="${upTo(400)}" y="${upTo(400)}" width="${upTo(200)}" height="${upTo(200)}" fill="${colour()}" stroke="${colour()}"/>`,
        ).join(""),
      ),
    async () => {
      const words = (): string =>
        Array.from({ length: 8 }, () =>
          Math.random()
            .toString(36)
            .slice(2, 3 + upTo(9)),
        ).join(" ");
      const step = 8 + upTo(24);
      const lines = Array.from(
        { length: Math.ceil(400 / step) },
        (_, i) => `<text x="4" y="${(i + 1) * step}" font-size="${0.75 * step}">${words()}</text>`,
      );
      return drawn(`<rect width="400" height="400" fill="#fff"/><g font-family="serif">${lines.join("")}</g>`);
    },
  ];
  const out: Picture[] = [];
  for (let n = 0; n < count; n++)
    out.push({ name: `stranger ${n}`, raster: await rasterOf(await kinds[n % 4 === 3 ? 0 : n % 3]!()) });
  return out;
}

const run = promisify(execFile);
/** Debian's own name, where another `convert` stands before it. */
const convert = "convert-im6.q16";

async function byImageMagick(raster: Raster, args: readonly string[]): Promise<Raster> {
  const work = await mkdtemp(join(tmpdir(), "inkseal-mark-"));
  try {
    const [from, to] = [join(work, "from.png"), join(work, "to.png")];
    await writeFile(from, await open(raster).png({ compressionLevel: 1 }).toBuffer());
    await run(convert, [from, ...args, to]);
    return await rasterOf(await readFile(to));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Width and height of the largest upright rectangle within a picture that was turned. */
function inscribed(w: number, h: number, degrees: number): [number, number] {
  const a = ((((degrees % 180) + 180) % 180) * Math.PI) / 180;
  const t = a > Math.PI / 2 ? Math.PI - a : a;
  const [s, c] = [Math.sin(t), Math.cos(t)];
  const [long, short] = [Math.max(w, h), Math.min(w, h)];
  if (short <= 2 * s * c * long || Math.abs(s - c) < 1e-9) {
    const x = short / 2;
    return w >= h ? [x / s, x / c] : [x / c, x / s];
  }
  return [(w * c - h * s) / (c * c - s * s), (h * c - w * s) / (c * c - s * s)];
}

/** Turned by ImageMagick and cropped to content. */
export async function turned(raster: Raster, degrees: number): Promise<Raster> {
  const [width, height] = inscribed(raster.width, raster.height, degrees).map((x) => Math.max(8, Math.floor(x) - 2)) as [
    number,
    number,
  ];
  return byImageMagick(raster, [
    "-rotate",
    String(degrees),
    "-gravity",
    "center",
    "-crop",
    `${width}x${height}+0+0`,
    "+repage",
  ]);
}

/** A part of `area` anywhere; `random` gives 0 to 1. */
export async function cropped(raster: Raster, area: number, random: () => number): Promise<Raster> {
  const width = Math.round(raster.width * Math.sqrt(area));
  const height = Math.round(raster.height * Math.sqrt(area));
  const left = Math.floor(random() * (raster.width - width + 1));
  const top = Math.floor(random() * (raster.height - height + 1));
  return rasterOf(open(raster).extract({ left, top, width, height }));
}

export const jpeg = (raster: Raster, quality: number): Promise<Raster> => asFile(open(raster).jpeg({ quality }));
export const webp = (raster: Raster, quality: number): Promise<Raster> => asFile(open(raster).webp({ quality }));
export const avif = (raster: Raster, quality: number): Promise<Raster> => asFile(open(raster).avif({ quality, effort: 2 }));
export const resized = (raster: Raster, scale: number): Promise<Raster> =>
  rasterOf(open(raster).resize(Math.round(raster.width * scale), Math.round(raster.height * scale), { fit: "fill" }));

type Random = () => number;

/** Words over the picture, drawn by libvips. */
function written(r: Raster): Promise<Raster> {
  const line = (y: number): string => `<text x="50%" y="${y}%" text-anchor="middle">SAMPLE 样张 SAMPLE</text>`;
  const words = `<svg xmlns="http://www.w3.org/2000/svg" width="${r.width}" height="${r.height}"><g font-family="sans-serif" font-size="${r.height / 9}" fill="#fff" stroke="#000">${[20, 45, 70, 95].map(line).join("")}</g></svg>`;
  return rasterOf(open(r).composite([{ input: Buffer.from(words) }]));
}

/** On a page at 0.6 to 1.1 of its size, cut out by hand (each edge from 4 % within the picture to 6 % beside it), JPEG 80. */
async function screenshot(r: Raster, random: Random): Promise<Raster> {
  const { width, height, data } = await resized(r, 0.6 + 0.5 * random());
  const page = [Math.round(1.4 * width), Math.round(1.4 * height)] as const;
  const [left, top] = [Math.round(0.2 * width), Math.round(0.2 * height)];
  const lines = Array.from(
    { length: 40 },
    (_, i) => `<text x="2%" y="${2.5 * i}%">All the world's a stage, and all the men and women merely players</text>`,
  );
  const ground = `<svg xmlns="http://www.w3.org/2000/svg" width="${page[0]}" height="${page[1]}"><rect width="100%" height="100%" fill="#fff"/><g font-family="sans-serif" font-size="${page[1] / 50}" fill="#222">${lines.join("")}</g></svg>`;
  const whole = await sharp(Buffer.from(ground))
    .composite([
      { input: Buffer.from(data.buffer, data.byteOffset, data.length), raw: { width, height, channels: 4 }, left, top },
    ])
    .png()
    .toBuffer();
  const edge = (length: number): number => Math.round(length * (0.06 - 0.1 * random()));
  const [west, north, east, south] = [edge(width), edge(height), edge(width), edge(height)];
  const cut = { left: left - west, top: top - north, width: width + west + east, height: height + north + south };
  return asFile(sharp(whole).extract(cut).removeAlpha().jpeg({ quality: 80 }));
}

/** By the name of a row: what is done. */
export const attacks: Readonly<Record<string, (raster: Raster, random: Random, turn: number) => Promise<Raster>>> = {
  image_control: async (r) => r,
  image_jpeg30: (r) => jpeg(r, 30),
  image_webp40: (r) => webp(r, 40),
  image_avif40: (r) => avif(r, 40),
  image_resize_25: (r) => resized(r, 0.25),
  image_resize_any: (r, random) => resized(r, 0.25 * 8 ** random()),
  image_rotate_any: (r, _, turn) => turned(r, 7 * turn),
  image_flip: (r, random) => rasterOf(random() < 0.5 ? open(r).flop() : open(r).flip()),
  image_crop40: (r, random) => cropped(r, 0.4, random),
  image_brightness: (r, random) => rasterOf(open(r).linear(random() < 0.5 ? 0.8 : 1.2, 0)),
  image_contrast: (r, random) => {
    const by = random() < 0.5 ? 0.8 : 1.2;
    return rasterOf(open(r).linear(by, 128 - 128 * by));
  },
  image_gamma: (r, random) => byImageMagick(r, ["-gamma", random() < 0.5 ? "0.8" : "1.2"]),
  image_noise8: async (r) => {
    const { width, height } = r;
    const noise = await rasterOf(
      sharp({ create: { width, height, channels: 3, background: "#000", noise: { type: "gaussian", mean: 128, sigma: 8 } } }),
    );
    return { width, height, data: r.data.map((x, i) => (i % 4 === 3 ? x : x + (noise.data[i] as number) - 128)) };
  },
  image_blur: (r) => rasterOf(open(r).blur(1.5)),
  image_screenshot: screenshot,
  image_text: written,
  image_screenshot_text: async (r, random) => screenshot(await written(r), random),
  image_text_crop60: async (r, random) => jpeg(await cropped(await written(r), 0.6, random), 60),
  image_chain: async (r, random) => jpeg(await turned(await cropped(r, 0.6, random), 10), 50),
};
