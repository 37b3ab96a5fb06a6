import { encodePng, jpegCodec, pictureDecoder, type Raster, webpEncoder, writePng } from "@inkseal/codec";
import { type Chunk, InksealError } from "@inkseal/core";
import { seededRandom } from "@inkseal/lab";
import type { Maker } from "../creator.ts";
import { grid } from "./autoencoder.ts";
import { enlarge } from "./enlarge.ts";
import { canDo, type PictureFormat, type PictureJob } from "./job.ts";
import type { PictureModel } from "./model.ts";
import { encodePicture, type Painting, paint } from "./paint.ts";
import { fromRaster, rgb, toRaster } from "./raster.ts";
import { tidied } from "./tidy.ts";

/** Paints jobs with a model. */
export function pictureMaker(model: PictureModel): Maker<PictureJob> {
  return {
    async *make(job, signal): AsyncGenerator<readonly Chunk[]> {
      const { painting, note, kept } = await paintingOf(model, job);
      if (note !== undefined) yield [{ index: 0, progress: { fraction: 0, note } }];
      for (let index = 0; index < job.n; index++) {
        // one seed a picture: the third of five is the same as the third of three
        const steps = paint(model, painting, seededRandom(job.seed + index), signal);
        let next = await steps.next();
        for (; !next.done; next = await steps.next()) yield [{ index, progress: { fraction: 0.9 * next.value } }];
        const painted = tidied(next.value, 64);
        const bytes = await finished(kept === undefined ? painted : laidOver(painted, kept), job);
        const chunk: Chunk = { index, media: { mediaType: job.format, bytes, last: true }, finish: "stop" };
        yield [index + 1 < job.n ? chunk : { ...chunk, usage: { images: job.n, characters: job.text.length } }];
      }
    },
  };
}
interface Kept {
  readonly picture: Float32Array;
  /** Its alpha is how much of the picture stays. */
  readonly mask: Float32Array;
}
async function paintingOf(model: PictureModel, job: PictureJob): Promise<{ painting: Painting; note?: string; kept?: Kept }> {
  const { tokens, unknown } = model.words.read(job.text);
  if (tokens.length === 0 && job.from === undefined)
    throw new InksealError("cannot-do", `inkseal-picture knows none of these words: ${canDo}`, { param: "text" });
  const picture = job.from && fromRaster(await decoded(job.from.picture));
  const mask = job.from?.mask && fromRaster(await decoded(job.from.mask));
  const painting: Painting = {
    words: tokens,
    away: model.words.read(job.negative).tokens,
    style: model.config.styles.indexOf(job.style),
    steps: job.steps,
    temperature: job.temperature,
    guidance: tokens.length === 0 ? 1 : job.guidance,
    candidates: tokens.length === 0 ? 1 : job.candidates,
    ...(picture && {
      from: { grid: encodePicture(model, picture), strength: job.from!.strength, ...(mask && { keep: keptPlaces(mask) }) },
    }),
  };
  return {
    painting,
    ...(unknown.length > 0 && { note: `words it does not know: ${unknown.join(", ")}` }),
    ...(picture && mask && { kept: { picture, mask } }),
  };
}
function laidOver(painted: Float32Array, { picture, mask }: Kept): Float32Array {
  return painted.map((value, i) => value + mask[i | 3]! * (picture[i]! - value));
}
async function decoded({ bytes, mediaType }: { readonly bytes: Uint8Array; readonly mediaType: string }): Promise<Raster> {
  const raster = await pictureDecoder().decode(bytes, mediaType);
  if (raster === undefined)
    throw new InksealError("cannot-do", `inkseal-picture reads PNG, JPEG, WebP and AVIF, not ${mediaType}`, { param: "files" });
  return raster;
}
/** Of a mask as OpenAI's (transparent is to be drawn anew): places of the grid that stay. */
function keptPlaces(mask: Float32Array): Float32Array {
  const keep = new Float32Array(grid * grid);
  const cell = 64 / grid;
  for (let i = 0; i < 64 * 64; i++)
    keep[grid * Math.floor(i / 64 / cell) + Math.floor((i % 64) / cell)]! += mask[4 * i + 3]! / cell ** 2;
  return keep.map((share) => (share > 0.5 ? 1 : 0));
}

/** The file: enlarged, on its ground, in its format. */
export async function finished(pixels: Float32Array, job: PictureJob): Promise<Uint8Array> {
  const size = Math.min(job.width, job.height);
  const large = enlarge(pixels, 64, { size, ...(job.palette && { only: job.palette.map(rgb) }) });
  const ground = job.background ?? (job.format === "image/jpeg" ? "ffffff" : undefined);
  return encoders[job.format](toRaster(large, size, job.width, job.height, ground));
}
const encoders: Readonly<Record<PictureFormat, (raster: Raster) => Promise<Uint8Array>>> = {
  "image/png": async (raster) => writePng(encodePng(raster)),
  "image/jpeg": (raster) => jpegCodec().encode(raster, 92),
  "image/webp": (raster) => webpEncoder().encode(raster, 92),
};
