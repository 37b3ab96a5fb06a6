import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { decodePng, type JpegCodec, jpegCodec, parsePng } from "@inkseal/codec";
import { InksealError } from "@inkseal/core";
import { readIdx } from "../data/idx.ts";
import { fitPicture, type PictureSize, toRaster } from "../data/picture.ts";
import { errorCode } from "./durable-file.ts";

/** Pictures that can be read one after the other, and the class of each where there are classes. */
export interface PictureSource {
  readonly count: number;
  /** In the order of their names. */
  readonly classes?: readonly string[];
  /** By the number of the class. */
  readonly labels?: Int32Array;
  /** Writes all of them to `into` [count, H, W, C]. Throws `bad-file` naming the file that is none. */
  read(size: PictureSize, into: Uint8Array): Promise<void>;
}

/** Memory that all replicas see. */
export const sharedBytes = (count: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(count));

const kinds = new Set([".png", ".jpg", ".jpeg"]);
let jpeg: JpegCodec | undefined;

/** A PNG or JPEG file as a model takes it, [H, W, C]. Throws `not-found`, and `bad-file` naming it. */
export async function readPicture(path: string, size: PictureSize): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw errorCode(error) === "ENOENT" ? new InksealError("not-found", `there is no picture ${path}`) : error;
  });
  try {
    if (extname(path).toLowerCase() === ".png") return fitPicture(decodePng(parsePng(bytes)), size);
    jpeg ??= jpegCodec();
    return fitPicture(await jpeg.decode(bytes), size);
  } catch (cause) {
    if (!InksealError.is(cause)) throw cause;
    throw new InksealError("bad-file", `${path}: ${cause.message}`, { cause });
  }
}

/** A folder of pictures, a folder with a folder for each class, or an IDX file. Throws `not-found`, and `bad-file` for what is neither. */
export async function openPictures(path: string): Promise<PictureSource> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") throw new InksealError("not-found", `there is no ${path}`);
    if (errorCode(error) !== "ENOTDIR") throw error;
  });
  if (entries === undefined) return openIdx(path);
  const isPicture = (name: string): boolean => kinds.has(extname(name).toLowerCase());
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const loose = entries.filter((entry) => entry.isFile() && isPicture(entry.name)).map(({ name }) => join(path, name));
  if (folders.length === 0) {
    if (loose.length === 0) throw new InksealError("bad-file", `${path} has no .png or .jpg`);
    return ofFiles(loose.sort());
  }
  if (loose.length > 0)
    throw new InksealError("bad-file", `${path} has pictures beside the folders of its classes: put them into one`);
  const classes = folders.sort();
  const files = await Promise.all(
    classes.map(async (name) =>
      (await readdir(join(path, name)))
        .filter(isPicture)
        .sort()
        .map((file) => join(path, name, file)),
    ),
  );
  const empty = classes.find((_, i) => files[i]!.length === 0);
  if (empty !== undefined) throw new InksealError("bad-file", `${join(path, empty)} has no .png or .jpg`);
  return { ...ofFiles(files.flat()), classes, labels: Int32Array.from(files.flatMap((list, i) => list.map(() => i))) };
}
const ofFiles = (files: readonly string[]): PictureSource => ({
  count: files.length,
  async read(size, into) {
    const each = size.height * size.width * size.channels;
    for (const [i, file] of files.entries()) into.set(await readPicture(file, size), i * each);
  },
});

async function idx(path: string) {
  const bytes = await readFile(path);
  try {
    return readIdx(path.endsWith(".gz") ? gunzipSync(bytes) : bytes);
  } catch (cause) {
    throw new InksealError("bad-file", `${path}: ${(cause as Error).message}`, { cause });
  }
}
/** MNIST's own files: …images-idx3-ubyte, beside it …labels-idx1-ubyte. */
async function openIdx(path: string): Promise<PictureSource> {
  const { shape, data } = await idx(path);
  if (shape.length !== 3)
    throw new InksealError("bad-file", `${path} has ${shape.length} axes; pictures have count, height and width`);
  const [count, height, width] = shape as [number, number, number];
  const beside = path.replace("images", "labels").replace("idx3", "idx1");
  const found =
    beside === path
      ? undefined
      : await idx(beside).catch((error: unknown) => {
          if (errorCode(error) !== "ENOENT") throw error;
        });
  if (found !== undefined && found.data.length !== count)
    throw new InksealError("bad-file", `${beside} has ${found.data.length} labels for ${count} pictures`);
  const labels = found && Int32Array.from(found.data);
  const most = labels?.reduce((a, b) => Math.max(a, b), 0) ?? 0;
  return {
    count,
    ...(labels && { labels, classes: Array.from({ length: most + 1 }, (_, i) => `${i}`) }),
    async read(size, into) {
      const each = size.height * size.width * size.channels;
      const source = { height, width, channels: 1 };
      const same = size.height === height && size.width === width && size.channels === 1;
      if (same) return into.set(data);
      for (let i = 0; i < count; i++)
        into.set(fitPicture(toRaster(data.subarray(i * height * width, (i + 1) * height * width), source), size), i * each);
    },
  };
}
