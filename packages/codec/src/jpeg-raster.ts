import decode, { init as initDecoder } from "@jsquash/jpeg/decode.js";
import encode, { init as initEncoder } from "@jsquash/jpeg/encode.js";
import { badFile } from "./bytes.ts";
import { jpegSize, parseJpeg } from "./jpeg.ts";
import { maxPixels, type Raster } from "./raster.ts";

/** The two WebAssembly files of @jsquash/jpeg. */
export type WasmName = "mozjpeg_dec" | "mozjpeg_enc";
/** Bytes of a WebAssembly file, or undefined to let the package fetch it by URL (what a browser's bundler wants). */
export type LoadWasm = (name: WasmName) => Promise<Uint8Array | undefined>;

export interface JpegCodec {
  /** Pixels as stored, without Exif rotation. Throws `bad-file`. */
  decode(file: Uint8Array): Promise<Raster>;
  /** Progressive JPEG. `quality` 1 to 100. */
  encode(raster: Raster, quality: number): Promise<Uint8Array>;
}

/**
 * MozJPEG as WebAssembly. Why not JavaScript alone: the pure decoders on npm are slow on 12-megapixel pictures and
 * their encoders are baseline only; this is the encoder of Squoosh, 250 KB, the same in Node and browsers.
 *
 * Where the bytes come from is the one difference: Node cannot `fetch` a file URL, so the default asks Node for them
 * when there is a Node, and leaves it to the package elsewhere. `loadWasm` overrides both.
 */
export function jpegCodec(loadWasm: LoadWasm = defaultLoad): JpegCodec {
  const ready = (name: WasmName, init: (module: WebAssembly.Module) => Promise<void>) => {
    let started: Promise<void> | undefined;
    return () => {
      started ??= (async () => {
        const bytes = await loadWasm(name);
        if (bytes !== undefined) await init(await WebAssembly.compile(bytes as BufferSource));
      })();
      return started;
    };
  };
  const decoder = ready("mozjpeg_dec", initDecoder as (module: WebAssembly.Module) => Promise<void>);
  const encoder = ready("mozjpeg_enc", initEncoder as (module: WebAssembly.Module) => Promise<void>);
  return {
    async decode(file) {
      const size = jpegSize(parseJpeg(file));
      if (size === undefined || size.width === 0 || size.height === 0) throw badFile("JPEG without a frame header");
      if (size.width * size.height > maxPixels)
        throw badFile(`JPEG of ${size.width}×${size.height} pixels is larger than ${maxPixels}`);
      await decoder();
      try {
        const { width, height, data } = await decode(file.slice().buffer as ArrayBuffer);
        return { width, height, data };
      } catch (cause) {
        throw badFile("JPEG does not decode", cause);
      }
    },
    async encode(raster, quality) {
      await encoder();
      return new Uint8Array(
        await encode(raster as unknown as ImageData, { quality, auto_subsample: false, chroma_subsample: 1 }),
      );
    },
  };
}

/** Node's own modules without an import, so that this file also loads in a browser. */
interface NodeProcess {
  getBuiltinModule?(name: string): unknown;
}

const defaultLoad: LoadWasm = async (name) => {
  const process = (globalThis as { process?: NodeProcess }).process;
  if (process?.getBuiltinModule === undefined) return undefined;
  const { createRequire } = process.getBuiltinModule("module") as {
    createRequire(url: string): { resolve(id: string): string };
  };
  const { readFile } = process.getBuiltinModule("fs/promises") as { readFile(path: string): Promise<Uint8Array> };
  const folder = name === "mozjpeg_dec" ? "dec" : "enc";
  return readFile(createRequire(import.meta.url).resolve(`@jsquash/jpeg/codec/${folder}/${name}.wasm`));
};
