import { type GifBlock, gifApplication, gifApplicationData, parseGif, writeGif } from "@inkseal/codec";
import type { Container } from "../container.ts";

/** Application identifier and authentication code (C2PA 2.2, A.3.7). */
const name = "C2PA_GIF\x01\0\0";
const isManifest = (b: GifBlock): boolean => b.application === name;

/** An application extension in front of the first image. */
export const gifContainer: Container = {
  embed(file, store) {
    const gif = parseGif(file);
    const block = gifApplication(name, store);
    const blocks = [block, ...gif.blocks.filter((b) => !isManifest(b))];
    return { file: writeGif({ ...gif, blocks }), place: { start: gif.preamble.length, length: block.bytes.length } };
  },
  extract(file) {
    const block = parseGif(file).blocks.find(isManifest);
    return block && { store: gifApplicationData(block), place: { start: block.offset, length: block.bytes.length } };
  },
};
