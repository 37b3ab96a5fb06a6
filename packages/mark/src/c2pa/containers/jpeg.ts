import { app11Boxes, app11Segments, concat, fromLatin1, jpegInsertionPoint, parseJpeg, writeJpeg } from "@inkseal/codec";
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
    return { store: found.box, place: { start: first.offset, length: last.offset + last.bytes.length - first.offset } };
  },
};

/** The APP11 box whose description says `c2pa`; other JUMBF (JPEG 360, privacy …) is left alone. */
function manifestSegments(file: Uint8Array) {
  return app11Boxes(parseJpeg(file).segments).find((b) => fromLatin1(b.box.subarray(16, 20)) === "c2pa");
}
