import { InksealError } from "@inkseal/core";
import type { AdamW, AttentionShape, Backend, BinaryOp, Block, Matmul, UnaryOp, UnfoldShape } from "./backend.ts";
import { GpuQueue } from "./gpu-queue.ts";
import { attention, attentionBackKeys, attentionBackQueries } from "./wgsl/attention.ts";
import * as elementwise from "./wgsl/elementwise.ts";
import { matmul, tile } from "./wgsl/matmul.ts";
import * as move from "./wgsl/move.ts";
import type { Program } from "./wgsl/program.ts";
import { reduce } from "./wgsl/reduce.ts";
import * as rows from "./wgsl/rows.ts";

export interface WebGpuOptions {
  /** `navigator.gpu` in a browser; in Node what the package `webgpu` makes. */
  readonly gpu: GPU;
  /** Bytes of all tensors together; no limit but the device's by default. */
  readonly memory?: number;
}
/** The GPU that `gpu` prefers, with its own limits on the size of a tensor. Throws `engine-missing` where there is none. */
export async function webgpuBackend({ gpu, memory = Number.POSITIVE_INFINITY }: WebGpuOptions): Promise<WebGpuBackend> {
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) throw new InksealError("engine-missing", "WebGPU finds no GPU on this machine");
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const device = await adapter.requestDevice({ requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } });
  const { vendor, architecture, description } = adapter.info;
  return new WebGpuBackend(gpu, device, memory, [vendor, architecture, description].filter(Boolean).join(" "));
}

/**
 * Programs in WGSL on a GPU. Reading is asynchronous. Sums have an order of their own, which depends on shapes alone: the same device gives the
 * same bits again, another backend the same to some 10⁻⁶.
 */
export class WebGpuBackend implements Backend {
  readonly name: string = "webgpu";
  /** The adapter, in its own words. */
  readonly device: string;
  /** Held because Dawn's devices in Node die with it. */
  readonly gpu: GPU;
  readonly #queue: GpuQueue;

  constructor(gpu: GPU, device: GPUDevice, memory: number, name: string) {
    this.gpu = gpu;
    this.device = name;
    this.#queue = new GpuQueue(device, memory);
  }
  get memory(): { readonly used: number; readonly peak: number } {
    return this.#queue;
  }
  from(values: Float32Array | Int32Array): Block {
    const block = this.#queue.block(values.length);
    this.write(block, values);
    return block;
  }
  read(block: Block): Promise<Float32Array> {
    return this.#queue.read(block);
  }
  readSync(): Float32Array {
    throw new InksealError("cannot-do", "this needs numbers in the middle of a step, which a GPU gives late; use the CPU");
  }
  write(block: Block, values: Float32Array | Int32Array): void {
    this.#queue.write(block, values);
  }
  free(block: Block): void {
    this.#queue.free(block);
  }
  /** A new block that `program` fills, a thread each. */
  #each(program: Program, length: number, params: Readonly<Record<string, number>>, reads: readonly Block[]): Block {
    const y = this.#queue.block(length);
    this.#queue.each(program, length, params, [...reads, y]);
    return y;
  }
  full(length: number, value: number): Block {
    return this.#each(elementwise.fill, length, { value }, []);
  }
  uniform(length: number, seed: number, stream: number): Block {
    return this.#each(elementwise.uniform, length, { seed, stream }, []);
  }
  unary(op: UnaryOp, x: Block, alpha: number, beta: number): Block {
    return this.#each(elementwise.unary(op), x.length, { alpha, beta }, [x]);
  }
  binary(
    op: BinaryOp,
    a: Block,
    b: Block,
    dims: readonly number[],
    stridesA: readonly number[],
    stridesB: readonly number[],
  ): Block {
    const flat = dims.slice(0, 4).every((d) => d === 1) ? 1 : 0;
    const params = { flat, ...numbered("d", dims), ...numbered("s", stridesA), ...numbered("t", stridesB) };
    return this.#each(elementwise.binary(op), product(dims), params, [a, b]);
  }
  accumulate(into: Block, x: Block): void {
    this.#queue.each(elementwise.accumulate, into.length, {}, [x, into]);
  }
  reduce(op: "sum" | "max", x: Block, outer: number, count: number, inner: number): Block {
    return this.#reduce(op, x, outer, count, inner);
  }
  #reduce(op: "sum" | "max" | "squares", x: Block, outer: number, count: number, inner: number): Block {
    const columns = inner === 1 ? (count < 32 ? 256 : 1) : count < 64 ? 256 : 16;
    // few results of many numbers: as parts first, so that the whole GPU has work
    const parts = outer * inner < 4096 && count >= 2048 ? Math.ceil(count / 1024) : 1;
    const n = outer * inner * parts;
    const y = this.#queue.block(n);
    const params = { n, count, inner, parts, chunk: Math.ceil(count / parts) };
    this.#queue.groups(reduce(op, columns), Math.ceil(n / columns), params, [x, y]);
    if (parts === 1) return y;
    const whole = this.#reduce(op === "max" ? "max" : "sum", y, outer, parts, inner);
    this.free(y);
    return whole;
  }
  copy(x: Block, offset: number, dims: readonly number[], strides: readonly number[]): Block {
    return this.#each(move.copy, product(dims), { offset, ...numbered("d", dims), ...numbered("s", strides) }, [x]);
  }
  paste(x: Block, length: number, offset: number, dims: readonly number[], strides: readonly number[]): Block {
    const y = this.full(length, 0);
    this.#queue.each(move.paste, product(dims), { offset, ...numbered("d", dims), ...numbered("s", strides) }, [x, y]);
    return y;
  }
  matmul(a: Block, b: Block, { m, n, k, transA, transB, batch, strideA, strideB }: Matmul): Block {
    const c = this.#queue.block(batch * m * n);
    const fours = [k, transA ? m : k, transB ? k : n, strideA, strideB].every((x) => x % 4 === 0);
    const groups = [Math.ceil(n / tile), Math.ceil(m / tile), batch] as const;
    this.#queue.run(matmul(transA, transB, fours), groups, { m, n, k, strideA, strideB }, [a, b, c]);
    return c;
  }
  gather(table: Block, ids: Block, count: number, width: number): Block {
    return this.#each(move.gather, count * width, { width }, [table, ids]);
  }
  scatterAdd(x: Block, ids: Block, count: number, width: number, height: number): Block {
    const y = this.full(height * width, 0);
    const links = this.#each(move.links, count, {}, [ids]);
    this.#queue.each(move.scatterAdd, count * width, { width }, [x, ids, links, y]);
    this.free(links);
    return y;
  }
  unfold(x: Block, shape: UnfoldShape): Block {
    const { B, OH, OW, kh, kw, C } = shape;
    return this.#each(move.unfold, B * OH * OW * kh * kw * C, { ...shape }, [x]);
  }
  fold(x: Block, shape: UnfoldShape): Block {
    const { B, H, W, C } = shape;
    return this.#each(move.fold, B * H * W * C, { ...shape }, [x]);
  }
  /** `program` for each row of `width`. */
  #rows(
    program: (lanes: rows.Lanes) => Program,
    count: number,
    width: number,
    params: Readonly<Record<string, number>>,
    buffers: readonly Block[],
  ): void {
    const lanes = rows.lanesOf(width);
    this.#queue.groups(program(lanes), Math.ceil((count * lanes) / 256), { rows: count, width, ...params }, buffers);
  }
  softmax(x: Block, count: number, width: number): Block {
    const y = this.#queue.block(count * width);
    this.#rows(rows.softmax, count, width, {}, [x, y]);
    return y;
  }
  softmaxBack(y: Block, dy: Block, count: number, width: number): Block {
    const dx = this.#queue.block(count * width);
    this.#rows(rows.softmaxBack, count, width, {}, [y, dy, dx]);
    return dx;
  }
  norm(
    x: Block,
    weight: Block,
    bias: Block | undefined,
    count: number,
    width: number,
    epsilon: number,
  ): { y: Block; kept: Block } {
    const y = this.#queue.block(count * width);
    const kept = this.#queue.block(count * 2);
    const centred = bias === undefined ? 0 : 1;
    this.#rows(rows.norm, count, width, { epsilon, centred }, [x, weight, bias ?? weight, y, kept]);
    return { y, kept };
  }
  normBack(x: Block, weight: Block, dy: Block, kept: Block, count: number, width: number, centred: boolean): Block {
    const dx = this.#queue.block(count * width);
    this.#rows(rows.normBack, count, width, { centred: centred ? 1 : 0 }, [x, weight, dy, kept, dx]);
    return dx;
  }
  normWeight(x: Block, dy: Block, kept: Block, count: number, width: number): Block {
    const dw = this.#queue.block(width);
    this.#queue.run(rows.normWeight, [Math.ceil(width / 16), 1, 1], { rows: count, width }, [x, dy, kept, dw]);
    return dw;
  }
  crossEntropy(logits: Block, ids: Block, count: number, width: number): { loss: Block; kept: Block } {
    const loss = this.#queue.block(count);
    const kept = this.#queue.block(count);
    this.#rows(rows.crossEntropy, count, width, {}, [logits, ids, loss, kept]);
    return { loss, kept };
  }
  crossEntropyBack(logits: Block, ids: Block, kept: Block, dloss: Block, count: number, width: number): Block {
    const dx = this.#queue.block(count * width);
    this.#rows(rows.crossEntropyBack, count, width, {}, [logits, ids, kept, dloss, dx]);
    return dx;
  }
  attention(q: Block, k: Block, v: Block, mask: Block | undefined, s: AttentionShape): { y: Block; kept: Block } {
    const queries = s.B * s.H * s.T;
    const y = this.#queue.block(queries * s.dh);
    const kept = this.#queue.block(queries * 2); // ln Σ e^score, then room for the gradient's Σ y·dy
    this.#queue.each(attention(s.dh), queries, attentionParams(s, mask), [q, k, v, mask ?? q, y, kept], 64);
    return { y, kept };
  }
  attentionBack(
    q: Block,
    k: Block,
    v: Block,
    mask: Block | undefined,
    y: Block,
    kept: Block,
    dy: Block,
    s: AttentionShape,
  ): { dq: Block; dk: Block; dv: Block } {
    const queries = s.B * s.H * s.T;
    const keys = s.B * s.G * s.S;
    const dq = this.#queue.block(queries * s.dh);
    const dk = this.#queue.block(keys * s.dh);
    const dv = this.#queue.block(keys * s.dh);
    const params = attentionParams(s, mask);
    this.#queue.each(attentionBackQueries(s.dh), queries, params, [q, k, v, mask ?? q, y, dy, dq, kept], 64);
    this.#queue.each(attentionBackKeys(s.dh), keys, { ...params, queries }, [q, k, v, mask ?? q, kept, dy, dk, dv], 64);
    return { dq, dk, dv };
  }
  rope(
    x: Block,
    cos: Block,
    sin: Block,
    count: number,
    heads: number,
    dh: number,
    T: number,
    offset: number,
    inverse: boolean,
  ): Block {
    const y = this.#queue.block(x.length);
    const params = { heads, half: dh / 2, T, offset, sign: inverse ? -1 : 1 };
    this.#queue.each(elementwise.rope, (count * heads * dh) / 2, params, [x, cos, sin, y]);
    return y;
  }
  swiglu(gate: Block, up: Block): Block {
    return this.#each(elementwise.swiglu, gate.length, {}, [gate, up]);
  }
  swigluBack(gate: Block, up: Block, dy: Block): { dgate: Block; dup: Block } {
    const dgate = this.#queue.block(gate.length);
    const dup = this.#queue.block(gate.length);
    this.#queue.each(elementwise.swigluBack, gate.length, {}, [gate, up, dy, dgate, dup]);
    return { dgate, dup };
  }
  async squares(x: Block): Promise<number> {
    const sum = this.#reduce("squares", x, 1, x.length, 1);
    const values = this.read(sum);
    this.free(sum);
    return (await values)[0]!;
  }
  adamw(parameter: Block, gradient: Block, m: Block, v: Block, o: AdamW): void {
    const params = {
      rate: o.rate / (1 - o.beta1 ** o.step),
      beta1: o.beta1,
      beta2: o.beta2,
      epsilon: o.epsilon,
      keep: 1 - o.rate * o.decay,
      correction: 1 / (1 - o.beta2 ** o.step),
      scale: o.scale,
    };
    this.#queue.each(elementwise.adamw, parameter.length, params, [gradient, parameter, m, v]);
  }
  close(): void {
    this.#queue.close();
  }
}

const product = (dims: readonly number[]): number => dims.reduce((p, d) => p * d, 1);
/** name0: values[0], … */
const numbered = (name: string, values: readonly number[]): Record<string, number> =>
  Object.fromEntries(values.map((value, i) => [`${name}${i}`, value]));
const attentionParams = (s: AttentionShape, mask: Block | undefined): Record<string, number> => ({
  T: s.T,
  S: s.S,
  H: s.H,
  G: s.G,
  causal: s.causal ? 1 : 0,
  masked: mask === undefined ? 0 : 1,
  scale: 1 / Math.sqrt(s.dh),
});
