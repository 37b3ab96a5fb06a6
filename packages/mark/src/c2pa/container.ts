import {
  app11Boxes,
  app11Segments,
  concat,
  fromLatin1,
  jpegInsertionPoint,
  parseJpeg,
  parsePng,
  parseRiff,
  pngChunk,
  withPngChunk,
  withRiffChunk,
  writeJpeg,
  writePng,
  writeRiff,
} from "@inkseal/codec";

/** Where a manifest store stands in a file: bytes [start, start + length), wrapping included. */
export interface Place {
  readonly start: number;
  readonly length: number;
}

/** How one container carries a C2PA manifest store (C2PA 2.2, annex A.3). */
export interface Container {
  /** The file with this store, and without any other. */
  embed(file: Uint8Array, store: Uint8Array): { readonly file: Uint8Array; readonly place: Place };
  /** The store, or undefined when there is none. Throws `bad-file`. */
  extract(file: Uint8Array): { readonly store: Uint8Array; readonly place: Place } | undefined;
}

/** A `caBX` chunk (A.3.2), before the image data. */
const png: Container = {
  embed(file, store) {
    const chunk = pngChunk("caBX", store);
    const out = withPngChunk(parsePng(file), chunk, (c) => c.type === "caBX");
    return { file: writePng(out), place: { start: 8 + (out.chunks[0]?.bytes.length ?? 0), length: chunk.bytes.length } };
  },
  extract(file) {
    const chunk = parsePng(file).chunks.find((c) => c.type === "caBX");
    return chunk && { store: chunk.data, place: { start: chunk.offset, length: chunk.bytes.length } };
  },
};

/** APP11 segments in a row (A.3.1). */
const jpeg: Container = {
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

/** A `C2PA` chunk, last in the file (A.3.4). */
const wav: Container = {
  embed(file, store) {
    const riff = withRiffChunk(parseRiff(file), "C2PA", store);
    const out = writeRiff(riff);
    const length = 8 + store.length + (store.length & 1);
    return { file: out, place: { start: out.length - riff.trailing.length - length, length } };
  },
  extract(file) {
    const chunk = parseRiff(file).chunks.find((c) => c.id === "C2PA");
    if (chunk === undefined) return undefined;
    const end = Math.min(chunk.offset + 8 + chunk.data.length + (chunk.data.length & 1), file.length);
    return { store: chunk.data, place: { start: chunk.offset, length: end - chunk.offset } };
  },
};

/** Containers by media type; any other media type carries no manifest yet. */
export const containers: Readonly<Record<string, Container>> = { "image/png": png, "image/jpeg": jpeg, "audio/wav": wav };
