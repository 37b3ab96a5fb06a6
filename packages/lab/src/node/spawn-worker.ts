import { Worker } from "node:worker_threads";

/**
 * Starts a worker thread whose module is TypeScript, the same under `tsx` and under vitest (whose own loader does not
 * reach into workers). `url`: as a rule `new URL("./my-worker.ts", import.meta.url)`. `workerData` arrives structured-cloned,
 * buffers in `transfer` are moved. What the module or its imports throw comes as the worker's "error" event.
 */
export function spawnWorker(url: URL, workerData: unknown, transfer: readonly ArrayBuffer[] = []): Worker {
  return new Worker(new URL("./typescript-worker.mjs", import.meta.url), {
    workerData,
    argv: [url.href],
    transferList: [...transfer],
    execArgv: [], // the parent's loaders (tsx, vitest) would load twice
  });
}
