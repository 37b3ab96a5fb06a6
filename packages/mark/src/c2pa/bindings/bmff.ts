import { type BmffBox, bmffAt, bmffData, type Cbor, concat, equalBytes, parseBmff, viewOf } from "@inkseal/codec";
import type { Binding } from "../binding.ts";
import type { Place } from "../container.ts";
import { digest, isHashName } from "../hashes.ts";
import { failure, success, untrusted } from "../status.ts";

const label = "c2pa.hash.bmff";
/** Type of the box that holds the manifest store (C2PA 2.2, A.5.1). */
export const c2paUuid = "d8fec3d61b0e483c92975828877ec481";
const uuidBytes = Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(c2paUuid.slice(i * 2, i * 2 + 2), 16));
/** Boxes that are always left out beside ours: the type and the index of fragments (A.5.2). */
const mandatory = ["ftyp", "mfra"];
/** Boxes that others leave out, too, and that no player shows. */
const harmless = [...mandatory, "free", "skip"];
const exclusions: Cbor = [
  { xpath: "/uuid", data: [{ offset: 8, value: uuidBytes }] },
  ...mandatory.map((type) => ({ xpath: `/${type}` })),
];
const valueFor = (hash: Uint8Array): Cbor => ({ exclusions, alg: "sha256", hash, name: "jumbf manifest" });

/**
 * `c2pa.hash.bmff.v3` (C2PA 2.2, 18.6): every byte of the file but those of the excluded boxes, and in front of each other top-level box
 * its offset, 64 bits big endian. Version 1, which has no offsets, and 2 are read, too.
 */
export const bmffHash: Binding = {
  label: `${label}.v3`,
  reads: (name) => name === label || name === `${label}.v2` || name === `${label}.v3`,
  blank: () => valueFor(new Uint8Array(32)),
  async bind(file) {
    const left = excluded(file, parseBmff(file), ourExclusions);
    return valueFor(await digest(concat(pieces(file, left as Excluded, true))));
  },
  async check(file, place, value, claimed) {
    const hash = value.get("hash");
    if (value.has("merkle") || !(hash instanceof Uint8Array))
      return value.has("merkle")
        ? [untrusted("algorithm.unsupported", "hash trees over parts of a file are not read here, so changes would go unseen")]
        : [failure("assertion.bmffHash.malformed", label)];
    const alg = value.get("alg") ?? claimed;
    if (!isHashName(alg)) return [failure("algorithm.unsupported", String(alg))];
    const boxes = parseBmff(file);
    const list = value.get("exclusions");
    const left = Array.isArray(list) ? excluded(file, boxes, list.map(exclusionOf)) : undefined;
    if (left === undefined) return [failure("assertion.bmffHash.malformed", "an exclusion cannot be read")];
    const actual = async (offsets: boolean) => equalBytes(await digest(concat(pieces(file, left, offsets)), alg), hash);
    // the label told the versions apart, and is not among what is given here; no file fits both
    if (!(await actual(true)) && !(await actual(false)))
      return [failure("assertion.bmffHash.mismatch", "the file was changed after it was signed")];
    const match = success("assertion.bmffHash.match", "every byte outside the exclusions");
    const more = unexpected(boxes, left, place);
    if (more === undefined) return [match];
    return [match, untrusted("assertion.bmffHash.additionalExclusionsPresent", `bytes of ${more} are not covered`)];
  },
};

/** One entry of `exclusions`: boxes at a path, narrowed by what they hold. */
interface Exclusion {
  readonly xpath: string;
  readonly length: number | undefined;
  readonly version: number | undefined;
  readonly flags: Uint8Array | undefined;
  readonly exact: boolean;
  readonly data: readonly { readonly offset: number; readonly value: Uint8Array }[];
  readonly subset: readonly { readonly offset: number; readonly length: number }[] | undefined;
}
const plain = (xpath: string): Exclusion => ({
  ...{ xpath, length: undefined, version: undefined, flags: undefined, exact: true, data: [], subset: undefined },
});
const ourExclusions: Exclusion[] = [
  { ...plain("/uuid"), data: [{ offset: 8, value: uuidBytes }] },
  ...mandatory.map((type) => plain(`/${type}`)),
];

/** Undefined when an entry is malformed. */
function exclusionOf(value: Cbor): Exclusion | undefined {
  if (!(value instanceof Map)) return undefined;
  const xpath = value.get("xpath");
  if (typeof xpath !== "string" || !/^(?:\/[^/[\]]{4})+$/.test(xpath)) return undefined;
  const number = (v: Cbor): number | undefined => (typeof v === "number" && v >= 0 ? v : undefined);
  const bytes = (v: Cbor): Uint8Array | undefined => (v instanceof Uint8Array ? v : undefined);
  const ranges = (key: string): Map<Cbor, Cbor>[] | undefined => {
    const list = value.get(key);
    return Array.isArray(list) ? list.filter((v): v is Map<Cbor, Cbor> => v instanceof Map) : undefined;
  };
  return {
    xpath,
    length: number(value.get("length")),
    version: number(value.get("version")),
    flags: bytes(value.get("flags")),
    exact: value.get("exact") !== false,
    data: (ranges("data") ?? []).map((d) => ({
      offset: number(d.get("offset")) ?? 0,
      value: bytes(d.get("value")) ?? new Uint8Array(0),
    })),
    subset: ranges("subset")?.map((s) => ({ offset: number(s.get("offset")) ?? 0, length: number(s.get("length")) ?? 0 })),
  };
}

interface Excluded {
  /** Sorted and disjoint. */
  readonly ranges: readonly Place[];
  /** Offsets of the top-level boxes that are not left out as a whole. */
  readonly kept: readonly number[];
}

function excluded(file: Uint8Array, boxes: readonly BmffBox[], list: readonly (Exclusion | undefined)[]): Excluded | undefined {
  const ranges: Place[] = [];
  const kept = new Set(boxes.map((b) => b.offset));
  for (const e of list) {
    if (e === undefined) return undefined;
    for (const box of bmffAt(boxes, e.xpath).filter((b) => matches(file, b, e))) {
      if (e.subset === undefined) {
        ranges.push({ start: box.offset, length: box.size });
        kept.delete(box.offset);
        continue;
      }
      for (const s of e.subset.filter((part) => part.offset <= box.size)) {
        const length = s.length === 0 ? box.size - s.offset : Math.min(s.length, box.size - s.offset);
        ranges.push({ start: box.offset + s.offset, length });
      }
    }
  }
  return { ranges: merged(ranges), kept: [...kept].sort((a, b) => a - b) };
}

function matches(file: Uint8Array, box: BmffBox, e: Exclusion): boolean {
  if (e.length !== undefined && e.length !== box.size) return false;
  const whole = file.subarray(box.offset, box.offset + box.size);
  const own = bmffData(file, box);
  if (e.version !== undefined && own[0] !== e.version) return false;
  if (e.flags !== undefined) {
    const flags = own.subarray(1, 4);
    const fits = e.exact ? equalBytes(flags, e.flags) : e.flags.every((f, i) => (f & (flags[i] ?? 0)) === (flags[i] ?? 0));
    if (!fits) return false;
  }
  return e.data.every((d) => equalBytes(whole.subarray(d.offset, d.offset + d.value.length), d.value));
}

function merged(ranges: readonly Place[]): Place[] {
  const out: Place[] = [];
  for (const r of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = out.at(-1);
    if (last === undefined || r.start > last.start + last.length) out.push(r);
    else {
      const end = Math.max(last.start + last.length, r.start + r.length);
      out[out.length - 1] = { start: last.start, length: end - last.start };
    }
  }
  return out;
}

/** What is hashed, in order: bytes outside the ranges, and the offsets of the boxes kept, where they begin. */
function pieces(file: Uint8Array, { ranges, kept }: Excluded, offsets: boolean): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const marks = offsets ? [...kept] : [];
  const upTo = (from: number, to: number): void => {
    let at = from;
    while (marks[0] !== undefined && marks[0] < to) {
      const mark = marks.shift() as number;
      parts.push(file.subarray(at, Math.max(at, mark)), bigEndian(mark));
      at = Math.max(at, mark);
    }
    parts.push(file.subarray(at, to));
  };
  let at = 0;
  for (const r of ranges) {
    upTo(at, r.start);
    at = r.start + r.length;
  }
  upTo(at, file.length);
  return parts;
}

function bigEndian(value: number): Uint8Array {
  const out = new Uint8Array(8);
  viewOf(out).setBigUint64(0, BigInt(value));
  return out;
}

/** Path of a box with bytes left out that A.5.2 does not allow to leave out; undefined when there is none. */
function unexpected(boxes: readonly BmffBox[], { ranges }: Excluded, place: Place): string | undefined {
  for (const r of ranges) {
    const hit = boxes.find((b) => {
      const overlaps = r.start < b.offset + b.size && b.offset < r.start + r.length;
      const isManifest = b.offset >= place.start && b.offset + b.size <= place.start + place.length;
      return overlaps && !isManifest && !harmless.includes(b.type);
    });
    if (hit !== undefined) return `/${hit.type}`;
  }
  return undefined;
}
