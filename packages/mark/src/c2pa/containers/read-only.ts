import { badFile, fromLatin1, parseRiff, tiffFields, viewOf } from "@inkseal/codec";
import type { Container } from "../container.ts";
import { riffContainer } from "./riff.ts";

/** Containers whose manifests are read and not written: nothing here makes such files. */
const readOnly = (extract: Container["extract"]): Container => ({
  extract,
  fits: () => false,
  embed() {
    throw badFile("manifests are not written into files of this kind");
  },
});

const manifestTag = 52_545;

/** A field of one of the directories, of bytes (C2PA 2.2, A.3.6): TIFF, DNG. */
export const tiffContainer = readOnly((file) => {
  const [found, more] = tiffFields(file).filter((f) => f.tag === manifestTag);
  if (found === undefined) return undefined;
  if (more !== undefined) throw badFile("TIFF with two manifests");
  return { store: found.data, place: { start: found.offset, length: found.data.length } };
});

/** A `C2PA` chunk (A.3.4). */
export const aviContainer = readOnly((file) => {
  const own = parseRiff(file).chunks.filter((c) => c.id === "C2PA");
  if (own.length > 1) throw badFile("AVI with two manifests");
  return riffContainer.extract(file);
});

/** A `jumb` box of JPEG XL's container (A.3.9 of 2.3, ISO 18181-2): the box is the store's own. A bare codestream has none. */
export const jxlContainer = readOnly((file) => {
  const view = viewOf(file);
  let found: ReturnType<Container["extract"]>;
  for (let at = 0; at + 8 <= file.length; ) {
    let size = view.getUint32(at);
    if (size === 1 && at + 16 <= file.length) size = Number(view.getBigUint64(at + 8));
    if (size === 0) size = file.length - at;
    if (size < 8 || size > file.length - at) throw badFile("JPEG XL ends inside a box");
    // what the store's description says, behind the headers of both boxes
    if (fromLatin1(file.subarray(at + 4, at + 8)) === "jumb" && fromLatin1(file.subarray(at + 16, at + 20)) === "c2pa") {
      if (found !== undefined) throw badFile("JPEG XL with two manifests");
      found = { store: file.subarray(at, at + size), place: { start: at, length: size } };
    }
    at += size;
  }
  return found;
});
