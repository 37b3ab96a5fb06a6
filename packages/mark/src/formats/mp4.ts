import {
  type BmffBox,
  type BmffEdit,
  bmffAt,
  bmffBox,
  bmffData,
  bmffUuid,
  bmffUuidBox,
  concat,
  editBmff,
  fromLatin1,
  fromUtf8,
  latin1,
  parseBmff,
  uint32be,
  utf8,
  viewOf,
} from "@inkseal/codec";
import { aigcInXmp, filmWords, iptcVerdict } from "../aigc/xmp.ts";
import { digitalSourceType } from "../c2pa/names.ts";
import { aigcMark, type Format, iptcMark } from "./format.ts";
import { textsOf, withIptcXmp } from "./xmp.ts";

/** Adobe XMP part 3, 1.3.1. */
const xmpUuid = "be7acfcb97a942e89c71999491e3afac";
const none = new Uint8Array(0);

/** Whether a track is of pictures: a handler `vide` (ISO/IEC 14496-12, 8.4.3). */
const isFilm = (bytes: Uint8Array, boxes: readonly BmffBox[]): boolean =>
  bmffAt(boxes, "/moov/trak/mdia/hdlr").some((box) => fromLatin1(bmffData(bytes, box).subarray(8, 12)) === "vide");

/** AIGC by `keys` and `ilst` (TC260-PG-20257A), IPTC in the XMP of a `uuid` box. */
export const mp4Format: Format = {
  metadata(bytes, aigc, { source, locale }) {
    const boxes = parseBmff(bytes);
    const place = placeOf(bytes, boxes, aigc);
    if (place === undefined) return undefined;
    const own = boxes.filter((b) => bmffUuid(bytes, b) === xmpUuid);
    const packet = withIptcXmp(
      own.map((b) => bmffData(bytes, b)),
      source,
      isFilm(bytes, boxes) ? filmWords[locale] : undefined,
    );
    const type = boxes[0] as BmffBox;
    const edits: BmffEdit[] = [
      { at: type.offset + type.size, remove: 0, insert: bmffUuidBox(xmpUuid, utf8(packet)) },
      ...own.map((b) => ({ at: b.offset, remove: b.size, insert: none })),
      ...freeforms(bytes, boxes).map((f) => ({ at: f.box.offset, remove: f.box.size, insert: none })),
      ...place.edits,
    ];
    const out = editBmff(bytes, boxes, edits, { grows: place.grows });
    return { bytes: out, marks: [aigcMark("mp4.keys"), iptcMark(digitalSourceType(source))] };
  },
  async read(bytes) {
    const boxes = parseBmff(bytes);
    const xmp = textsOf(boxes.filter((b) => bmffUuid(bytes, b) === xmpUuid).map((b) => bmffData(bytes, b)));
    const keyed = metas(boxes).flatMap((m) => entriesOf(bytes, m).filter((e) => e.key === "AIGC"));
    const own = keyed.map((e) => ({ carrier: "mp4.keys", text: textOf(e.item) }));
    const free = freeforms(bytes, boxes).map((f) => ({ carrier: "itunes", text: f.text }));
    const packet = xmp.flatMap(aigcInXmp).map((text) => ({ carrier: "xmp", text }));
    return { aigc: [...own, ...free, ...packet], iptc: iptcVerdict(xmp) };
  },
};

const metas = (boxes: readonly BmffBox[]): BmffBox[] => [...bmffAt(boxes, "/moov/udta/meta"), ...bmffAt(boxes, "/moov/meta")];

/** One key of a `meta` box of handler `mdta` (QuickTime File Format, metadata) and its item in `ilst`. */
interface Entry {
  readonly key: string;
  /** Name space and name, as they stand. */
  readonly name: Uint8Array;
  /** What the item box holds: `data` boxes. */
  readonly item: Uint8Array;
}

const handlerOf = (file: Uint8Array, meta: BmffBox): string => {
  const hdlr = meta.children.find((c) => c.type === "hdlr");
  return hdlr === undefined ? "" : fromLatin1(bmffData(file, hdlr).subarray(8, 12));
};

/** Every key with its value. Empty for a `meta` of another handler. */
function entriesOf(file: Uint8Array, meta: BmffBox): Entry[] {
  const keys = meta.children.find((c) => c.type === "keys");
  const list = meta.children.find((c) => c.type === "ilst");
  if (handlerOf(file, meta) !== "mdta" || keys === undefined || list === undefined) return [];
  const data = bmffData(file, keys);
  const view = viewOf(data);
  const names: Uint8Array[] = [];
  for (let at = 8; at + 8 <= data.length; ) {
    const size = view.getUint32(at);
    if (size < 8 || at + size > data.length) break;
    names.push(data.subarray(at + 4, at + size));
    at += size;
  }
  return list.children.flatMap((item) => {
    const name = names[viewOf(latin1(item.type)).getUint32(0) - 1];
    if (name === undefined) return [];
    return [{ key: fromLatin1(name.subarray(4)).replace(/\0+$/, ""), name, item: bmffData(file, item) }];
  });
}

/** Text of an item: its first `data` box, less type and locale. */
function textOf(item: Uint8Array): string {
  if (item.length < 16 || fromLatin1(item.subarray(4, 8)) !== "data") return "";
  return fromUtf8(item.subarray(16, Math.min(item.length, viewOf(item).getUint32(0)))) ?? "";
}

const entry = (key: string, value: string): Entry => ({
  key,
  name: latin1(`mdta${key}`),
  item: bmffBox("data", uint32be(1, 0), utf8(value)), // 1: UTF-8
});

function metaBox(entries: readonly Entry[]): Uint8Array {
  const handler = bmffBox("hdlr", uint32be(0, 0), latin1("mdta"), uint32be(0, 0, 0), Uint8Array.of(0));
  const names = entries.flatMap((e) => [uint32be(e.name.length + 4), e.name]);
  const items = entries.map((e, i) => bmffBox(fromLatin1(uint32be(i + 1)), e.item));
  return bmffBox(
    "meta",
    uint32be(0),
    handler,
    bmffBox("keys", uint32be(0, entries.length), ...names),
    bmffBox("ilst", ...items),
  );
}

interface FieldPlace {
  readonly edits: readonly BmffEdit[];
  /** Boxes at whose end something is put in. */
  readonly grows: readonly BmffBox[];
}

/** Where the AIGC field goes; undefined when the file has no place for it. */
function placeOf(file: Uint8Array, boxes: readonly BmffBox[], aigc: string): FieldPlace | undefined {
  const [moov] = bmffAt(boxes, "/moov");
  const [udta] = bmffAt(boxes, "/moov/udta");
  if (moov === undefined) return undefined;
  const keyed = metas(boxes).filter((m) => handlerOf(file, m) === "mdta");
  if (keyed.length > 0) {
    const edits = keyed.map((m, i) => {
      const others = entriesOf(file, m).filter((e) => e.key !== "AIGC");
      return { at: m.offset, remove: m.size, insert: metaBox(i === 0 ? [...others, entry("AIGC", aigc)] : others) };
    });
    return { edits, grows: [] };
  }
  const made = metaBox([entry("AIGC", aigc)]);
  const into = (box: BmffBox, insert: Uint8Array, grows: BmffBox[]): FieldPlace => ({
    edits: [{ at: innerEnd(box), remove: 0, insert }],
    grows,
  });
  if (udta === undefined) return into(moov, bmffBox("udta", made), [moov]);
  if (!udta.children.some((c) => c.type === "meta")) return into(udta, made, [moov, udta]);
  // iTunes' list stands there: QuickTime's own place, one level up, may be free
  return moov.children.some((c) => c.type === "meta") ? undefined : into(moov, made, [moov]);
}

/** Behind the last child: user data may end with a terminator. */
const innerEnd = (box: BmffBox): number => {
  const last = box.children.at(-1);
  return last === undefined ? box.offset + box.header : last.offset + last.size;
};

/** iTunes' own form of AIGC, `----:com.apple.iTunes:AIGC`. */
function freeforms(file: Uint8Array, boxes: readonly BmffBox[]): { readonly box: BmffBox; readonly text: string }[] {
  const items = bmffAt(boxes, "/moov/udta/meta/ilst").flatMap((l) => l.children.filter((c) => c.type === "----"));
  return items.flatMap((box) => {
    const data = bmffData(file, box);
    const parts = new Map<string, Uint8Array>();
    for (let at = 0; at + 8 <= data.length; ) {
      const size = viewOf(data).getUint32(at);
      if (size < 8 || at + size > data.length) break;
      parts.set(fromLatin1(data.subarray(at + 4, at + 8)), data.subarray(at, at + size));
      at += size;
    }
    const name = parts.get("name");
    if (name === undefined || fromLatin1(name.subarray(12)) !== "AIGC") return [];
    return [{ box, text: textOf(concat([parts.get("data") ?? none])) }];
  });
}
