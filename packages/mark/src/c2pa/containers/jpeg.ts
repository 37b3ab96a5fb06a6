import { app11Boxes, app11Segments, concat, fromLatin1, jpegInsertionPoint, parseJpeg, writeJpeg } from "@inkseal/codec";
import { manifestBox, type NamedBox } from "../bindings/box.ts";
import type { Container } from "../container.ts";

/** APP11 segments in a row (A.3.1). */
export const jpegContainer: Container = {
  embed(file, store) {
    const parsed = parseJpeg(file);
    const old = new Set(manifestSegments(file)?.segments);
    const segments = parsed.segments.filter((s) => ![...old].some((o) => o.offset === s.offset));
    const at = jpegInsertionPoint(segments);
    const made = app11Segments(store, 1 + Math.max(0, ...app11Boxes(segments).map((b) => b.instance)));
    const bytes = concat(made.map((s) => s.bytes));
    const start = 2 + segments.slice(0, at).reduce((n, s) => n + s.bytes.length, 0);
    segments.splice(at, 0, ...made);
    return { file: writeJpeg({ ...parsed, segments }), place: { start, length: bytes.length } };
  },
  extract(file) {
    const found = manifestSegments(file);
    const first = found?.segments[0];
    const last = found?.segments.at(-1);
    if (found === undefined || first === undefined || last === undefined) return undefined;
    const length = last.offset + last.bytes.length - first.offset;
    // only segments in a row are the manifest's place: what stands between them could be anything
    const inRow = length === found.segments.reduce((n, s) => n + s.bytes.length, 0);
    return { store: found.box, place: { start: first.offset, length: inRow ? length : first.bytes.length } };
  },
  boxes(file) {
    const { segments, scan } = parseJpeg(file);
    const own = new Set(manifestSegments(file)?.segments.map((s) => s.offset));
    const boxes: NamedBox[] = [{ name: "SOI", start: 0, length: 2 }];
    for (const { marker, offset, bytes } of segments) {
      const last = boxes.at(-1) as NamedBox;
      if (own.has(offset) && last.name === manifestBox)
        boxes[boxes.length - 1] = { ...last, length: last.length + bytes.length };
      else boxes.push({ name: own.has(offset) ? manifestBox : markerName(marker), start: offset, length: bytes.length });
    }
    return [...boxes, ...scanBoxes(file, file.length - scan.length)];
  },
};

/** From the first scan on: its entropy-coded data belong to a scan; between two of them tables may stand. Up to EOI. */
function scanBoxes(file: Uint8Array, from: number): NamedBox[] {
  const boxes: NamedBox[] = [];
  for (let at = from; at + 1 < file.length; ) {
    const marker = file[at + 1] as number;
    if (file[at] !== 0xff) break;
    if (marker === 0xd9) return [...boxes, { name: "EOI", start: at, length: 2 }];
    let end = at + 2 + (((file[at + 2] ?? 0) << 8) | (file[at + 3] ?? 0));
    // a byte 0xff in the data is followed by 0, or by a restart marker
    if (marker === 0xda)
      while (end < file.length && !(file[end] === 0xff && file[end + 1] !== 0 && !isRestart(file[end + 1] ?? 0))) end++;
    if (end > file.length || end < at + 4) break;
    boxes.push({ name: markerName(marker), start: at, length: end - at });
    at = end;
  }
  return boxes;
}

const isRestart = (marker: number): boolean => marker >= 0xd0 && marker <= 0xd7;

const named: Readonly<Record<number, string>> = {
  ...{ 196: "DHT", 200: "JPG", 204: "DAC", 216: "SOI", 217: "EOI", 218: "SOS", 219: "DQT", 220: "DNL", 221: "DRI" },
  ...{ 222: "DHP", 223: "EXP", 254: "COM", 1: "TEM" },
};
/** A marker's name in ITU-T T.81, table B.1. */
function markerName(marker: number): string {
  if (named[marker] !== undefined) return named[marker];
  if (marker >= 0xc0 && marker <= 0xcf) return `SOF${marker - 0xc0}`;
  if (isRestart(marker)) return `RST${marker - 0xd0}`;
  if (marker >= 0xe0 && marker <= 0xef) return `APP${marker - 0xe0}`;
  return `${marker}`;
}

/** The APP11 box whose description says `c2pa`; other JUMBF (JPEG 360, privacy …) is left alone. */
function manifestSegments(file: Uint8Array) {
  return app11Boxes(parseJpeg(file).segments).find((b) => fromLatin1(b.box.subarray(16, 20)) === "c2pa");
}
