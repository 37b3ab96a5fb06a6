import {
  type Flac,
  type Id3File,
  parseFlac,
  parseId3,
  parseVorbisComment,
  utf8,
  type VorbisComment,
  vorbisValues,
  withVorbisField,
  writeFlac,
  writeId3,
  writeVorbisComment,
} from "@inkseal/codec";
import { aigcInXmp, iptcVerdict } from "../aigc/xmp.ts";
import { digitalSourceType } from "../c2pa/names.ts";
import { version } from "../version.ts";
import { aigcMark, type Format, iptcMark } from "./format.ts";
import { id3Aigc, id3Packets, isId3Aigc, withId3Iptc } from "./id3.ts";
import { textsOf } from "./xmp.ts";

const commentType = 4;
const parts = (bytes: Uint8Array): { id3: Id3File; flac: Flac } => {
  const id3 = parseId3(bytes);
  return { id3, flac: parseFlac(id3.sound) };
};
const comments = (flac: Flac): VorbisComment[] =>
  flac.blocks.filter((b) => b.type === commentType).map((b) => parseVorbisComment(b.data));

/** AIGC as Vorbis comment (TC260-PG-202510A), IPTC in the XMP of the ID3 tag in front, where C2PA puts its manifest, too. */
export const flacFormat: Format = {
  metadata(bytes, aigc, { source }) {
    const { id3, flac } = parts(bytes);
    const comment = comments(flac)[0] ?? { vendor: utf8(`Inkseal ${version}`), fields: [], rest: new Uint8Array(0) };
    const [info, ...others] = flac.blocks.filter((b) => b.type !== commentType);
    if (info === undefined) return undefined;
    const block = { type: commentType, data: writeVorbisComment(withVorbisField(comment, "AIGC", aigc)) };
    const sound = writeFlac({ ...flac, blocks: [info, block, ...others] });
    const isAigc = isId3Aigc(id3);
    const tag = id3.tag && { ...id3.tag, frames: id3.tag.frames.filter((f) => !isAigc(f)) };
    return {
      bytes: writeId3(withId3Iptc({ tag, sound }, source)),
      marks: [aigcMark("vorbis"), iptcMark(digitalSourceType(source))],
    };
  },
  async read(bytes) {
    const { id3, flac } = parts(bytes);
    const xmp = textsOf(id3Packets(id3));
    const own = comments(flac)
      .flatMap((c) => vorbisValues(c, "AIGC"))
      .map((text) => ({ carrier: "vorbis", text }));
    const others = id3Aigc(id3).map((text) => ({ carrier: "id3", text }));
    const packet = xmp.flatMap(aigcInXmp).map((text) => ({ carrier: "xmp", text }));
    return { aigc: [...own, ...others, ...packet], iptc: iptcVerdict(xmp) };
  },
};
