import {
  concat,
  firstPackets,
  hasAt,
  isFirstPage,
  latin1,
  type OggPage,
  oggPages,
  parseOgg,
  parseVorbisComment,
  type VorbisComment,
  vorbisValues,
  withSequence,
  withVorbisField,
  writeOgg,
  writeVorbisComment,
} from "@inkseal/codec";
import { iptcFromValues } from "../aigc/xmp.ts";
import { digitalSourceType } from "../c2pa/names.ts";
import { aigcMark, type Format, iptcMark } from "./format.ts";

/** What opens a stream, how its comment begins, and how many header packets it has (Vorbis I, 4.2.1; RFC 7845, 5). */
const codecs = [
  { first: latin1("\x01vorbis"), comment: latin1("\x03vorbis"), headers: 3 },
  { first: latin1("OpusHead"), comment: latin1("OpusTags"), headers: 2 },
] as const;
/** Ours, since XMP has no place in Ogg: the IPTC property as a comment of its name. */
const sourceField = "DigitalSourceType";

interface Commented {
  readonly serial: number;
  readonly prefix: Uint8Array;
  readonly packets: readonly Uint8Array[];
  /** Pages that the header packets take up. */
  readonly headerPages: number;
  readonly comment: VorbisComment;
}

/** The streams whose comments are read here. */
function commented(pages: readonly OggPage[]): Commented[] {
  return pages.filter(isFirstPage).flatMap(({ serial, body }) => {
    const codec = codecs.find((c) => hasAt(body, 0, c.first));
    const head = codec && firstPackets(pages, serial, codec.headers);
    const packet = head?.packets[1];
    if (codec === undefined || head === undefined || packet === undefined || !hasAt(packet, 0, codec.comment)) return [];
    const comment = parseVorbisComment(packet.subarray(codec.comment.length));
    return [{ serial, prefix: codec.comment, packets: head.packets, headerPages: head.pages, comment }];
  });
}

/** AIGC as Vorbis comment of the first Vorbis or Opus stream (TC260-PG-202510A), and the IPTC source type as another. */
export const oggFormat: Format = {
  metadata(bytes, aigc, { source }) {
    const pages = parseOgg(bytes);
    const stream = commented(pages)[0];
    if (stream === undefined) return undefined;
    const type = digitalSourceType(source);
    const comment = withVorbisField(withVorbisField(stream.comment, "AIGC", aigc), sourceField, type);
    return { bytes: writeOgg(withComment(pages, stream, comment)), marks: [aigcMark("vorbis"), iptcMark(type)] };
  },
  async read(bytes) {
    const streams = commented(parseOgg(bytes));
    const aigc = streams.flatMap((s) => vorbisValues(s.comment, "AIGC")).map((text) => ({ carrier: "vorbis", text }));
    return { aigc, iptc: iptcFromValues(streams.flatMap((s) => vorbisValues(s.comment, sourceField))) };
  },
};

/** The headers behind the first packet are paged anew where the second page of the stream was; what follows is numbered on. */
function withComment(pages: readonly OggPage[], stream: Commented, comment: VorbisComment): OggPage[] {
  const { serial, prefix, packets, headerPages } = stream;
  const made = concat([prefix, writeVorbisComment(comment)]);
  const headers = oggPages([made, ...packets.slice(2)], serial, { sequence: 1 });
  let seen = 0;
  return pages.flatMap((p) => {
    if (p.serial !== serial) return [p];
    const index = seen++;
    if (index === 0) return [p];
    if (index === 1) return headers;
    return index < headerPages ? [] : [withSequence(p, index - headerPages + 1 + headers.length)];
  });
}
