import {
  type BmffBox,
  badFile,
  bmffData,
  bmffUuid,
  bmffUuidBox,
  editBmff,
  fromLatin1,
  latin1,
  parseBmff,
  uint32be,
} from "@inkseal/codec";
import { bmffHash, c2paUuid } from "../bindings/bmff.ts";
import type { Container } from "../container.ts";

/** Version and flags, purpose, offset of the first hash tree (none), then the store (C2PA 2.2, A.5.1). */
const head = [uint32be(0), latin1("manifest\0"), uint32be(0, 0)] as const;
const storeAt = 4 + 9 + 8;

const manifests = (file: Uint8Array): { boxes: BmffBox[]; own: BmffBox[] } => {
  const boxes = parseBmff(file);
  return { boxes, own: boxes.filter((b) => bmffUuid(file, b) === c2paUuid) };
};

/** A `uuid` box behind `ftyp` and what describes the file. */
export const bmffContainer: Container = {
  embed(file, store) {
    const { boxes, own } = manifests(file);
    const insert = bmffUuidBox(c2paUuid, ...head, store);
    // XMP comes first (A.5.1)
    let index = 1;
    while (boxes[index] !== undefined && boxes[index]?.type === "uuid" && !own.includes(boxes[index] as BmffBox)) index++;
    const start = boxes[index]?.offset ?? file.length;
    const removed = own.map((b) => ({ at: b.offset, remove: b.size, insert: new Uint8Array(0) }));
    const before = own.filter((b) => b.offset < start).reduce((n, b) => n + b.size, 0);
    const out = editBmff(file, boxes, [{ at: start, remove: 0, insert }, ...removed]);
    return { file: out, place: { start: start - before, length: insert.length } };
  },
  extract(file) {
    const [box, more] = manifests(file).own.filter((b) => purposeOf(file, b) !== "merkle");
    if (box === undefined) return undefined;
    if (more !== undefined || purposeOf(file, box) !== "manifest")
      throw badFile("BMFF with more than one manifest, or one of a kind that is not read here");
    return { store: bmffData(file, box).subarray(storeAt), place: { start: box.offset, length: box.size } };
  },
  binding: bmffHash,
};

const purposeOf = (file: Uint8Array, box: BmffBox): string => {
  const data = bmffData(file, box);
  return fromLatin1(data.subarray(4, Math.max(4, data.indexOf(0, 4))));
};
