import { InksealError } from "@inkseal/core";
import { sizeClass } from "../kernels/memory.ts";
import type { Block } from "./backend.ts";
import { group, type Program } from "./wgsl/program.ts";

// Flags of the WebGPU standard; Node has no globals for them.
const usage = { mapRead: 1, copySource: 4, copyTarget: 8, uniform: 64, storage: 128 } as const;
const stage = 4; // compute
const mapRead = 1;

/** A buffer of a size class, and the batch of commands that used it last. */
interface Pooled {
  readonly buffer: GPUBuffer;
  readonly bytes: number;
  batch: number;
}
/** A block of the device's memory. */
class GpuBlock implements Block {
  pooled: Pooled | undefined;
  readonly length: number;
  constructor(pooled: Pooled, length: number) {
    this.pooled = pooled;
    this.length = length;
  }
}

/** Each dispatch has its parameters in a slot of its own; when all are taken the batch is handed over. */
const slotBytes = 256; // the alignment that every device supports
const slots = 512;

/** Memory, programs and commands of one device. Commands are gathered and handed over in batches; the device runs them in order. */
export class GpuQueue {
  readonly device: GPUDevice;
  readonly #limit: number;
  readonly #free = new Map<number, Pooled[]>();
  readonly #pipelines = new Map<string, GPUComputePipeline>();
  readonly #layouts = new Map<string, { readonly bind: GPUBindGroupLayout; readonly pipeline: GPUPipelineLayout }>();
  readonly #words = new DataView(new ArrayBuffer(slots * slotBytes));
  readonly #params: GPUBuffer;
  #slot = 0;
  #batch = 0;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #failure: InksealError | undefined;
  used = 0;
  peak = 0;

  /** `limit`: bytes of all blocks together. */
  constructor(device: GPUDevice, limit: number) {
    this.device = device;
    this.#limit = limit;
    this.#params = device.createBuffer({ size: slots * slotBytes, usage: usage.uniform | usage.copyTarget });
    device.addEventListener("uncapturederror", ({ error }) => {
      this.#failure ??= new InksealError(
        error.constructor.name === "GPUOutOfMemoryError" ? "too-large" : "internal",
        `the GPU refused: ${error.message}`,
      );
    });
    void device.lost.then(({ reason, message }) => {
      this.#failure ??= new InksealError("internal", `the GPU was lost (${reason}): ${message}`);
    });
  }
  block(length: number): GpuBlock {
    const bytes = sizeClass(Math.max(length, 1) * 4);
    const mib = (n: number): string => `${Math.round(n / 2 ** 20)} MiB`;
    if (bytes > this.device.limits.maxStorageBufferBindingSize || this.used + bytes > this.#limit)
      throw new InksealError(
        "too-large",
        `the tensors need more than the GPU's ${mib(this.#limit)}, ${mib(this.device.limits.maxStorageBufferBindingSize)} each (${mib(this.used)} in use, ${mib(bytes)} asked); make the batch or the model smaller`,
      );
    this.used += bytes;
    this.peak = Math.max(this.peak, this.used);
    const pooled = this.#free.get(bytes)?.pop() ?? {
      buffer: this.device.createBuffer({ size: bytes, usage: usage.storage | usage.copySource | usage.copyTarget }),
      bytes,
      batch: -1,
    };
    return new GpuBlock(pooled, length);
  }
  free(block: Block): void {
    const b = block as GpuBlock;
    if (b.pooled === undefined) return;
    this.used -= b.pooled.bytes;
    const list = this.#free.get(b.pooled.bytes);
    if (list === undefined) this.#free.set(b.pooled.bytes, [b.pooled]);
    else list.push(b.pooled);
    b.pooled = undefined;
  }
  /** The buffer, which the batch at hand now uses. */
  #buffer(block: Block): GPUBuffer {
    const { pooled } = block as GpuBlock;
    if (pooled === undefined) throw new Error("this tensor was freed");
    pooled.batch = this.#batch;
    return pooled.buffer;
  }
  write(block: Block, values: Float32Array | Int32Array): void {
    const { pooled } = block as GpuBlock;
    if (pooled === undefined) throw new Error("this tensor was freed");
    if (pooled.batch === this.#batch) this.flush(); // what was asked before must see the values before
    this.device.queue.writeBuffer(pooled.buffer, 0, values);
  }
  /** The values as they are after all commands so far. Reads that are asked for together reach the device together. */
  async read(block: Block): Promise<Float32Array> {
    const size = Math.max(block.length, 1) * 4;
    const copy = this.device.createBuffer({ size, usage: usage.mapRead | usage.copyTarget });
    this.#endPass();
    this.#commands().copyBufferToBuffer(this.#buffer(block), 0, copy, 0, size);
    await undefined;
    this.flush();
    try {
      await copy.mapAsync(mapRead);
    } catch (error) {
      throw this.#failure ?? error;
    }
    if (this.#failure !== undefined) throw this.#failure;
    const values = new Float32Array(copy.getMappedRange().slice(0), 0, block.length);
    copy.destroy();
    return values;
  }
  /** A thread for each of `n`. */
  each(
    program: Program,
    n: number,
    params: Readonly<Record<string, number>>,
    buffers: readonly Block[],
    threads = group,
  ): void {
    this.groups(program, Math.ceil(n / threads), { n, ...params }, buffers);
  }
  /** `count` groups, in two dimensions where one does not hold them. */
  groups(program: Program, count: number, params: Readonly<Record<string, number>>, buffers: readonly Block[]): void {
    const across = Math.min(count, this.device.limits.maxComputeWorkgroupsPerDimension);
    this.run(program, [across, Math.ceil(count / Math.max(1, across)), 1], params, buffers);
  }
  run(
    program: Program,
    [x, y, z]: readonly [number, number, number],
    params: Readonly<Record<string, number>>,
    buffers: readonly Block[],
  ): void {
    if (x * y * z === 0) return;
    if (this.#slot === slots) this.flush();
    const at = this.#slot++ * slotBytes;
    let offset = at;
    for (const [name, type] of Object.entries(program.params)) {
      if (type === "f32") this.#words.setFloat32(offset, params[name]!, true);
      else this.#words.setInt32(offset, params[name]!, true);
      offset += 4;
    }
    const { bind } = this.#layout(program);
    const entries = [
      { binding: 0, resource: { buffer: this.#params, size: slotBytes } },
      ...buffers.map((block, i) => ({ binding: i + 1, resource: { buffer: this.#buffer(block) } })),
    ];
    this.#pass ??= this.#commands().beginComputePass();
    this.#pass.setPipeline(this.#pipeline(program));
    this.#pass.setBindGroup(0, this.device.createBindGroup({ layout: bind, entries }), [at]);
    this.#pass.dispatchWorkgroups(x, y, z);
  }
  #commands(): GPUCommandEncoder {
    this.#encoder ??= this.device.createCommandEncoder();
    return this.#encoder;
  }
  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
  }
  /** Hands over what was gathered. */
  flush(): void {
    if (this.#encoder === undefined) return;
    this.#endPass();
    this.device.queue.writeBuffer(this.#params, 0, this.#words.buffer, 0, this.#slot * slotBytes);
    this.device.queue.submit([this.#encoder.finish()]);
    this.#encoder = undefined;
    this.#slot = 0;
    this.#batch++;
  }
  /** By the number of buffers that are read and written. */
  #layout({ reads, writes }: Program) {
    const key = `${reads.length},${writes.length}`;
    let found = this.#layouts.get(key);
    if (found === undefined) {
      const buffers = [...reads, ...writes].map((_, i) => ({
        binding: i + 1,
        visibility: stage,
        buffer: { type: i < reads.length ? ("read-only-storage" as const) : ("storage" as const) },
      }));
      const params = { binding: 0, visibility: stage, buffer: { type: "uniform" as const, hasDynamicOffset: true } };
      const bind = this.device.createBindGroupLayout({ entries: [params, ...buffers] });
      found = { bind, pipeline: this.device.createPipelineLayout({ bindGroupLayouts: [bind] }) };
      this.#layouts.set(key, found);
    }
    return found;
  }
  #pipeline(program: Program): GPUComputePipeline {
    let found = this.#pipelines.get(program.name);
    if (found === undefined) {
      const module = this.device.createShaderModule({ label: program.name, code: program.code });
      found = this.device.createComputePipeline({ layout: this.#layout(program).pipeline, compute: { module } });
      this.#pipelines.set(program.name, found);
    }
    return found;
  }
  close(): void {
    this.device.destroy();
  }
}
