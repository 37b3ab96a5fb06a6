import { badFile, concat, fromLatin1, latin1, viewOf } from "./bytes.ts";

/** One box of an ISO base media file (ISO 14496-12): MP4, M4A, MOV, HEIF, AVIF. */
export interface BmffBox {
  /** Four characters. */
  readonly type: string;
  /** Offset of the box in the file. */
  readonly offset: number;
  /** Bytes of size and type (8, 16 with a large size), 16 more for `uuid`; version and flags are not among them. */
  readonly header: number;
  /** Bytes of the whole box. */
  readonly size: number;
  /** Boxes inside, for boxes that hold nothing else. */
  readonly children: readonly BmffBox[];
}

/** Boxes that hold boxes, and how many bytes of their own stand in front. */
const containers: Readonly<Record<string, number>> = {
  ...{ moov: 0, trak: 0, mdia: 0, minf: 0, stbl: 0, dinf: 0, edts: 0, udta: 0, mvex: 0 },
  ...{ moof: 0, traf: 0, mfra: 0, iprp: 0, ipco: 0, meco: 0, ilst: 0, meta: 4 },
};
const maxDepth = 12;
const maxBoxes = 100_000;

/** The tree of boxes. Throws `bad-file` for a file that does not begin with `ftyp` or ends inside a box. */
export function parseBmff(file: Uint8Array): BmffBox[] {
  let count = 0;
  const view = viewOf(file);
  const read = (from: number, to: number, depth: number, lenient: boolean): BmffBox[] => {
    const boxes: BmffBox[] = [];
    for (let at = from; at + 8 <= to; ) {
      if (depth > maxDepth || ++count > maxBoxes) throw badFile("BMFF: nested too deep, or too many boxes");
      const type = fromLatin1(file.subarray(at + 4, at + 8));
      let size = view.getUint32(at);
      let header = 8;
      if (size === 1 && at + 16 <= to) {
        size = Number(view.getBigUint64(at + 8));
        header = 16;
      } else if (size === 0 && depth === 0) size = to - at;
      if (type === "uuid") header += 16;
      if (size < header || size > to - at) {
        // user data may end with a zero of 32 bits, or with what nobody can tell (QuickTime File Format)
        if (lenient) return boxes;
        throw badFile("BMFF ends inside a box");
      }
      const own = containers[type];
      const start = at + header + (type === "meta" && isPlainMeta(file, at + header) ? 0 : (own ?? 0));
      const children =
        own === undefined || start > at + size ? [] : read(start, at + size, depth + 1, lenient || type === "udta");
      boxes.push({ type, offset: at, header, size, children });
      at += size;
    }
    return boxes;
  };
  const boxes = read(0, file.length, 0, false);
  const end = boxes.at(-1);
  if (boxes[0]?.type !== "ftyp") throw badFile("BMFF does not begin with its type");
  if (end === undefined || end.offset + end.size !== file.length) throw badFile("BMFF ends inside a box header");
  return boxes;
}

/** QuickTime's `meta` has no version: its first child follows at once. */
const isPlainMeta = (file: Uint8Array, at: number): boolean => fromLatin1(file.subarray(at + 4, at + 8)) === "hdlr";

/** Bytes of a box behind its header. */
export const bmffData = (file: Uint8Array, box: BmffBox): Uint8Array =>
  file.subarray(box.offset + box.header, box.offset + box.size);

/** Boxes at a path such as `/moov/trak/mdia`. */
export function bmffAt(boxes: readonly BmffBox[], path: string): BmffBox[] {
  const [name, ...rest] = path.replace(/^\//, "").split("/");
  const found = boxes.filter((b) => b.type === name);
  return rest.length === 0 ? found : found.flatMap((b) => bmffAt(b.children, rest.join("/")));
}

/** The 16 bytes of a `uuid` box's type, as 32 hex digits; undefined for any other box. */
export function bmffUuid(file: Uint8Array, box: BmffBox): string | undefined {
  if (box.type !== "uuid") return undefined;
  const id = file.subarray(box.offset + box.header - 16, box.offset + box.header);
  return Array.from(id, (b) => b.toString(16).padStart(2, "0")).join("");
}

/** A box. RangeError past 4 GiB. */
export function bmffBox(type: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const data = concat(parts);
  if (data.length + 8 > 0xffffffff) throw new RangeError("bmffBox: at most 4 GiB");
  const head = new Uint8Array(8);
  viewOf(head).setUint32(0, data.length + 8);
  head.set(latin1(type), 4);
  return concat([head, data]);
}

/** A `uuid` box; `uuid` is 32 hex digits. */
export const bmffUuidBox = (uuid: string, ...parts: readonly Uint8Array[]): Uint8Array =>
  bmffBox(
    "uuid",
    Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(uuid.slice(i * 2, i * 2 + 2), 16)),
    ...parts,
  );

/** 32-bit numbers, big endian. */
export function uint32be(...values: readonly number[]): Uint8Array {
  const out = new Uint8Array(values.length * 4);
  for (const [i, v] of values.entries()) viewOf(out).setUint32(i * 4, v);
  return out;
}
