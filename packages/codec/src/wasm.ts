/** The WebAssembly files of @jsquash's codecs, by name. */
const files = {
  mozjpeg_dec: "@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm",
  mozjpeg_enc: "@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm",
  webp_dec: "@jsquash/webp/codec/dec/webp_dec.wasm",
  webp_enc_simd: "@jsquash/webp/codec/enc/webp_enc_simd.wasm",
  avif_dec: "@jsquash/avif/codec/dec/avif_dec.wasm",
  avif_enc: "@jsquash/avif/codec/enc/avif_enc.wasm",
} as const;
export type WasmName = keyof typeof files;
/** Bytes of a WebAssembly file, or undefined to let the package fetch it by URL (what a browser's bundler wants). */
export type LoadWasm = (name: WasmName) => Promise<Uint8Array | undefined>;
export type InitWasm = (module: WebAssembly.Module) => Promise<void>;

/** Starts a codec once, when it is first wanted. */
export function wasmReady(loadWasm: LoadWasm, name: WasmName, init: InitWasm): () => Promise<void> {
  let started: Promise<void> | undefined;
  return () => {
    started ??= (async () => {
      const bytes = await loadWasm(name);
      if (bytes !== undefined) await init(await WebAssembly.compile(bytes as BufferSource));
    })();
    return started;
  };
}

/** Node's own modules without an import, so that this file also loads in a browser. */
interface NodeProcess {
  getBuiltinModule?(name: string): unknown;
}

/** Node cannot `fetch` a file URL, so Node is asked for the bytes where there is a Node; elsewhere the package fetches them. */
export const defaultLoad: LoadWasm = async (name) => {
  const process = (globalThis as { process?: NodeProcess }).process;
  if (process?.getBuiltinModule === undefined) return undefined;
  const { createRequire } = process.getBuiltinModule("module") as {
    createRequire(url: string): { resolve(id: string): string };
  };
  const { readFile } = process.getBuiltinModule("fs/promises") as { readFile(path: string): Promise<Uint8Array> };
  return readFile(createRequire(import.meta.url).resolve(files[name]));
};
