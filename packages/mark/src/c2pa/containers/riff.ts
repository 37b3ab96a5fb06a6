import { parseRiff, withRiffChunk, writeRiff } from "@inkseal/codec";
import type { Container } from "../container.ts";

/** A `C2PA` chunk, last in the file (A.3.4): WAV, WebP. */
export const riffContainer: Container = {
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
