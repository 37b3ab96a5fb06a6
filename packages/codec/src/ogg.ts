import { badFile, concat, hasAt, latin1, viewOf } from "./bytes.ts";

/** One page (RFC 3533, 6). */
export interface OggPage {
  /** 1 continues a packet, 2 first of its stream, 4 last of its stream. */
  readonly flags: number;
  /** Logical stream. */
  readonly serial: number;
  /** Lengths of the segments, 0 to 255; a packet ends with one below 255. */
  readonly lacing: Uint8Array;
  readonly body: Uint8Array;
  /** The whole page as it stands in the file. */
  readonly bytes: Uint8Array;
  /** Offset of `bytes` in the file; 0 for a page that was made here. */
  readonly offset: number;
}

const capture = latin1("OggS");
const flag = { continued: 1, first: 2, last: 4 } as const;

/** All pages of an Ogg file, as views. Throws `bad-file`, also for a wrong checksum: what it covers cannot be trusted. */
export function parseOgg(file: Uint8Array): OggPage[] {
  if (!hasAt(file, 0, capture)) throw badFile("not an Ogg file");
  const view = viewOf(file);
  const pages: OggPage[] = [];
  for (let at = 0; at < file.length; ) {
    if (at + 27 > file.length || !hasAt(file, at, capture) || file[at + 4] !== 0) throw badFile("Ogg: a page was expected");
    const count = view.getUint8(at + 26);
    const lacing = file.subarray(at + 27, at + 27 + count);
    const start = at + 27 + count;
    const end = start + lacing.reduce((n, l) => n + l, 0);
    if (lacing.length < count || end > file.length) throw badFile("Ogg ends inside a page");
    const bytes = file.subarray(at, end);
    if (view.getUint32(at + 22, true) !== pageChecksum(bytes)) throw badFile("Ogg: a page with a wrong checksum");
    const [flags, serial] = [view.getUint8(at + 5), view.getUint32(at + 14, true)];
    pages.push({ flags, serial, lacing, body: file.subarray(start, end), bytes, offset: at });
    at = end;
  }
  return pages;
}

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n << 24;
  for (let k = 0; k < 8; k++) c = c & 0x80000000 ? (c << 1) ^ 0x04c11db7 : c << 1;
  return c >>> 0;
});

/** CRC-32, polynomial 0x04c11db7, not reflected, start 0, over the page with its checksum as zero. */
function pageChecksum(page: Uint8Array): number {
  let c = 0;
  for (let i = 0; i < page.length; i++) {
    const byte = i >= 22 && i < 26 ? 0 : (page[i] as number);
    c = ((c << 8) ^ (table[(c >>> 24) ^ byte] as number)) >>> 0;
  }
  return c;
}

export const writeOgg = (pages: readonly OggPage[]): Uint8Array => concat(pages.map((p) => p.bytes));

/** The page with another sequence number. */
export function withSequence(page: OggPage, sequence: number): OggPage {
  const bytes = page.bytes.slice();
  const view = viewOf(bytes);
  view.setUint32(18, sequence, true);
  view.setUint32(22, pageChecksum(bytes), true);
  return {
    ...page,
    bytes,
    lacing: bytes.subarray(27, 27 + page.lacing.length),
    body: bytes.subarray(27 + page.lacing.length),
    offset: 0,
  };
}

/**
 * Pages with these packets, one after another, numbered from `sequence`. Granule position 0, as headers have it.
 * `first`: the first page opens the stream; `last`: the last one ends it.
 */
export function oggPages(
  packets: readonly Uint8Array[],
  serial: number,
  { sequence = 0, first = false, last = false }: { sequence?: number; first?: boolean; last?: boolean } = {},
): OggPage[] {
  const lacing: number[] = [];
  for (const p of packets) lacing.push(...new Array<number>(Math.floor(p.length / 255)).fill(255), p.length % 255);
  const body = concat(packets);
  const pages: OggPage[] = [];
  for (let at = 0, from = 0; from < lacing.length; from += 255) {
    const lengths = lacing.slice(from, from + 255);
    const size = lengths.reduce((n, l) => n + l, 0);
    const flags =
      (from > 0 && lacing[from - 1] === 255 ? flag.continued : 0) |
      (first && from === 0 ? flag.first : 0) |
      (last && from + 255 >= lacing.length ? flag.last : 0);
    // granule −1: no packet ends on this page
    const granule = lengths.every((l) => l === 255) ? -1n : 0n;
    pages.push(page(flags, granule, serial, sequence + pages.length, lengths, body.subarray(at, at + size)));
    at += size;
  }
  return pages;
}

/**
 * Pages of audio packets, `perPage` each, with the position (RFC 3533, 6) at which the last packet of a page ends; the last page ends
 * the stream. No packet is split.
 */
export function granulePages(
  packets: readonly Uint8Array[],
  granules: readonly bigint[],
  serial: number,
  { sequence, perPage }: { sequence: number; perPage: number },
): OggPage[] {
  const pages: OggPage[] = [];
  let [lacing, body, last]: [number[], Uint8Array[], number] = [[], [], -1];
  const close = (flags: number): void => {
    pages.push(page(flags, granules[last] ?? 0n, serial, sequence + pages.length, lacing, concat(body)));
    [lacing, body] = [[], []];
  };
  for (const [i, packet] of packets.entries()) {
    const lengths = [...new Array<number>(Math.floor(packet.length / 255)).fill(255), packet.length % 255];
    if (lengths.length > 255) throw new RangeError(`granulePages: a packet of ${packet.length} bytes`);
    if (body.length >= perPage || lacing.length + lengths.length > 255) close(0);
    lacing.push(...lengths);
    body.push(packet);
    last = i;
  }
  if (body.length > 0) close(flag.last);
  return pages;
}

function page(
  flags: number,
  granule: bigint,
  serial: number,
  sequence: number,
  lacing: readonly number[],
  body: Uint8Array,
): OggPage {
  const head = new Uint8Array(27);
  const view = viewOf(head);
  head.set(capture);
  view.setUint8(5, flags);
  view.setBigInt64(6, granule, true);
  view.setUint32(14, serial, true);
  view.setUint32(18, sequence, true);
  view.setUint8(26, lacing.length);
  const bytes = concat([head, Uint8Array.from(lacing), body]);
  viewOf(bytes).setUint32(22, pageChecksum(bytes), true);
  return {
    flags,
    serial,
    lacing: bytes.subarray(27, 27 + lacing.length),
    body: bytes.subarray(27 + lacing.length),
    bytes,
    offset: 0,
  };
}

export const isFirstPage = (p: OggPage): boolean => (p.flags & flag.first) !== 0;

/**
 * The first `count` packets of a stream and how many pages they take up; undefined when there are fewer, or when the last one
 * shares its page with what follows.
 */
export function firstPackets(
  pages: readonly OggPage[],
  serial: number,
  count: number,
): { readonly packets: readonly Uint8Array[]; readonly pages: number } | undefined {
  const packets: Uint8Array[] = [];
  let parts: Uint8Array[] = [];
  const own = pages.filter((p) => p.serial === serial);
  for (const [i, p] of own.entries()) {
    let at = 0;
    for (const [s, length] of p.lacing.entries()) {
      parts.push(p.body.subarray(at, at + length));
      at += length;
      if (length === 255) continue;
      packets.push(concat(parts));
      parts = [];
      if (packets.length === count) return s === p.lacing.length - 1 ? { packets, pages: i + 1 } : undefined;
    }
  }
  return undefined;
}
