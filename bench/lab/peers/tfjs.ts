/**
 * TensorFlow.js 4.22 on one of its backends: `wasm` (SIMD, one thread), `wasm-threads` or `cpu`. Its wasm threads are switched off in
 * Node (tfjs issue 3830); what they lack is a worker that starts from a Blob, so here each Blob is a file instead. They would take half
 * of the logical cores at most (backend.cc); here Node claims twice as many, so that the peer gets every core that we get.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import os, { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";

export const tfjsBackends = ["wasm", "wasm-threads", "cpu"] as const;
export type TfjsBackend = (typeof tfjsBackends)[number];
type Tf = typeof import("@tensorflow/tfjs-core");

// The CommonJS builds: as ES modules their kernels and their core are not found in Node.
const require = createRequire(import.meta.url);

export async function tfjs(backend: TfjsBackend): Promise<{ readonly tf: Tf; readonly version: string }> {
  const tf = require("@tensorflow/tfjs-core") as Tf;
  require("@tensorflow/tfjs-core/dist/register_all_gradients"); // the package alone brings none
  const threads = cpus().length;
  const version = `tfjs ${tf.version_core}, ${backend === "wasm-threads" ? `wasm, ${threads} threads` : backend}`;
  if (backend === "cpu") {
    require("@tensorflow/tfjs-backend-cpu");
    await tf.setBackend("cpu");
    return { tf, version };
  }
  const wasm = require("@tensorflow/tfjs-backend-wasm") as typeof import("@tensorflow/tfjs-backend-wasm");
  wasm.setWasmPaths(`${dirname(require.resolve("@tensorflow/tfjs-backend-wasm"))}/`);
  if (backend === "wasm-threads") {
    blobsAreFiles();
    const cores = cpus();
    os.cpus = () => [...cores, ...cores];
    tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", true);
    wasm.setThreadsCount(cores.length);
  }
  await tf.setBackend("wasm");
  await tf.ready();
  if (backend === "wasm-threads" && wasm.getThreadsCount() !== Math.min(8, threads))
    throw new Error(`tfjs runs ${wasm.getThreadsCount()} threads`);
  return { tf, version };
}

function blobsAreFiles(): void {
  const folder = mkdtempSync(join(tmpdir(), "inkseal-tfjs-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  let count = 0;
  const inWorker = `URL.createObjectURL = (blob) => blob.path; URL.revokeObjectURL = () => {};
var require$$0 = require("fs"), require$$1 = require("path"), require$$3 = require("perf_hooks"), commonjsGlobal = globalThis;
`;
  class FileBlob {
    readonly path = join(folder, `${count++}.js`);
    constructor(parts: readonly string[]) {
      // `require$$0` and such are names that its bundler gave to Node's modules.
      writeFileSync(this.path, `${inWorker}${parts.join("")}`);
    }
  }
  Object.assign(globalThis, { Blob: FileBlob });
  URL.createObjectURL = (blob) => (blob as unknown as FileBlob).path;
}
