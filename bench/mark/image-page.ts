/** What the bench has a browser do. */
import { detectImage, embedImage } from "@inkseal/mark";

export interface ImagePage {
  /** Takes the pixels that the server has, and sees that all is done as in Node. */
  take(width: number, height: number): Promise<void>;
  embed(): void;
  /** Nothing is there to find. */
  search(): void;
  direct(): void;
}

const [key, payload] = [crypto.getRandomValues(new Uint8Array(32)), crypto.getRandomValues(new Uint8Array(8))];
let raster = { width: 0, height: 0, data: new Uint8ClampedArray(0) };
let marked = raster;
const page: ImagePage = {
  async take(width, height) {
    raster = { width, height, data: new Uint8ClampedArray(await (await fetch("/pixels")).arrayBuffer()) };
    const embedded = embedImage(raster, key, payload);
    if (embedded === undefined) throw new Error("refused");
    marked = { width, height, data: new Uint8ClampedArray(embedded.raster.data) };
    if (detectImage(marked, key)?.payload.join() !== payload.join()) throw new Error("not read");
    if (detectImage(raster, key) !== undefined) throw new Error("found where nothing is");
  },
  embed: () => void embedImage(raster, key, payload),
  search: () => void detectImage(raster, key),
  direct: () => void detectImage(marked, key),
};
Object.assign(globalThis, { bench: page });
