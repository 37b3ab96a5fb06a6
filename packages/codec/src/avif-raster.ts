import { defaultOptions } from "@jsquash/avif/meta.js";
import type { Raster } from "./raster.ts";
import { defaultLoad, type LoadWasm } from "./wasm.ts";

/** libavif as WebAssembly, loaded when first wanted. */
export interface AvifEncoder {
  /** 8 bits, colour at full size. `quality` 0 to 100. */
  encode(raster: Raster, quality: number): Promise<Uint8Array>;
}

interface EncoderModule {
  encode(data: Uint8Array, width: number, height: number, options: object): Uint8Array | null;
}
type Factory = (options: object) => Promise<EncoderModule>;

/** The build of one thread by its name: what the package's own door chooses depends on the machine. */
export function avifEncoder(loadWasm: LoadWasm = defaultLoad): AvifEncoder {
  let started: Promise<EncoderModule> | undefined;
  const start = async (): Promise<EncoderModule> => {
    const bytes = await loadWasm("avif_enc");
    const factory = (await import("@jsquash/avif/codec/enc/avif_enc.js")).default as unknown as Factory;
    return factory({ noInitialRun: true, ...(bytes !== undefined && { wasmBinary: bytes }) });
  };
  return {
    async encode({ width, height, data }, quality) {
      const module = await (started ??= start());
      const pixels = new Uint8Array(data.buffer, data.byteOffset, data.length);
      const out = module.encode(pixels, width, height, { ...defaultOptions, quality, subsample: 3, speed: 9 });
      if (out === null) throw new Error(`a picture of ${width}×${height} was not encoded`);
      return out.slice(); // a view of the codec's memory, which the next picture overwrites
    },
  };
}
