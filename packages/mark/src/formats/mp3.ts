import { badFile, parseId3, writeId3 } from "@inkseal/codec";
import { aigcInXmp, iptcVerdict } from "../aigc/xmp.ts";
import { digitalSourceType } from "../c2pa/names.ts";
import { aigcMark, type Format, iptcMark } from "./format.ts";
import { id3Aigc, id3Packets, withId3Aigc, withId3Iptc } from "./id3.ts";
import { textsOf } from "./xmp.ts";

function mp3(bytes: Uint8Array) {
  const file = parseId3(bytes);
  // eleven set bits begin a frame (ISO 11172-3, 2.4.2.3); writers may pad in front of the first one
  const first = file.sound.findIndex((b) => b !== 0);
  if (first < 0 || file.sound[first] !== 0xff || ((file.sound[first + 1] ?? 0) & 0xe0) !== 0xe0)
    throw badFile("MP3 without sound");
  return file;
}

/** AIGC as ID3 text `TXXX`, IPTC in the XMP of `PRIV`. */
export const mp3Format: Format = {
  metadata(bytes, aigc, { source }) {
    const file = withId3Aigc(withId3Iptc(mp3(bytes), source), aigc);
    return { bytes: writeId3(file), marks: [aigcMark("id3"), iptcMark(digitalSourceType(source))] };
  },
  async read(bytes) {
    const file = mp3(bytes);
    const xmp = textsOf(id3Packets(file));
    const own = id3Aigc(file).map((text) => ({ carrier: "id3", text }));
    return { aigc: [...own, ...xmp.flatMap(aigcInXmp).map((text) => ({ carrier: "xmp", text }))], iptc: iptcVerdict(xmp) };
  },
};
