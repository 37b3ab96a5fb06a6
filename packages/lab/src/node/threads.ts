import { availableParallelism } from "node:os";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { type StartThread, threadSource } from "../kernels/pool.ts";
import { WasmBackend } from "../tensor/wasm-backend.ts";

const start: StartThread = (data) => {
  const worker = new Worker(`${threadSource} run(require("node:worker_threads").workerData);`, {
    eval: true,
    workerData: data,
    execArgv: [],
  });
  worker.unref();
  return () => void worker.terminate();
};

/** The CPU backend in Node: all cores unless `threads` says otherwise, at most `memory` bytes (by default 3 GiB). */
export function cpuBackend(options: { readonly threads?: number; readonly memory?: number } = {}): WasmBackend {
  // V8 of Node 20 has relaxed SIMD (fused multiply-add) behind a flag; later versions ignore it.
  setFlagsFromString("--experimental-wasm-relaxed-simd");
  return new WasmBackend({ threads: options.threads ?? availableParallelism(), memory: options.memory ?? 3 * 2 ** 30, start });
}
