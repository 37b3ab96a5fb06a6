import type { Kernel } from "./kernel.ts";
import { Heap } from "./memory.ts";
import { relaxed, simd } from "./wasm.gen.ts";

/** What a worker thread needs: it instantiates the module over the memory, calls `setScratch`, then `work`, which never returns. */
export interface ThreadStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly scratch: number;
}
/** Starts a thread; the answer stops it. Node and browsers have their own. */
export type StartThread = (start: ThreadStart) => () => void;

interface Exports {
  args(): number;
  dispatch(kernel: number, items: number, threads: number): void;
  program(at: number, jobs: number, threads: number): void;
  setScratch(at: number): void;
}
/** Bytes: packed panels (0.9 MiB) and the scores of attention up to 4,096 keys. */
export const scratchBytes = 4 << 20;
/** A thread by the source of its script, the same for Node and browsers: `start` is a ThreadStart. */
export const threadSource =
  "const run = (start) => { const { exports } = new WebAssembly.Instance(start.module, { env: { memory: start.memory, abort() {} } }); exports.setScratch(start.scratch); exports.work(); };";

/** The kernels over all threads. The calling thread works too, so `threads` of 1 starts none. */
export class Pool {
  readonly heap: Heap;
  readonly threads: number;
  /** Whether multiply-add is fused (relaxed SIMD); results differ in the last bits from a machine without. */
  readonly fused: boolean;
  readonly #exports: Exports;
  readonly #args: number;
  readonly #stops: (() => void)[] = [];
  #listing = false;
  readonly #list: number[] = [];
  #jobs = 0;
  readonly #float = new Float32Array(1);
  readonly #bits = new Int32Array(this.#float.buffer);

  constructor(options: { readonly threads: number; readonly memory: number; readonly start?: StartThread }) {
    this.heap = new Heap(options.memory);
    this.threads = options.start === undefined ? 1 : Math.max(1, Math.floor(options.threads));
    const fast = bytes(relaxed);
    this.fused = WebAssembly.validate(fast);
    const module = new WebAssembly.Module(this.fused ? fast : bytes(simd));
    const instance = new WebAssembly.Instance(module, { env: { memory: this.heap.memory, abort() {} } });
    this.#exports = instance.exports as unknown as Exports;
    this.#args = this.#exports.args() / 4;
    this.#exports.setScratch(this.heap.allocate(scratchBytes));
    for (let i = 1; i < this.threads; i++)
      this.#stops.push(options.start!({ module, memory: this.heap.memory, scratch: this.heap.allocate(scratchBytes) }));
  }
  /** A float among the arguments, which are 32-bit words. */
  float(value: number): number {
    this.#float[0] = value;
    return this.#bits[0]!;
  }
  run(kernel: Kernel, items: number, args: readonly number[]): void {
    if (items <= 0) return;
    if (this.#listing) {
      this.#list.push(kernel, items, args.length, ...args);
      this.#jobs++;
      return;
    }
    const { i32 } = this.heap;
    for (let i = 0; i < args.length; i++) i32[this.#args + i] = args[i]!;
    this.#exports.dispatch(kernel, items, this.threads);
  }
  /**
   * Lists the jobs of `body` and runs them in one call, which saves the way to and fro for each: decoding one token is some hundred small jobs.
   * `body` must not read results.
   */
  list(body: () => void): void {
    this.#listing = true;
    try {
      body();
    } finally {
      this.#listing = false;
    }
    const bytes = this.#list.length * 4;
    const at = this.heap.allocate(bytes);
    this.heap.i32.set(this.#list, at / 4);
    this.#exports.program(at, this.#jobs, this.threads);
    this.heap.release(at, bytes);
    this.#list.length = 0;
    this.#jobs = 0;
  }
  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }
}

function bytes(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
  return out;
}
