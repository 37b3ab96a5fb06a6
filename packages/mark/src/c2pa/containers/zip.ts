import { badFile, parseZip, withZipMembers } from "@inkseal/codec";
import { collectionHash, zipManifest } from "../bindings/collection.ts";
import type { Container } from "../container.ts";

/** A stored member of a fixed name (C2PA 2.2, A.6): DOCX, PPTX, XLSX. */
export const zipContainer: Container = {
  embed(file, store) {
    const out = withZipMembers(file, parseZip(file), [[zipManifest, store]]);
    return { file: out.file, place: { start: out.offsets[0] as number, length: store.length } };
  },
  extract(file) {
    const entry = parseZip(file).entries.find((e) => e.name === zipManifest);
    if (entry === undefined) return undefined;
    if (entry.method !== 0) throw badFile("zip: a manifest that is packed");
    const { dataStart: start, dataEnd } = entry;
    return { store: file.subarray(start, dataEnd), place: { start, length: dataEnd - start } };
  },
  binding: collectionHash,
};
