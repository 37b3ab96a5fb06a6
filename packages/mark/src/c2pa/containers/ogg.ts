import {
  badFile,
  concat,
  firstPackets,
  hasAt,
  isFirstPage,
  latin1,
  type OggPage,
  oggPages,
  parseOgg,
  writeOgg,
} from "@inkseal/codec";
import type { Container } from "../container.ts";

const magic = latin1("\0c2pa");
const isManifest = (p: OggPage): boolean => isFirstPage(p) && hasAt(p.body, 0, magic);
const bytesOf = (pages: readonly OggPage[]): number => pages.reduce((n, p) => n + p.bytes.length, 0);

/** A logical stream of one packet (C2PA 2.3, A.3.5); its pages in a row, behind the first pages of all other streams. */
export const oggContainer: Container = {
  embed(file, store) {
    const pages = parseOgg(file);
    const old = new Set(pages.filter(isManifest).map((p) => p.serial));
    const others = pages.filter((p) => !old.has(p.serial));
    let serial = 0x61703263; // "c2pa"
    while (others.some((p) => p.serial === serial)) serial = (serial + 1) >>> 0;
    const made = oggPages([concat([magic, store])], serial, { first: true, last: true });
    const first = others.findIndex((p) => !isFirstPage(p));
    const at = first < 0 ? others.length : first;
    const [before, behind] = [others.slice(0, at), others.slice(at)];
    return {
      file: writeOgg([...before, ...made, ...behind]),
      place: { start: bytesOf(before), length: bytesOf(made) },
    };
  },
  extract(file) {
    const pages = parseOgg(file);
    const first = pages.find(isManifest);
    if (first === undefined) return undefined;
    const own = pages.filter((p) => p.serial === first.serial);
    const packet = firstPackets(own, first.serial, 1)?.packets[0];
    if (packet === undefined) throw badFile("Ogg: a manifest that does not end");
    const last = own.at(-1) as OggPage;
    const length = last.offset + last.bytes.length - first.offset;
    if (length !== bytesOf(own)) throw badFile("Ogg: a manifest whose pages are not in a row");
    return { store: packet.subarray(magic.length), place: { start: first.offset, length } };
  },
};
