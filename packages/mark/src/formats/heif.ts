import {
  type BmffBox,
  type BmffEdit,
  type BmffNumber,
  badFile,
  bmffAt,
  bmffBox,
  bmffData,
  concat,
  editBmff,
  fromLatin1,
  grown,
  type Iloc,
  latin1,
  numbersOf,
  parseBmff,
  parseIloc,
  uint32be,
  utf8,
} from "@inkseal/codec";
import { xmpFormat } from "./xmp.ts";

const xmpType = "application/rdf+xml";
const none = new Uint8Array(0);

/** What of a picture's `meta` (ISO 23008-12) tells of its items. */
interface Items {
  readonly meta: BmffBox;
  readonly iinf: BmffBox;
  readonly iloc: BmffBox;
  readonly locations: Iloc;
  readonly count: BmffNumber;
  readonly highest: number;
  readonly primary: number;
  readonly xmp: readonly number[];
}

function itemsOf(file: Uint8Array, boxes: readonly BmffBox[]): Items {
  const [meta] = bmffAt(boxes, "/meta");
  const child = (type: string): BmffBox => {
    const found = meta?.children.find((c) => c.type === type);
    if (found === undefined) throw badFile(`a picture without ${type}`);
    return found;
  };
  const [iinf, iloc, pitm] = [child("iinf"), child("iloc"), child("pitm")];
  const r = numbersOf(file, iinf);
  const wide = r.next(4) >>> 24 === 0 ? 2 : 4;
  const count = { at: r.at, width: wide, value: r.next(wide) };
  const locations = parseIloc(file, iloc);
  const xmp: number[] = [];
  while (r.left >= 8) {
    const start = r.at;
    const size = r.next(4);
    if (size < 16 || size - 4 > r.left) throw badFile("a picture whose items are malformed");
    const data = file.subarray(start + 8, start + size);
    r.next(4);
    // version 2 and 3 (8.11.6): id, protection, type, name, content type
    const id = data[0] === 2 ? 2 : data[0] === 3 ? 4 : 0;
    if (id > 0 && fromLatin1(data.subarray(6 + id, 10 + id)) === "mime") {
      const texts = fromLatin1(data.subarray(10 + id)).split("\0");
      if (texts[1] === xmpType) xmp.push(data.subarray(4, 4 + id).reduce((n, b) => n * 256 + b, 0));
    }
    for (let left = size - 8; left > 0; left -= 8) r.next(Math.min(8, left));
  }
  const p = numbersOf(file, pitm);
  const primary = p.next(4) >>> 24 === 0 ? p.next(2) : p.next(4);
  const highest = Math.max(primary, 0, ...locations.items.map((i) => i.id));
  return { meta: meta as BmffBox, iinf, iloc, locations, count, highest, primary, xmp };
}

/** XMP as an item that describes the primary one; its bytes last in the file. */
export const heifFormat = xmpFormat({
  packets(bytes) {
    const boxes = parseBmff(bytes);
    const { locations, xmp, meta } = itemsOf(bytes, boxes);
    const idat = meta.children.find((c) => c.type === "idat");
    return locations.items
      .filter((i) => xmp.includes(i.id))
      .map((i) => {
        const from = i.method === 1 && idat !== undefined ? bmffData(bytes, idat) : i.method === 0 ? bytes : none;
        return concat(i.extents.map((e) => from.subarray(e.start, e.start + e.length.value)));
      });
  },
  withPacket(bytes, packet) {
    const boxes = parseBmff(bytes);
    const items = itemsOf(bytes, boxes);
    const data = utf8(packet);
    const item = items.locations.items.find((i) => items.xmp.includes(i.id));
    const last = boxes.at(-1) as BmffBox;
    const extent = item?.extents[0];
    const isLast =
      item?.method === 0 &&
      last.type === "mdat" &&
      extent?.start === last.offset + last.header &&
      extent.length.value === last.size - last.header;
    const end: BmffEdit = isLast
      ? { at: last.offset, remove: last.size, insert: bmffBox("mdat", data) }
      : { at: bytes.length, remove: 0, insert: bmffBox("mdat", data) };
    // a box to the end of the file has to say its size when another one follows
    const sized: BmffNumber[] = isLast || !isOpenEnded(bytes, last) ? [] : [{ at: last.offset, width: 4, value: last.size }];
    if (item === undefined) return added(bytes, boxes, items, end, sized, data.length);
    if (item.extents.length !== 1 || extent === undefined || items.locations.sizes.length === 0) return undefined;
    const edits = [end];
    const start = bytes.length + grown(edits) - data.length;
    const blank =
      item.method === 0 && !isLast ? bytes.slice().fill(0x20, extent.start, extent.start + extent.length.value) : bytes;
    const method = item.method === 0 || item.methodAt === undefined ? [] : [{ at: item.methodAt, width: 2, value: 0 }];
    const where =
      items.locations.sizes.offset > 0 ? { ...extent.offset, value: start - item.base.value } : { ...item.base, value: start };
    return editBmff(blank, boxes, edits, { numbers: [...sized, ...method, where, { ...extent.length, value: data.length }] });
  },
});

const isOpenEnded = (file: Uint8Array, box: BmffBox): boolean =>
  file.subarray(box.offset, box.offset + 4).every((b) => b === 0);

/** A new item: entries in `iinf`, `iloc` and `iref`. */
function added(
  file: Uint8Array,
  boxes: readonly BmffBox[],
  items: Items,
  end: BmffEdit,
  sized: readonly BmffNumber[],
  length: number,
): Uint8Array | undefined {
  const { meta, iinf, iloc, locations, count, primary } = items;
  const { sizes, version } = locations;
  const id = items.highest + 1;
  if (id > 0xffff || primary > 0xffff || sizes.length === 0 || sizes.offset + sizes.base === 0) return undefined;
  const infe = bmffBox("infe", Uint8Array.of(2, 0, 0, 0), uint16(id), uint16(0), latin1(`mime\0${xmpType}\0`));
  const iref = meta.children.find((c) => c.type === "iref");
  const wide = iref !== undefined && file[iref.offset + iref.header] !== 0;
  const number = wide ? (n: number) => uint32be(n) : uint16;
  const reference = bmffBox("cdsc", number(id), uint16(1), number(primary));
  const location = (start: number): Uint8Array =>
    concat([
      version === 2 ? uint32be(id) : uint16(id),
      ...(version === 0 ? [] : [uint16(0)]),
      uint16(0),
      sizedNumber(sizes.base, sizes.offset > 0 ? 0 : start),
      uint16(1),
      sizedNumber(sizes.index, 0),
      sizedNumber(sizes.offset, start),
      sizedNumber(sizes.length, length),
    ]);
  const behind = (box: BmffBox): number => box.offset + box.size;
  const edits = (start: number): BmffEdit[] => [
    { at: behind(iinf), remove: 0, insert: infe },
    { at: behind(iloc), remove: 0, insert: location(start) },
    iref === undefined
      ? { at: iinf.offset, remove: 0, insert: bmffBox("iref", uint32be(0), reference) }
      : { at: behind(iref), remove: 0, insert: reference },
    end,
  ];
  const start = file.length + grown(edits(0)) - length;
  const counts = [count, locations.count].map((c) => ({ ...c, value: c.value + 1 }));
  const grows = [meta, iinf, iloc, ...(iref === undefined ? [] : [iref])];
  return editBmff(file, boxes, edits(start), { grows, numbers: [...counts, ...sized] });
}

const uint16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 255);
const sizedNumber = (width: number, value: number): Uint8Array =>
  width === 0 ? none : width === 4 ? uint32be(value) : uint32be(Math.floor(value / 2 ** 32), value % 2 ** 32);
