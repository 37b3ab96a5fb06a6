import { parsePng, pngChunk, withPngChunk, writePng } from "@inkseal/codec";
import { manifestBox } from "../bindings/box.ts";
import type { Container } from "../container.ts";

/** A `caBX` chunk (A.3.2), before the image data. */
export const pngContainer: Container = {
  embed(file, store) {
    const chunk = pngChunk("caBX", store);
    const out = withPngChunk(parsePng(file), chunk, (c) => c.type === "caBX");
    return { file: writePng(out), place: { start: 8 + (out.chunks[0]?.bytes.length ?? 0), length: chunk.bytes.length } };
  },
  extract(file) {
    const chunk = parsePng(file).chunks.find((c) => c.type === "caBX");
    return chunk && { store: chunk.data, place: { start: chunk.offset, length: chunk.bytes.length } };
  },
  boxes(file) {
    const chunks = parsePng(file).chunks.map((c) => ({
      name: c.type === "caBX" ? manifestBox : c.type,
      start: c.offset,
      length: c.bytes.length,
    }));
    return [{ name: "PNGh", start: 0, length: 8 }, ...chunks];
  },
};
