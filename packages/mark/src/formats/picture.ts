import type { Raster } from "@inkseal/codec";
import type { LayerVerdict, Mark } from "@inkseal/core";
import { drawCorner, readCorner } from "../label/corner.ts";
import { detectImage } from "../watermark/image/detect.ts";
import { embedImage } from "../watermark/image/embed.ts";
import { payloadOfRun, runStart } from "../watermark/run-id.ts";
import { type Content, type ContentWish, foundLabel, noLabel } from "./format.ts";
import { imageKind, pixelVerdict } from "./pixel-verdict.ts";

export const cornerMethod = "gb45438.corner";

/** A picture as one file format has it. */
export interface PictureFile {
  /** Pixels as stored; undefined for an animation and for pictures that would lose by being drawn on. Throws `bad-file`. */
  decode(bytes: Uint8Array): Promise<Raster | undefined>;
  /** The same file with other pixels; its metadata stays. */
  encode(bytes: Uint8Array, raster: Raster): Promise<Uint8Array>;
  /** Exif orientation, 1 to 8. */
  orientation(bytes: Uint8Array): number;
}

/** Watermark and corner label in the pixels, which are decoded once and encoded once. */
export async function pictureContent(file: PictureFile, bytes: Uint8Array, wish: ContentWish): Promise<Content | undefined> {
  const { policy, provenance, watermarkKey } = wish;
  const labelled = policy.marks.image !== "none";
  const payload = watermarkKey && payloadOfRun(provenance.run);
  if (!labelled && payload === undefined) return undefined;
  const before = await file.decode(bytes);
  if (before === undefined) return undefined;
  const marks: Mark[] = [];
  let raster = before;
  const hidden = payload && embedImage(raster, watermarkKey as Uint8Array, payload);
  if (hidden !== undefined && payload !== undefined) {
    raster = hidden.raster;
    const psnr = Math.round(hidden.psnr * 10) / 10;
    marks.push({ layer: "watermark", method: imageKind.method, data: { run: runStart(payload), psnr } });
  }
  const drawn = labelled ? drawCorner(raster, provenance.locale, file.orientation(bytes)) : undefined;
  if (drawn !== undefined) {
    raster = drawn.raster;
    marks.push({ layer: "label", method: cornerMethod, data: { ...drawn.label } });
  }
  return { bytes: raster === before ? bytes : await file.encode(bytes, raster), marks, raster };
}

/** Both marks in the pixels, which are decoded once. What cannot be decoded has no label, and no verdict on a watermark. */
export async function pictureReading(
  file: Pick<PictureFile, "decode" | "orientation">,
  bytes: Uint8Array,
  watermarkKey: Uint8Array | undefined,
): Promise<{ readonly label: LayerVerdict; readonly watermark?: LayerVerdict }> {
  try {
    const raster = await file.decode(bytes);
    if (raster === undefined) return { label: noLabel(cornerMethod) };
    const found = readCorner(raster, file.orientation(bytes));
    return {
      label: found === undefined ? noLabel(cornerMethod) : foundLabel(cornerMethod, { ...found }),
      ...(watermarkKey && { watermark: pixelVerdict(imageKind, detectImage(raster, watermarkKey)) }),
    };
  } catch {
    return { label: { ...noLabel(cornerMethod), detail: "the pixels cannot be decoded" } };
  }
}
