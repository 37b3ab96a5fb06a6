import { badFile, type Id3Object, id3Object, id3Objects, parseId3, withId3Frame, writeId3 } from "@inkseal/codec";
import type { Container, Place } from "../container.ts";

const mediaType = "application/c2pa";
/** The second was the type's name before 2.0. */
const isManifest = (o: Id3Object): boolean => o.mediaType === mediaType || o.mediaType === "application/x-c2pa-manifest-store";

/** A general encapsulated object of ID3v2 (C2PA 2.2, A.3.5): MP3, and FLAC with an ID3 tag in front. */
export const id3Container: Container = {
  embed(file, store) {
    const parsed = parseId3(file);
    const old = new Set(
      parsed.tag === undefined
        ? []
        : id3Objects(parsed.tag)
            .filter(isManifest)
            .map((o) => o.frame),
    );
    const frame = id3Object(mediaType, "c2pa", "c2pa manifest store", store);
    const out = writeId3(withId3Frame(parsed, frame, (f) => old.has(f)));
    return { file: out, place: (find(out) as Found).place };
  },
  extract: find,
};

type Found = { readonly store: Uint8Array; readonly place: Place };
function find(file: Uint8Array): Found | undefined {
  const { tag } = parseId3(file);
  const [found, more] = tag === undefined ? [] : id3Objects(tag).filter(isManifest);
  if (found === undefined) return undefined;
  if (more !== undefined || found.offset === undefined)
    throw badFile("ID3 with two manifests, or one that is not there as it is");
  return { store: found.data, place: { start: found.offset, length: found.data.length } };
}
