import encode, { init } from "@jsquash/webp/encode.js";
import type { Raster } from "./raster.ts";
import { defaultLoad, type InitWasm, type LoadWasm, wasmReady } from "./wasm.ts";

/** libwebp as WebAssembly, loaded when first wanted. */
export interface WebpEncoder {
  /** Lossy, alpha kept exactly. `quality` 0 to 100. */
  encode(raster: Raster, quality: number): Promise<Uint8Array>;
}
export function webpEncoder(loadWasm: LoadWasm = defaultLoad): WebpEncoder {
  const ready = wasmReady(loadWasm, "webp_enc_simd", init as unknown as InitWasm);
  return {
    async encode(raster, quality) {
      await ready();
      return new Uint8Array(await encode(raster as unknown as ImageData, { quality, alpha_quality: 100 }));
    },
  };
}
