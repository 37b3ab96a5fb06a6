import decode, { init as initDecoder } from "@jsquash/jpeg/decode.js";
import encode, { init as initEncoder } from "@jsquash/jpeg/encode.js";
import { badFile } from "./bytes.ts";
import { jpegSize, parseJpeg } from "./jpeg.ts";
import { maxPixels, type Raster } from "./raster.ts";
import { defaultLoad, type InitWasm, type LoadWasm, wasmReady } from "./wasm.ts";

export interface JpegCodec {
  /** Pixels as stored, without Exif rotation. Throws `bad-file`. */
  decode(file: Uint8Array): Promise<Raster>;
  /** Progressive JPEG. `quality` 1 to 100. */
  encode(raster: Raster, quality: number): Promise<Uint8Array>;
}

/**
 * MozJPEG as WebAssembly. Why not JavaScript alone: the pure decoders on npm are slow on 12-megapixel pictures and
 * their encoders are baseline only; this is the encoder of Squoosh, 250 KB, the same in Node and browsers.
 */
export function jpegCodec(loadWasm: LoadWasm = defaultLoad): JpegCodec {
  const decoder = wasmReady(loadWasm, "mozjpeg_dec", initDecoder as InitWasm);
  const encoder = wasmReady(loadWasm, "mozjpeg_enc", initEncoder as InitWasm);
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
