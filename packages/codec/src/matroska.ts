import { badFile, concat, fromUtf8, hasAt, utf8 } from "./bytes.ts";

/** One EBML element (RFC 8794). */
export interface EbmlElement {
  /** With its length marker: 0x1254C367. */
  readonly id: number;
  readonly offset: number;
  /** Bytes of id and size. */
  readonly header: number;
  /** Data bytes; to the end of what it stands in when the size is unknown. */
  readonly size: number;
  /** The size is all ones: written as a stream. */
  readonly open: boolean;
}

/** Elements of Matroska (RFC 9559) that are dealt with here. */
export const matroskaIds = {
  ...{ ebml: 0x1a45dfa3, segment: 0x18538067, seekHead: 0x114d9b74, seek: 0x4dbb, seekId: 0x53ab, seekPosition: 0x53ac },
  ...{
    tags: 0x1254c367,
    tag: 0x7373,
    simpleTag: 0x67c8,
    tagName: 0x45a3,
    tagString: 0x4487,
    voidElement: 0xec,
    cluster: 0x1f43b675,
  },
} as const;
const ids = matroskaIds;
const maxElements = 1_000_000;

/** Elements in a row. Throws `bad-file` when one runs past `to`. */
export function ebmlElements(file: Uint8Array, from = 0, to = file.length): EbmlElement[] {
  const out: EbmlElement[] = [];
  for (let at = from; at < to; ) {
    const id = number(file, at, 4, true);
    const size = number(file, at + id.width, 8, false);
    const header = id.width + size.width;
    const open = size.value === undefined;
    const length = size.value ?? to - at - header;
    if (header + length > to - at || out.length >= maxElements)
      throw badFile("EBML: an element that runs past what it stands in");
    out.push({ id: id.value as number, offset: at, header, size: length, open });
    at += header + length;
  }
  return out;
}

/** A number of variable width; its value is undefined when every bit is set. */
function number(file: Uint8Array, at: number, widest: number, marked: boolean): { value: number | undefined; width: number } {
  const first = file[at] ?? 0;
  const width = Math.clz32(first) - 23;
  if (width > widest || at + width > file.length) throw badFile("EBML: a number that is none");
  let value = marked ? first : first & (0xff >> width);
  let ones = (first & (0xff >> width)) === 0xff >> width;
  for (let i = 1; i < width; i++) {
    value = value * 256 + (file[at + i] as number);
    ones = ones && file[at + i] === 0xff;
  }
  if (value > Number.MAX_SAFE_INTEGER) throw badFile("EBML: a number that is too large");
  return { value: ones && !marked ? undefined : value, width };
}

const bigEndian = (value: number, width: number): Uint8Array =>
  Uint8Array.from({ length: width }, (_, i) => Math.floor(value / 256 ** (width - 1 - i)) % 256);

/** An element; its size takes `width` bytes. */
export function ebmlElement(id: number, data: Uint8Array, width = 8): Uint8Array {
  const idBytes = bigEndian(id, id > 0xffffff ? 4 : id > 0xffff ? 3 : id > 0xff ? 2 : 1);
  const size = bigEndian(data.length, width);
  size[0] = (size[0] as number) | (0x80 >> (width - 1));
  return concat([idBytes, size, data]);
}

export interface Matroska {
  readonly segment: EbmlElement;
  /** Level 1, in file order; an open cluster ends the list. */
  readonly children: readonly EbmlElement[];
}

/** The segment of a Matroska or WebM file. Throws `bad-file`. */
export function parseMatroska(file: Uint8Array): Matroska {
  const [head, segment, more] = ebmlElements(file);
  if (head?.id !== ids.ebml || segment?.id !== ids.segment || more !== undefined) throw badFile("not one Matroska segment");
  const start = segment.offset + segment.header;
  return { segment, children: ebmlElements(file, start, start + segment.size) };
}

const dataOf = (file: Uint8Array, e: EbmlElement): Uint8Array =>
  file.subarray(e.offset + e.header, e.offset + e.header + e.size);
const inside = (file: Uint8Array, e: EbmlElement): EbmlElement[] =>
  ebmlElements(file, e.offset + e.header, e.offset + e.header + e.size);

export interface MatroskaTag {
  readonly name: string;
  readonly value: string;
}

/** Every simple tag with a name and a string, of any target. */
export function matroskaTags(file: Uint8Array, { children }: Matroska): MatroskaTag[] {
  const simple = children
    .filter((c) => c.id === ids.tags)
    .flatMap((t) =>
      inside(file, t)
        .filter((x) => x.id === ids.tag)
        .flatMap((x) => inside(file, x)),
    );
  return simple.filter((s) => s.id === ids.simpleTag).map((s) => nameAndValue(file, s));
}

function nameAndValue(file: Uint8Array, simple: EbmlElement): MatroskaTag {
  const parts = inside(file, simple);
  const text = (id: number): string => {
    const part = parts.find((p) => p.id === id);
    return part === undefined ? "" : (fromUtf8(dataOf(file, part)) ?? "").replace(/\0+$/, "");
  };
  return { name: text(ids.tagName), value: text(ids.tagString) };
}

/**
 * The file with these tags of the whole segment, each once. All tags move behind everything else, where nothing else has to move: their old
 * place becomes void, and the seek head, when there is one with room, leads to the new one. Undefined when the last element
 * is open, so that nothing can stand behind it.
 */
export function withMatroskaTags(file: Uint8Array, matroska: Matroska, tags: readonly MatroskaTag[]): Uint8Array | undefined {
  const { segment, children } = matroska;
  if (children.at(-1)?.open === true) return undefined;
  const old = children.filter((c) => c.id === ids.tags);
  const replaced = new Set(tags.map((t) => t.name));
  const kept = old.flatMap((t) => inside(file, t).map((tag) => withoutNames(file, tag, replaced)));
  const simple = tags.map((t) =>
    ebmlElement(ids.simpleTag, concat([ebmlElement(ids.tagName, utf8(t.name)), ebmlElement(ids.tagString, utf8(t.value))])),
  );
  const targets = ebmlElement(0x63c0, new Uint8Array(0)); // none named: the whole segment
  const made = ebmlElement(ids.tags, concat([...kept, ebmlElement(ids.tag, concat([targets, ...simple]))]));
  // tags that stand last give way; others become void of the same length
  const last = children.at(-1);
  const isLast = last !== undefined && last.id === ids.tags;
  const end = isLast ? last.offset : segment.offset + segment.header + segment.size;
  const out = concat([file.subarray(0, end), made, file.subarray(segment.offset + segment.header + segment.size)]);
  for (const t of old) if (t !== last || !isLast) out.set(voidOf(t.header + t.size), t.offset);
  const start = segment.offset + segment.header;
  seekTo(out, matroska, end - start);
  if (!segment.open) {
    const width = segment.header - 4;
    const size = end - start + made.length;
    if (size >= 2 ** (7 * width) - 1) return undefined;
    const bytes = bigEndian(size, width);
    bytes[0] = (bytes[0] as number) | (0x80 >> (width - 1));
    out.set(bytes, segment.offset + 4);
  }
  return out;
}

/** A tag less its simple tags of these names; empty when nothing but a target is left. */
function withoutNames(file: Uint8Array, tag: EbmlElement, names: ReadonlySet<string>): Uint8Array {
  if (tag.id !== ids.tag) return new Uint8Array(0);
  const parts = inside(file, tag).filter((p) => p.id !== ids.simpleTag || !names.has(nameAndValue(file, p).name));
  if (!parts.some((p) => p.id === ids.simpleTag)) return new Uint8Array(0);
  return ebmlElement(ids.tag, concat(parts.map((p) => file.subarray(p.offset, p.offset + p.header + p.size))));
}

/** A void element of exactly this many bytes, two at least. */
function voidOf(length: number): Uint8Array {
  return length >= 9
    ? ebmlElement(ids.voidElement, new Uint8Array(length - 9))
    : ebmlElement(ids.voidElement, new Uint8Array(length - 2), 1);
}

/** Rewrites the seek head, in its place and that of the void behind it, so that it leads to tags at `position`; leaves it where that does not fit. */
function seekTo(out: Uint8Array, { children }: Matroska, position: number): void {
  const at = children.findIndex((c) => c.id === ids.seekHead);
  const head = children[at];
  if (head === undefined) return;
  const behind = children[at + 1];
  const room = head.header + head.size + (behind?.id === ids.voidElement ? behind.header + behind.size : 0);
  const tagsId = bigEndian(ids.tags, 4);
  const others = inside(out, head).filter((seek) => {
    const id = inside(out, seek).find((p) => p.id === ids.seekId);
    return id === undefined || !hasAt(dataOf(out, id), 0, tagsId);
  });
  const seek = ebmlElement(
    ids.seek,
    concat([ebmlElement(ids.seekId, tagsId, 1), ebmlElement(ids.seekPosition, bigEndian(position, 8), 1)]),
    1,
  );
  const made = ebmlElement(
    ids.seekHead,
    concat([...others.map((o) => out.slice(o.offset, o.offset + o.header + o.size)), seek]),
    2,
  );
  const spare = room - made.length;
  if (spare !== 0 && spare < 2) return;
  out.set(made, head.offset);
  if (spare > 0) out.set(voidOf(spare), head.offset + made.length);
}
