import { avifEncoder, bmffAt, bmffData, fromLatin1, parseBmff, pictureDecoder } from "@inkseal/codec";
import type { Format, FormatOptions } from "./format.ts";
import { heifFormat } from "./heif.ts";
import { type PictureFile, pictureContent, pictureReading } from "./picture.ts";

/**
 * Whether the file is one still picture of 8 bits and nothing else, as generators write it. Others keep their pixels: a fresh file would lose
 * their depth, colour profile, turn, frames or metadata.
 */
function plain(bytes: Uint8Array): boolean {
  const boxes = parseBmff(bytes);
  const properties = bmffAt(boxes, "/meta/iprp/ipco").flatMap((box) => box.children);
  const has = (type: string): boolean => properties.some((p) => p.type === type);
  const deep = properties.some((p) => p.type === "av1C" && ((bmffData(bytes, p)[2] ?? 0) & 0x40) !== 0); // high_bitdepth
  const profile = properties.some((p) => p.type === "colr" && fromLatin1(bmffData(bytes, p).subarray(0, 4)) !== "nclx");
  const items = bmffAt(boxes, "/meta/iinf").flatMap(
    (box) => fromLatin1(bmffData(bytes, box)).match(/av01|Exif|mime|grid|tmap/g) ?? [],
  );
  return (
    !deep && !profile && !has("irot") && !has("imir") && bmffAt(boxes, "/moov").length === 0 && items.every((t) => t === "av01")
  );
}

/** A picture is compressed a second time: high enough that nobody sees it. */
const quality = 88;

/** Watermark and label in the pixels, written anew by libavif. */
export function avifFormat({ loadWasm }: FormatOptions): Format {
  const decoder = pictureDecoder(loadWasm);
  const encoder = avifEncoder(loadWasm);
  const picture: PictureFile = {
    decode: (bytes) => decoder.decode(bytes, "image/avif"),
    encode: (_, raster) => encoder.encode(raster, quality),
    orientation: () => 1,
  };
  return {
    ...heifFormat,
    content: async (bytes, wish) => (plain(bytes) ? pictureContent(picture, bytes, wish) : undefined),
    read: async (bytes, key) => ({ ...(await heifFormat.read(bytes)), ...(await pictureReading(picture, bytes, key)) }),
  };
}
