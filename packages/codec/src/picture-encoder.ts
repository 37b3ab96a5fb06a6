import { defaultOptions as avifDefaults } from "@jsquash/avif/meta.js";
import { defaultOptions as webpDefaults } from "@jsquash/webp/meta.js";
import type { Raster } from "./raster.ts";
import { defaultLoad, type LoadWasm, type WasmName } from "./wasm.ts";

/** Writes the pictures of the web that are not our own code: libwebp and libavif as WebAssembly, loaded when first wanted. */
export interface PictureEncoder {
  webp(raster: Raster, options: { readonly lossless: boolean }): Promise<Uint8Array>;
  /** 8 bits, colour at full size. */
  avif(raster: Raster): Promise<Uint8Array>;
}

/** A picture is compressed a second time: high enough that nobody sees it. */
const quality = { webp: 95, avif: 88 };

interface EncoderModule {
  encode(data: Uint8Array, width: number, height: number, options: object): Uint8Array | null;
}
type Factory = (options: object) => Promise<EncoderModule>;

export function pictureEncoder(loadWasm: LoadWasm = defaultLoad): PictureEncoder {
  // the single-threaded builds by name: what the packages' own doors choose depends on the machine
  const webp = once(
    loadWasm,
    "webp_enc",
    async () => (await import("@jsquash/webp/codec/enc/webp_enc.js")).default as unknown as Factory,
  );
  const avif = once(
    loadWasm,
    "avif_enc",
    async () => (await import("@jsquash/avif/codec/enc/avif_enc.js")).default as unknown as Factory,
  );
  return {
    webp: async (raster, { lossless }) =>
      encoded(await webp(), raster, {
        ...webpDefaults,
        quality: lossless ? 75 : quality.webp,
        lossless: lossless ? 1 : 0,
        exact: lossless ? 1 : 0,
        use_sharp_yuv: 1,
      }),
    avif: async (raster) => encoded(await avif(), raster, { ...avifDefaults, quality: quality.avif, subsample: 3, speed: 9 }),
  };
}

function encoded(module: EncoderModule, { width, height, data }: Raster, options: object): Uint8Array {
  const out = module.encode(new Uint8Array(data.buffer, data.byteOffset, data.length), width, height, options);
  if (out === null) throw new Error(`a picture of ${width}×${height} was not encoded`);
  return out.slice(); // a view of the codec's memory, which the next picture overwrites
}

function once(loadWasm: LoadWasm, name: WasmName, factory: () => Promise<Factory>): () => Promise<EncoderModule> {
  let started: Promise<EncoderModule> | undefined;
  return () => {
    started ??= (async () => {
      const bytes = await loadWasm(name);
      return (await factory())({ noInitialRun: true, ...(bytes !== undefined && { wasmBinary: bytes }) });
    })();
    return started;
  };
}
