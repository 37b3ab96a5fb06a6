import encode, { init } from "@jsquash/webp/encode.js";
import type { Raster } from "./raster.ts";
import { defaultLoad, type InitWasm, type LoadWasm, wasmReady } from "./wasm.ts";

/** libwebp as WebAssembly, loaded when first wanted. */
export interface WebpEncoder {
  /** Alpha kept exactly. `quality` 0 to 100, for lossless too, where it is effort. */
  encode(raster: Raster, quality: number, lossless?: boolean): Promise<Uint8Array>;
}
export function webpEncoder(loadWasm: LoadWasm = defaultLoad): WebpEncoder {
  const ready = wasmReady(loadWasm, "webp_enc_simd", init as unknown as InitWasm);
  return {
    async encode(raster, quality, lossless = false) {
      await ready();
      return new Uint8Array(
        await encode(raster as unknown as ImageData, {
          quality,
          alpha_quality: 100,
          ...(lossless && { lossless: 1, exact: 1 }),
        }),
      );
    },
  };
}
