import {
  parseRiff,
  pictureDecoder,
  type Riff,
  readExif,
  utf8,
  webpCanvas,
  webpEncoder,
  webpLossless,
  webpXmp,
  withWebpPicture,
  withWebpXmp,
  writeRiff,
} from "@inkseal/codec";
import { firstOfWebp, webpAnimationContent } from "./animation.ts";
import type { Format, FormatOptions } from "./format.ts";
import { type PictureFile, pictureContent, pictureReading } from "./picture.ts";
import { xmpFormat } from "./xmp.ts";

function webp(bytes: Uint8Array): Riff {
  const riff = parseRiff(bytes);
  webpCanvas(riff); // a broken picture is refused
  return riff;
}

/** XMP in its chunk (RFC 9649, 2.7.1.5). */
const described = xmpFormat({
  packets: (bytes) => [webpXmp(webp(bytes)) ?? []].flat(),
  withPacket: (bytes, packet) => writeRiff(withWebpXmp(webp(bytes), utf8(packet))),
});

/** A picture is compressed a second time: high enough that nobody sees it. */
const quality = 95;

/** Watermark and label in the pixels, which stay lossless where they were; of an animation the label in every frame. */
export function webpFormat({ loadWasm }: FormatOptions): Format {
  const decoder = pictureDecoder(loadWasm);
  const encoder = webpEncoder(loadWasm);
  const picture: PictureFile = {
    async decode(bytes) {
      const riff = parseRiff(bytes);
      return webpCanvas(riff).animated ? firstOfWebp(riff, decoder) : decoder.decode(bytes, "image/webp");
    },
    async encode(bytes, raster) {
      const riff = webp(bytes);
      return writeRiff(
        withWebpPicture(
          riff,
          parseRiff(await (webpLossless(riff) ? encoder.encode(raster, 75, true) : encoder.encode(raster, quality))),
        ),
      );
    },
    orientation: (bytes) =>
      readExif(parseRiff(bytes).chunks.find((c) => c.id === "EXIF")?.data ?? new Uint8Array(0)).orientation,
  };
  return {
    ...described,
    async content(bytes, wish) {
      const riff = webp(bytes);
      return webpCanvas(riff).animated
        ? webpAnimationContent(bytes, riff, wish, { decoder, encoder })
        : pictureContent(picture, bytes, wish);
    },
    async read(bytes, key) {
      const still = webpCanvas(webp(bytes)).animated ? undefined : key;
      return { ...(await described.read(bytes)), ...(await pictureReading(picture, bytes, still)) };
    },
  };
}
