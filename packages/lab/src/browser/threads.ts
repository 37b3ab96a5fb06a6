import { type StartThread, threadSource } from "../kernels/pool.ts";
import { WasmBackend } from "../tensor/wasm-backend.ts";

const start: StartThread = (data) => {
  const script = new Blob([`${threadSource} onmessage = ({ data }) => run(data);`], { type: "text/javascript" });
  const url = URL.createObjectURL(script);
  const worker = new Worker(url);
  worker.postMessage(data);
  return () => {
    worker.terminate();
    URL.revokeObjectURL(url);
  };
};

/**
 * The CPU backend in a page or a worker: all cores unless `threads` says otherwise, at most `memory` bytes (by default 1 GiB). Threads share memory,
 * which browsers allow only to pages that are isolated (`Cross-Origin-Opener-Policy: same-origin`, `Cross-Origin-Embedder-Policy: require-corp`);
 * elsewhere there is one. The caller's thread works too: in a page that must stay responsive, call this in a worker.
 */
export function browserBackend(options: { readonly threads?: number; readonly memory?: number } = {}): WasmBackend {
  return new WasmBackend({
    threads: options.threads ?? navigator.hardwareConcurrency,
    memory: options.memory ?? 2 ** 30,
    ...(crossOriginIsolated && { start }),
  });
}
