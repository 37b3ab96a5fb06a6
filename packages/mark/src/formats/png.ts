import {
  decodePng,
  fromUtf8,
  isApng,
  itxtChunk,
  type Png,
  type PngChunk,
  parsePng,
  pngText,
  readExif,
  withPngChunk,
  withRaster,
  writePng,
} from "@inkseal/codec";
import type { AigcCarried } from "../aigc/verdict.ts";
import { aigcInXmp, iptcVerdict, pictureWords, withGeneratedXmp } from "../aigc/xmp.ts";
import { digitalSourceType } from "../c2pa/names.ts";
import { apngContent } from "./animation.ts";
import { aigcMark, type Format, iptcMark } from "./format.ts";
import { type PictureFile, pictureContent, pictureReading } from "./picture.ts";

const xmpKeyword = "XML:com.adobe.xmp";
const keywordOf = (c: PngChunk): string | undefined => pngText(c)?.keyword;
const isXmp = (c: PngChunk): boolean => keywordOf(c) === xmpKeyword; // libpng writers (libvips, sharp) use zTXt, against the recommendation
const isAigcText = (c: PngChunk): boolean => keywordOf(c) === "AIGC";
const packets = (png: Png): string[] =>
  png.chunks.filter(isXmp).flatMap((c) => fromUtf8(pngText(c)?.text ?? new Uint8Array(0)) ?? []);
const exif = (png: Png) => readExif(png.chunks.find((c) => c.type === "eXIf")?.data ?? new Uint8Array(0));

const picture: PictureFile = {
  decode: async (bytes) => decodePng(parsePng(bytes)),
  encode: async (bytes, raster) => writePng(withRaster(parsePng(bytes), raster)),
  orientation: (bytes) => exif(parsePng(bytes)).orientation,
};

/** Watermark and label in the pixels (of an animation the label in every frame); AIGC and IPTC by XMP (iTXt); reads tEXt `AIGC` and Exif UserComment too. */
export const pngFormat: Format = {
  async content(bytes, wish) {
    const png = parsePng(bytes);
    return isApng(png) ? apngContent(bytes, png, wish) : pictureContent(picture, bytes, wish);
  },
  metadata(bytes, aigc, { source, locale }) {
    const png = parsePng(bytes);
    const type = digitalSourceType(source);
    const packet = withGeneratedXmp(packets(png)[0], aigc, type, pictureWords[locale]);
    const out = withPngChunk(png, itxtChunk(xmpKeyword, packet), (c) => isXmp(c) || isAigcText(c));
    return {
      bytes: writePng(out),
      marks: [aigcMark("xmp"), iptcMark(type)],
    };
  },
  async read(bytes, watermarkKey) {
    const png = parsePng(bytes);
    const xmp = packets(png);
    const aigc: AigcCarried[] = xmp.flatMap(aigcInXmp).map((text) => ({ carrier: "xmp", text }));
    for (const c of png.chunks.filter(isAigcText)) {
      aigc.push({ carrier: "png.text", text: fromUtf8(pngText(c)?.text ?? new Uint8Array(0)) ?? "" });
    }
    const { userComment } = exif(png);
    if (userComment?.includes('"AIGC"')) aigc.push({ carrier: "exif.usercomment", text: userComment });
    return { ...(await pictureReading(picture, bytes, isApng(png) ? undefined : watermarkKey)), aigc, iptc: iptcVerdict(xmp) };
  },
};
