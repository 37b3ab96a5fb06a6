import { badFile, concat, fromLatin1, hasAt, latin1, viewOf } from "./bytes.ts";
import { inflateUpTo } from "./inflate.ts";
import { crc32 } from "./png.ts";

/** One member of a zip archive (APPNOTE 6.3.10), as its central directory has it. */
export interface ZipEntry {
  /** Latin-1 of its bytes: names are compared, not shown. */
  readonly name: string;
  /** 0 stored, 8 Deflate. */
  readonly method: number;
  /** Offset of the local header, and of what follows it: the packed bytes [dataStart, dataEnd). */
  readonly start: number;
  readonly dataStart: number;
  readonly dataEnd: number;
  /** Bytes when unpacked. */
  readonly size: number;
  /** The header in the central directory. */
  readonly central: Uint8Array;
  readonly centralOffset: number;
}

export interface Zip {
  /** In the order of the central directory. */
  readonly entries: readonly ZipEntry[];
  readonly directory: number;
  readonly end: number;
}

const signature = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50 } as const;

/** The members of an archive. Throws `bad-file`, also for Zip64, encryption, and two members of one name: who reads which is unclear. */
export function parseZip(file: Uint8Array): Zip {
  const view = viewOf(file);
  let end = file.length - 22;
  const lowest = Math.max(0, end - 0xffff);
  while (end >= lowest && view.getUint32(end, true) !== signature.end) end--;
  if (end < lowest || file.length < 22) throw badFile("zip without its directory");
  if (end + 22 + view.getUint16(end + 20, true) !== file.length) throw badFile("zip with something behind its directory");
  const count = view.getUint16(end + 10, true);
  const directory = view.getUint32(end + 16, true);
  if (directory === 0xffffffff || count === 0xffff || directory > end) throw badFile("zip: a directory that is not read here");
  const entries: ZipEntry[] = [];
  const names = new Set<string>();
  let at = directory;
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== signature.central) throw badFile("zip: a directory that ends early");
    const [nameLength, extra, comment] = [28, 30, 32].map((o) => view.getUint16(at + o, true)) as [number, number, number];
    const next = at + 46 + nameLength + extra + comment;
    if (next > end) throw badFile("zip: a directory that ends early");
    const name = fromLatin1(file.subarray(at + 46, at + 46 + nameLength));
    if (names.has(name)) throw badFile("zip: two members of one name");
    names.add(name);
    entries.push({ name, ...member(file, view, at, directory), central: file.subarray(at, next), centralOffset: at });
    at = next;
  }
  if (at !== end) throw badFile("zip: a directory of another size");
  return { entries, directory, end };
}

function member(file: Uint8Array, view: DataView, central: number, directory: number) {
  const start = view.getUint32(central + 42, true);
  const method = view.getUint16(central + 10, true);
  if (start + 30 > directory || view.getUint32(start, true) !== signature.local)
    throw badFile("zip: a member that is not there");
  if ((view.getUint16(central + 8, true) & 1) !== 0) throw badFile("zip: encrypted members are not read");
  const dataStart = start + 30 + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
  const dataEnd = dataStart + view.getUint32(central + 20, true);
  const named = view.getUint16(start + 26, true) === view.getUint16(central + 28, true);
  const name = file.subarray(central + 46, central + 46 + view.getUint16(central + 28, true));
  if (dataEnd > directory || !named || !hasAt(file, start + 30, name)) throw badFile("zip: a member that is not there");
  return { method, start, dataStart, dataEnd, size: view.getUint32(central + 24, true) };
}

/** A member's bytes, at most `limit`. Throws `bad-file`; undefined without such a member. */
export function zipData(file: Uint8Array, zip: Zip, name: string, limit: number): Uint8Array | undefined {
  const entry = zip.entries.find((e) => e.name === name);
  if (entry === undefined) return undefined;
  const packed = file.subarray(entry.dataStart, entry.dataEnd);
  if (entry.method === 0) return packed;
  if (entry.method !== 8) throw badFile("zip: a member packed in a way that is not read");
  return inflateUpTo(packed, limit, "deflate");
}

/**
 * The archive with these members, stored, behind all others, in place of those of their names. Others keep their bytes and their order.
 * Offsets of the new members' data come back in order.
 */
export function withZipMembers(
  file: Uint8Array,
  zip: Zip,
  members: readonly (readonly [name: string, data: Uint8Array])[],
): { readonly file: Uint8Array; readonly offsets: readonly number[] } {
  const replaced = new Set(members.map(([name]) => name));
  const byOffset = [...zip.entries].sort((a, b) => a.start - b.start);
  const parts: Uint8Array[] = [];
  const moved = new Map<string, number>();
  let length = 0;
  const push = (bytes: Uint8Array): void => {
    parts.push(bytes);
    length += bytes.length;
  };
  push(file.subarray(0, byOffset[0]?.start ?? zip.directory));
  for (const [i, e] of byOffset.entries()) {
    if (replaced.has(e.name)) continue;
    moved.set(e.name, length);
    push(file.subarray(e.start, byOffset[i + 1]?.start ?? zip.directory)); // a data descriptor goes with its member
  }
  const offsets: number[] = [];
  const central: Uint8Array[] = zip.entries.flatMap((e) => {
    const to = moved.get(e.name);
    if (to === undefined) return [];
    const head = e.central.slice();
    viewOf(head).setUint32(42, to, true);
    return [head];
  });
  for (const [name, data] of members) {
    const [local, head] = headers(name, data, length);
    central.push(head);
    push(local);
    offsets.push(length);
    push(data);
  }
  const directory = length;
  for (const head of central) push(head);
  const tail = file.slice(zip.end);
  const view = viewOf(tail);
  if (central.length >= 0xffff || length >= 0xffffffff) throw badFile("zip: more than its directory can hold");
  view.setUint16(8, central.length, true);
  view.setUint16(10, central.length, true);
  view.setUint32(12, length - directory, true);
  view.setUint32(16, directory, true);
  push(tail);
  return { file: concat(parts), offsets };
}

/** Local and central header of a stored member; 1 January 1980, since there is no clock here. */
function headers(name: string, data: Uint8Array, offset: number): [local: Uint8Array, central: Uint8Array] {
  const common = new Uint8Array(26);
  const view = viewOf(common);
  view.setUint16(0, 20, true); // version needed
  view.setUint16(8, 0x21, true);
  view.setUint32(10, crc32(data), true);
  view.setUint32(14, data.length, true);
  view.setUint32(18, data.length, true);
  view.setUint16(22, name.length, true);
  const number = (value: number): Uint8Array =>
    Uint8Array.of(value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24);
  const local = concat([number(signature.local), common, latin1(name)]);
  const central = concat([
    number(signature.central),
    Uint8Array.of(20, 0),
    common,
    new Uint8Array(10),
    number(offset),
    latin1(name),
  ]);
  return [local, central];
}
