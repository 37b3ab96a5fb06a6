import {
  exifOf,
  fromUtf8,
  isExif,
  isXmp,
  type Jpeg,
  type JpegSegment,
  jpegCodec,
  jpegInsertionPoint,
  jpegSegment,
  parseJpeg,
  type Raster,
  readExif,
  utf8,
  writeJpeg,
  xmpOf,
  xmpSegment,
} from "@inkseal/codec";
import type { AigcCarried } from "../aigc/verdict.ts";
import { aigcInXmp, iptcVerdict, pictureWords, withGeneratedXmp } from "../aigc/xmp.ts";
import { digitalSourceType } from "../c2pa/names.ts";
import { aigcMark, type Format, type FormatOptions, iptcMark } from "./format.ts";
import { type PictureFile, pictureContent, pictureReading } from "./picture.ts";

const quality = 95; // the picture is compressed a second time: high enough that nobody sees it
const packets = (jpeg: Jpeg): string[] => jpeg.segments.filter(isXmp).flatMap((s) => fromUtf8(xmpOf(s)) ?? []);
const exifFields = (jpeg: Jpeg) => {
  const segment = jpeg.segments.find(isExif);
  return readExif(segment === undefined ? new Uint8Array(0) : exifOf(segment));
};
/** APP0 to APP15 and comments, less Adobe's APP14, which describes the old encoding's colours. */
const isMetadata = (s: JpegSegment): boolean =>
  (s.marker >= 0xe0 && s.marker <= 0xef && s.marker !== 0xee) || s.marker === 0xfe;

/** Watermark and label in the pixels (recompressed at quality 95); AIGC and IPTC by XMP (APP1); reads Exif UserComment too. */
export function jpegFormat(options: FormatOptions): Format {
  const codec = jpegCodec(options.loadWasm);
  const repainted = async (jpeg: Jpeg, raster: Raster): Promise<Uint8Array> => {
    const fresh = parseJpeg(await codec.encode(raster, quality));
    const segments = [...jpeg.segments.filter(isMetadata), ...fresh.segments.filter((s) => !isMetadata(s))];
    return writeJpeg({ segments, scan: fresh.scan });
  };
  const picture: PictureFile = {
    decode: (bytes) => codec.decode(bytes),
    encode: (bytes, raster) => repainted(parseJpeg(bytes), raster),
    orientation: (bytes) => exifFields(parseJpeg(bytes)).orientation,
  };
  return {
    content: (bytes, wish) => pictureContent(picture, bytes, wish),
    metadata(bytes, aigc, { source, locale }) {
      const jpeg = parseJpeg(bytes);
      const type = digitalSourceType(source);
      const segments = jpeg.segments.filter((s) => !isXmp(s)).map(withoutAigcComment);
      segments.splice(jpegInsertionPoint(segments), 0, fitting(packets(jpeg)[0], aigc, type, pictureWords[locale]));
      return {
        bytes: writeJpeg({ ...jpeg, segments }),
        marks: [aigcMark("xmp"), iptcMark(type)],
      };
    },
    async read(bytes, watermarkKey) {
      const jpeg = parseJpeg(bytes);
      const xmp = packets(jpeg);
      const aigc: AigcCarried[] = xmp.flatMap(aigcInXmp).map((text) => ({ carrier: "xmp", text }));
      const { userComment } = exifFields(jpeg);
      if (userComment?.includes('"AIGC"')) aigc.push({ carrier: "exif.usercomment", text: userComment });
      return { ...(await pictureReading(picture, bytes, watermarkKey)), aigc, iptc: iptcVerdict(xmp) };
    },
  };
}

/** The XMP segment. A packet that would outgrow its 64 KiB segment gives way to a new one. */
function fitting(packet: string | undefined, aigc: string, type: string, words: string): JpegSegment {
  const merged = utf8(withGeneratedXmp(packet, aigc, type, words));
  return xmpSegment(merged.length <= 65_000 ? merged : utf8(withGeneratedXmp(undefined, aigc, type, words)));
}

/** Annex B's older carrier must not stay beside ours: its text is blanked, in place, so that no Exif offset moves. */
function withoutAigcComment(segment: JpegSegment): JpegSegment {
  if (!isExif(segment)) return segment;
  const { userComment, userCommentAt } = readExif(exifOf(segment));
  if (userComment === undefined || userCommentAt === undefined || !userComment.includes('"AIGC"')) return segment;
  const data = segment.data.slice();
  const at = data.length - exifOf(segment).length + userCommentAt;
  data.fill(0x20, at, at + userComment.length);
  return jpegSegment(segment.marker, data);
}
