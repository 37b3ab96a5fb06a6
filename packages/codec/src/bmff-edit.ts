import type { BmffBox } from "./bmff.ts";
import { badFile, concat, viewOf } from "./bytes.ts";

/** Bytes taken out and put in at a place of a file. */
export interface BmffEdit {
  readonly at: number;
  readonly remove: number;
  readonly insert: Uint8Array;
}
/** A number of the file that changes where it stands. */
export interface BmffNumber {
  readonly at: number;
  readonly width: number;
  readonly value: number;
}

/**
 * The file with these edits, `numbers` set, the sizes of the boxes around each edit put right, and every absolute offset
 * (`stco`, `co64`, `iloc`, `tfhd`, `tfra`, `saio`) pointing to the bytes it pointed to before. An edit belongs to the boxes that it stands
 * inside; what is only put in at the end of a box is inside of it when the box is in `grows`. Throws `bad-file` when a number no longer fits.
 */
export function editBmff(
  file: Uint8Array,
  boxes: readonly BmffBox[],
  edits: readonly BmffEdit[],
  { grows = [], numbers = [] }: { readonly grows?: readonly BmffBox[]; readonly numbers?: readonly BmffNumber[] } = {},
): Uint8Array {
  const sorted = [...edits].sort((a, b) => a.at - b.at);
  const out = file.slice();
  const moved = (offset: number): number =>
    sorted.reduce((to, e) => (e.at + e.remove <= offset ? to + e.insert.length - e.remove : to), offset);
  for (const field of offsetFields(file, boxes)) {
    const to = moved(field.target) - field.target;
    if (to !== 0) put(out, { ...field, value: field.value + to });
  }
  for (const box of everyBox(boxes)) {
    const end = box.offset + box.size;
    const inside = sorted.filter((e) => {
      const to = e.at + e.remove;
      return e.at > box.offset && (to < end || (to === end && (e.remove > 0 || grows.includes(box))));
    });
    const delta = inside.reduce((n, e) => n + e.insert.length - e.remove, 0);
    if (delta === 0) continue;
    const large = viewOf(file).getUint32(box.offset) === 1;
    put(out, { at: box.offset + (large ? 8 : 0), width: large ? 8 : 4, value: box.size + delta });
  }
  for (const number of numbers) put(out, number);
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const e of sorted) {
    parts.push(out.subarray(at, e.at), e.insert);
    at = e.at + e.remove;
  }
  return concat([...parts, out.subarray(at)]);
}

/** How many bytes `edits` add. */
export const grown = (edits: readonly BmffEdit[]): number => edits.reduce((n, e) => n + e.insert.length - e.remove, 0);

function put(out: Uint8Array, { at, width, value }: BmffNumber): void {
  if (value < 0 || value >= 256 ** width) throw badFile("BMFF: an offset or size outgrows its field");
  for (let i = width - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) out[at + i] = rest % 256;
}

export function everyBox(boxes: readonly BmffBox[]): BmffBox[] {
  return boxes.flatMap((b) => [b, ...everyBox(b.children)]);
}

/** A field that leads to `target`, an offset in the file. */
interface OffsetField extends BmffNumber {
  readonly target: number;
}

function offsetFields(file: Uint8Array, boxes: readonly BmffBox[]): OffsetField[] {
  return everyBox(boxes).flatMap((box) => {
    if (box.type === "stco") return table(file, box, 4);
    if (box.type === "co64") return table(file, box, 8);
    if (box.type === "iloc") return parseIloc(file, box).items.flatMap((i) => i.fields);
    if (box.type === "tfhd") return trackFragment(file, box);
    if (box.type === "tfra") return fragmentTable(file, box);
    // in a fragment these are relative
    if (box.type === "stbl") return box.children.filter((c) => c.type === "saio").flatMap((c) => auxiliary(file, c));
    return [];
  });
}

/** A reader of big-endian numbers that stops at the end of its box. */
export function numbersOf(file: Uint8Array, box: BmffBox) {
  const end = box.offset + box.size;
  let at = box.offset + box.header;
  return {
    get at(): number {
      return at;
    },
    /** The next number of `width` bytes (0 to 8). */
    next(width: number): number {
      if (at + width > end) throw badFile(`BMFF: ${box.type} ends early`);
      let value = 0;
      for (let i = 0; i < width; i++) value = value * 256 + (file[at++] as number);
      return value;
    },
    /** Bytes left, so that no count is believed that they cannot hold. */
    get left(): number {
      return end - at;
    },
  };
}
export type Numbers = ReturnType<typeof numbersOf>;

const absolute = (r: Numbers, width: number): OffsetField => {
  const at = r.at;
  const value = r.next(width);
  return { at, width, value, target: value };
};

/** ISO 14496-12, 8.7.5. */
function table(file: Uint8Array, box: BmffBox, width: number): OffsetField[] {
  const r = numbersOf(file, box);
  r.next(4);
  const count = r.next(4);
  if (count > r.left / width) throw badFile(`BMFF: ${box.type} ends early`);
  return Array.from({ length: count }, () => absolute(r, width));
}

/** 8.8.7: an absolute base, when the first flag says so. */
function trackFragment(file: Uint8Array, box: BmffBox): OffsetField[] {
  const r = numbersOf(file, box);
  if ((r.next(4) & 1) === 0) return [];
  r.next(4);
  return [absolute(r, 8)];
}

/** 8.8.10. */
function fragmentTable(file: Uint8Array, box: BmffBox): OffsetField[] {
  const r = numbersOf(file, box);
  const width = r.next(4) >>> 24 === 1 ? 8 : 4;
  r.next(4);
  const sizes = r.next(4);
  const rest = ((sizes >> 4) & 3) + ((sizes >> 2) & 3) + (sizes & 3) + 3;
  const count = r.next(4);
  if (count > r.left / (2 * width + rest)) throw badFile("BMFF: tfra ends early");
  return Array.from({ length: count }, () => {
    r.next(width);
    const field = absolute(r, width);
    r.next(rest);
    return field;
  });
}

/** 8.7.9. */
function auxiliary(file: Uint8Array, box: BmffBox): OffsetField[] {
  const r = numbersOf(file, box);
  const head = r.next(4);
  if ((head & 1) === 1) r.next(8);
  const width = head >>> 24 === 1 ? 8 : 4;
  const count = r.next(4);
  if (count > r.left / width) throw badFile("BMFF: saio ends early");
  return Array.from({ length: count }, () => absolute(r, width));
}

export interface ItemLocation {
  readonly id: number;
  /** 0: offsets in the file; 1: in `idat`. */
  readonly method: number;
  /** Where the method stands; undefined in version 0, which knows no other. */
  readonly methodAt: number | undefined;
  readonly extents: readonly { readonly offset: BmffNumber; readonly length: BmffNumber; readonly start: number }[];
  readonly base: BmffNumber;
  readonly fields: readonly OffsetField[];
}
export interface Iloc {
  readonly version: number;
  readonly sizes: { readonly offset: number; readonly length: number; readonly base: number; readonly index: number };
  readonly count: BmffNumber;
  readonly items: readonly ItemLocation[];
}

/** Where items stand (8.11.3). */
export function parseIloc(file: Uint8Array, box: BmffBox): Iloc {
  const r = numbersOf(file, box);
  const version = r.next(4) >>> 24;
  if (version > 2) throw badFile("BMFF: iloc of an unknown version");
  const [first, second] = [r.next(1), r.next(1)];
  const sizes = { offset: first >> 4, length: first & 15, base: second >> 4, index: version === 0 ? 0 : second & 15 };
  if (Object.values(sizes).some((s) => s !== 0 && s !== 4 && s !== 8)) throw badFile("BMFF: iloc with fields of no size");
  const number = (width: number): BmffNumber => ({ at: r.at, width, value: r.next(width) });
  const wide = version === 2 ? 4 : 2;
  const count = number(wide);
  if (count.value > r.left / (wide + 4)) throw badFile("BMFF: iloc ends early");
  const items = Array.from({ length: count.value }, (): ItemLocation => {
    const id = r.next(wide);
    const methodAt = version === 0 ? undefined : r.at;
    const method = version === 0 ? 0 : r.next(2) & 15;
    r.next(2);
    const base = number(sizes.base);
    const n = r.next(2);
    const step = sizes.index + sizes.offset + sizes.length;
    if (n * step > r.left) throw badFile("BMFF: iloc ends early");
    const extents = Array.from({ length: step === 0 ? Math.min(n, 1) : n }, () => {
      r.next(sizes.index);
      const offset = number(sizes.offset);
      return { offset, length: number(sizes.length), start: base.value + offset.value };
    });
    const fields =
      method !== 0
        ? []
        : sizes.offset > 0
          ? extents.map((e) => ({ ...e.offset, target: e.start }))
          : sizes.base > 0
            ? [{ ...base, target: base.value }]
            : [];
    return { id, method, methodAt, extents, base, fields };
  });
  return { version, sizes, count, items };
}
