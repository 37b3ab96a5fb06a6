import { InksealError } from "@inkseal/core";

const PAGE = 65_536;

/** Size classes: powers of two and three steps between, so that a freed block fits the next request of about its size. At least 64 bytes. */
export function sizeClass(bytes: number): number {
  const power = 2 ** Math.floor(Math.log2(Math.max(64, bytes)));
  if (power >= bytes) return power;
  return power + Math.ceil((bytes - power) / (power / 4)) * (power / 4);
}

/** The heap of the kernels: one shared WebAssembly memory, blocks by size class, last freed first used (so that it is still in the cache). */
export class Heap {
  readonly memory: WebAssembly.Memory;
  readonly #limit: number;
  readonly #free = new Map<number, number[]>();
  #top: number;
  #used = 0;
  #peak = 0;
  f32: Float32Array<SharedArrayBuffer>;
  i32: Int32Array<SharedArrayBuffer>;

  /** `limit` in bytes, at most 4 GiB. The first 64 KiB belong to the kernels' own data. */
  constructor(limit: number) {
    this.#limit = Math.min(limit, 2 ** 32 - PAGE);
    this.memory = new WebAssembly.Memory({ initial: 32, maximum: Math.max(33, Math.ceil(this.#limit / PAGE)), shared: true });
    this.#top = PAGE;
    this.f32 = new Float32Array(this.#buffer);
    this.i32 = new Int32Array(this.#buffer);
  }
  get #buffer(): SharedArrayBuffer {
    return this.memory.buffer as unknown as SharedArrayBuffer;
  }
  /** Bytes in blocks that are not free, now and at most. */
  get used(): number {
    return this.#used;
  }
  get peak(): number {
    return this.#peak;
  }
  /** Address of a block of at least `bytes`. Throws `too-large` beyond the limit. */
  allocate(bytes: number): number {
    const size = sizeClass(bytes);
    this.#used += size;
    this.#peak = Math.max(this.#peak, this.#used);
    const reused = this.#free.get(size)?.pop();
    if (reused !== undefined) return reused;
    const at = this.#top;
    if (at + size > this.#limit) {
      this.#used -= size;
      const mib = (n: number): string => `${Math.round(n / 2 ** 20)} MiB`;
      throw new InksealError(
        "too-large",
        `the tensors need more than the engine's ${mib(this.#limit)} (${mib(this.#used)} in use, ${mib(size)} asked); make the batch or the model smaller, or raise the limit`,
      );
    }
    this.#top = at + size;
    const missing = this.#top - this.memory.buffer.byteLength;
    if (missing > 0) {
      this.memory.grow(
        Math.min(
          Math.ceil(Math.max(missing, this.#top / 4) / PAGE),
          Math.floor((this.#limit - this.memory.buffer.byteLength) / PAGE) + 1,
        ),
      );
      this.f32 = new Float32Array(this.#buffer);
      this.i32 = new Int32Array(this.#buffer);
    }
    return at;
  }
  release(at: number, bytes: number): void {
    const size = sizeClass(bytes);
    this.#used -= size;
    const list = this.#free.get(size);
    if (list === undefined) this.#free.set(size, [at]);
    else list.push(at);
  }
}
