import {
  apngKeepsFrames,
  decodeApngFrame,
  decodePng,
  type NewFrame,
  type PictureDecoder,
  type Png,
  parseApng,
  parseRiff,
  pngHeader,
  type Raster,
  type Riff,
  type WebpEncoder,
  type WebpFrame,
  webpCanvas,
  webpFrames,
  withApngFrames,
  withWebpFrames,
  writePng,
  writeRiff,
} from "@inkseal/codec";
import { InksealError } from "@inkseal/core";
import { labelMoving, type MovingLabel } from "../label/moving.ts";
import type { Content, ContentWish } from "./format.ts";
import { cornerMethod } from "./picture.ts";

/** Label on every frame of an animation. No watermark: what moves under it is not fitted to. */
async function content(
  bytes: Uint8Array,
  { policy }: ContentWish,
  draw: () => Promise<{ readonly bytes: Uint8Array; readonly drawn: MovingLabel | undefined }>,
): Promise<Content | undefined> {
  if (policy.marks.image === "none") return undefined;
  try {
    const { bytes: out, drawn } = await draw();
    if (drawn === undefined) return undefined;
    return { bytes: out, marks: [{ layer: "label", method: cornerMethod, data: { ...drawn.label } }] };
  } catch (error) {
    if (!InksealError.is(error)) throw error;
    return { bytes, marks: [], warnings: [`the animation carries no label: ${error.message}`] };
  }
}

/** APNG stays without loss; its still picture, where it is no frame, gets the label, too. */
export const apngContent = (bytes: Uint8Array, png: Png, wish: ContentWish): Promise<Content | undefined> =>
  content(bytes, wish, async () => {
    const apng = parseApng(png);
    const fresh = new Map<number, NewFrame>();
    const decode = async (i: number): Promise<Raster> => decodeApngFrame(png, apng.frames[i] as (typeof apng.frames)[0]);
    const moving = { ...pngHeader(png), frames: apng.frames, decode };
    const put = async (i: number, frame: NewFrame): Promise<void> => void fresh.set(i, frame);
    const drawn = await labelMoving(moving, wish.provenance.locale, !apngKeepsFrames(png), put);
    if (drawn === undefined) return { bytes, drawn };
    const still = apng.stillMoves ? undefined : drawn.draw(decodePng(png));
    return { bytes: writePng(withApngFrames(png, apng, fresh, still)), drawn };
  });

/** A frame is compressed a second time: high enough that nobody sees it. */
const quality = 95;

/** WebP: frames that were kept without loss stay so. */
export const webpAnimationContent = (
  bytes: Uint8Array,
  riff: Riff,
  wish: ContentWish,
  { decoder, encoder }: { readonly decoder: PictureDecoder; readonly encoder: WebpEncoder },
): Promise<Content | undefined> =>
  content(bytes, wish, async () => {
    const frames = webpFrames(riff);
    const fresh = new Map<number, Omit<NewFrame, "raster"> & { readonly coded: Riff }>();
    const moving = { ...webpCanvas(riff), frames, decode: (i: number) => decodeWebpFrame(frames[i] as WebpFrame, decoder) };
    const drawn = await labelMoving(moving, wish.provenance.locale, false, async (i, { raster, ...frame }) => {
      const lossless = frames[i]?.lossless === true;
      const coded = await (lossless ? encoder.encode(raster, 75, true) : encoder.encode(raster, quality));
      fresh.set(i, { ...frame, coded: parseRiff(coded) });
    });
    return { bytes: drawn === undefined ? bytes : writeRiff(withWebpFrames(riff, frames, fresh)), drawn };
  });

const decodeWebpFrame = async (frame: WebpFrame, decoder: PictureDecoder): Promise<Raster> =>
  (await decoder.decode(frame.file(), "image/webp")) as Raster;

/** The first frame at its place in the picture. Throws `bad-file`. */
export async function firstOfWebp(riff: Riff, decoder: PictureDecoder): Promise<Raster | undefined> {
  const { width, height } = webpCanvas(riff);
  const [first] = webpFrames(riff);
  if (first === undefined) return undefined;
  const raster = await decodeWebpFrame(first, decoder);
  if (first.width === width && first.height === height) return raster;
  const data = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < first.height; y++)
    data.set(raster.data.subarray(4 * y * first.width, 4 * (y + 1) * first.width), 4 * ((first.y + y) * width + first.x));
  return { width, height, data };
}
