import { type Id3File, type Id3Frame, id3Private, id3Privates, id3Text, id3Texts, utf8, withId3Frame } from "@inkseal/codec";
import type { Provenance } from "@inkseal/core";
import { withIptcXmp } from "./xmp.ts";

const xmpOwner = "XMP";

/** XMP packets (Adobe XMP part 3, 1.1.8): private data. */
export const id3Packets = ({ tag }: Id3File): Uint8Array[] => (tag === undefined ? [] : id3Privates(tag, xmpOwner));

/** The file with IPTC in its XMP. */
export function withId3Iptc(file: Id3File, source: Provenance["source"]): Id3File {
  const packet = utf8(withIptcXmp(id3Packets(file), source));
  return withId3Frame(
    file,
    id3Private(xmpOwner, packet),
    has(file, "PRIV", (tag) => id3Privates(tag, xmpOwner).length),
  );
}

/** AIGC as user-defined text (TC260-PG-202510A). */
export const id3Aigc = ({ tag }: Id3File): string[] => (tag === undefined ? [] : id3Texts(tag, "AIGC"));
export const isId3Aigc = (file: Id3File): ((f: Id3Frame) => boolean) =>
  has(file, "TXXX", (tag) => id3Texts(tag, "AIGC").length);
export const withId3Aigc = (file: Id3File, aigc: string): Id3File => withId3Frame(file, id3Text("AIGC", aigc), isId3Aigc(file));

/** Whether a frame, looked at alone, is one of those that `count` counts. */
const has =
  ({ tag }: Id3File, id: string, count: (tag: NonNullable<Id3File["tag"]>) => number) =>
  (f: Id3Frame): boolean =>
    f.id === id && count({ version: tag?.version ?? 4, frames: [f] }) > 0;
