import { kernel } from "../kernels/kernel.ts";
import { Pool, type StartThread } from "../kernels/pool.ts";
import type { AdamW, AttentionShape, Backend, BinaryOp, Block, Matmul, UnaryOp, UnfoldShape } from "./backend.ts";
import { binaryOps, unaryOps } from "./backend.ts";

/** A block of the kernels' memory. */
class HeapBlock implements Block {
  at: number;
  readonly length: number;
  constructor(at: number, length: number) {
    this.at = at;
    this.length = length;
  }
}
const chunk = 16_384;
const chunks = (n: number): number => Math.ceil(n / chunk);

/** Our kernels: WebAssembly SIMD over one shared memory, all threads. Results do not depend on the number of threads. */
export class WasmBackend implements Backend {
  readonly name: string = "wasm";
  readonly pool: Pool;

  constructor(options: { readonly threads: number; readonly memory: number; readonly start?: StartThread }) {
    this.pool = new Pool(options);
  }
  get memory(): { readonly used: number; readonly peak: number } {
    return this.pool.heap;
  }
  #new(length: number): HeapBlock {
    return new HeapBlock(this.pool.heap.allocate(Math.max(length, 1) * 4), length);
  }
  /** Items of rows so that each thread gets several, and no item is too small to be worth a hand-over. */
  #rows(rows: number, width: number): number {
    return Math.max(1, Math.min(Math.ceil(rows / (this.pool.threads * 4)), rows), Math.ceil(2048 / Math.max(1, width)));
  }
  address(block: Block): number {
    const { at } = block as HeapBlock;
    if (at === 0) throw new Error("this tensor was freed");
    return at;
  }
  /** The block's memory itself, valid until the next allocation. */
  view(block: Block): Float32Array {
    const at = this.address(block) / 4;
    return this.pool.heap.f32.subarray(at, at + block.length);
  }
  from(values: Float32Array | Int32Array): Block {
    const block = this.#new(values.length);
    this.write(block, values);
    return block;
  }
  write(block: Block, values: Float32Array | Int32Array): void {
    const at = this.address(block) / 4;
    if (values instanceof Int32Array) this.pool.heap.i32.set(values, at);
    else this.pool.heap.f32.set(values, at);
  }
  readSync(block: Block): Float32Array {
    return new Float32Array(this.view(block)); // a copy outside the shared memory
  }
  async read(block: Block): Promise<Float32Array> {
    return this.readSync(block);
  }
  free(block: Block): void {
    const b = block as HeapBlock;
    if (b.at === 0) return;
    this.pool.heap.release(b.at, Math.max(b.length, 1) * 4);
    b.at = 0;
  }
  full(length: number, value: number): Block {
    const y = this.#new(length);
    this.pool.run(kernel.fill, chunks(length), [y.at, length, this.pool.float(value)]);
    return y;
  }
  uniform(length: number, seed: number, stream: number): Block {
    const y = this.#new(length);
    this.pool.run(kernel.uniform, chunks(length), [y.at, length, seed | 0, stream | 0]);
    return y;
  }
  unary(op: UnaryOp, x: Block, alpha: number, beta: number): Block {
    const y = this.#new(x.length);
    const { pool } = this;
    pool.run(kernel.unary, chunks(x.length), [
      unaryOps.indexOf(op),
      this.address(x),
      y.at,
      x.length,
      pool.float(alpha),
      pool.float(beta),
    ]);
    return y;
  }
  binary(
    op: BinaryOp,
    a: Block,
    b: Block,
    dims: readonly number[],
    stridesA: readonly number[],
    stridesB: readonly number[],
  ): Block {
    const [d0, d1, d2, d3, d4] = dims as [number, number, number, number, number];
    const rows = d0 * d1 * d2 * d3;
    const y = this.#new(rows * d4);
    // a single long run is cut into several, so that all threads have work
    const cut = rows === 1 && d4 > 2 * chunk && d4 % chunk === 0 && d3 === 1;
    const run = cut ? chunk : d4;
    const total = cut ? d4 / chunk : rows;
    const per = this.#rows(total, run);
    const strides = (s: readonly number[]): number[] => (cut ? [0, 0, 0, s[4]! * chunk, s[4]!] : [...s]);
    this.pool.run(kernel.binary, Math.ceil(total / per), [
      binaryOps.indexOf(op),
      this.address(a),
      this.address(b),
      y.at,
      per,
      total,
      ...(cut ? [1, 1, 1, total, run] : dims),
      ...strides(stridesA),
      ...strides(stridesB),
    ]);
    return y;
  }
  accumulate(into: Block, x: Block): void {
    const rows = Math.ceil(into.length / chunk);
    const tail = into.length % chunk;
    const whole = tail === 0 ? rows : rows - 1;
    const at = this.address(into);
    const add = (offset: number, count: number, run: number): void =>
      this.pool.run(kernel.binary, count, [
        0,
        at + offset * 4,
        this.address(x) + offset * 4,
        at + offset * 4,
        1,
        count,
        1,
        1,
        1,
        count,
        run,
        0,
        0,
        0,
        run,
        1,
        0,
        0,
        0,
        run,
        1,
      ]);
    if (whole > 0) add(0, whole, chunk);
    if (tail > 0) add(whole * chunk, 1, tail);
  }
  reduce(op: "sum" | "max", x: Block, outer: number, count: number, inner: number): Block {
    const y = this.#new(outer * inner);
    const per = this.#rows(outer, count);
    const items = inner === 1 ? Math.ceil(outer / per) : outer * Math.ceil(inner / 64);
    this.pool.run(kernel.reduce, items, [op === "sum" ? 0 : 1, this.address(x), y.at, outer, count, inner, per]);
    return y;
  }
  #strided(from: number, to: number, dims: readonly number[], source: readonly number[], target: readonly number[]): void {
    const rows = dims.slice(0, 5).reduce((p, d) => p * d, 1);
    const per = this.#rows(rows, dims[5]!);
    this.pool.run(kernel.copy, Math.ceil(rows / per), [from, to, rows, per, ...dims, ...source, ...target, 0]);
  }
  copy(x: Block, offset: number, dims: readonly number[], strides: readonly number[]): Block {
    const y = this.#new(dims.reduce((p, d) => p * d, 1));
    this.#strided(this.address(x) + offset * 4, y.at, dims, strides, contiguous(dims));
    return y;
  }
  paste(x: Block, length: number, offset: number, dims: readonly number[], strides: readonly number[]): Block {
    const y = this.full(length, 0) as HeapBlock;
    this.#strided(this.address(x), y.at + offset * 4, dims, contiguous(dims), strides);
    return y;
  }
  matmul(a: Block, b: Block, shape: Matmul): Block {
    const { m, n, k, transA, transB, batch, strideA, strideB } = shape;
    const y = this.#new(batch * m * n);
    const flags = (transA ? 1 : 0) | (transB ? 2 : 0);
    const few = m <= 4 && batch === 1 && transB && !transA;
    const target = this.pool.threads * 2;
    let rows = Math.min(192, Math.ceil(m / 4) * 4);
    let cols = Math.min(480, Math.ceil(n / 8) * 8);
    if (few) cols = Math.max(8, Math.ceil(n / target));
    else if (this.pool.threads > 1) {
      const items = (): number => batch * Math.ceil(m / rows) * Math.ceil(n / cols);
      while (items() < target && (rows > 48 || cols > 64)) {
        if (cols > 64 && cols > rows) cols = Math.max(64, Math.ceil(cols / 16) * 8);
        else if (rows > 48) rows = Math.max(48, Math.ceil(rows / 8) * 4);
        else cols = Math.max(64, Math.ceil(cols / 16) * 8);
      }
    }
    const items = few ? Math.ceil(n / cols) : batch * Math.ceil(m / rows) * Math.ceil(n / cols);
    this.pool.run(few ? kernel.gemv : kernel.gemm, items, [
      this.address(a),
      this.address(b),
      y.at,
      m,
      n,
      k,
      transA ? m : k,
      transB ? k : n,
      n,
      flags,
      strideA,
      strideB,
      m * n,
      rows,
      cols,
    ]);
    return y;
  }
  gather(table: Block, ids: Block, rows: number, width: number): Block {
    const y = this.#new(rows * width);
    const per = this.#rows(rows, width);
    this.pool.run(kernel.gather, Math.ceil(rows / per), [this.address(table), this.address(ids), y.at, rows, width, per]);
    return y;
  }
  scatterAdd(x: Block, ids: Block, rows: number, width: number, height: number): Block {
    const y = this.full(height * width, 0) as HeapBlock;
    this.pool.run(kernel.scatterAdd, Math.ceil(width / 32), [y.at, this.address(ids), this.address(x), rows, width]);
    return y;
  }
  #patches(id: typeof kernel.unfold | typeof kernel.fold, x: Block, y: HeapBlock, s: UnfoldShape): Block {
    const items = id === kernel.unfold ? s.B * s.OH : s.B;
    this.pool.run(id, items, [this.address(x), y.at, s.B, s.H, s.W, s.C, s.kh, s.kw, s.stride, s.pad, s.OH, s.OW]);
    return y;
  }
  unfold(x: Block, s: UnfoldShape): Block {
    return this.#patches(kernel.unfold, x, this.#new(s.B * s.OH * s.OW * s.kh * s.kw * s.C), s);
  }
  fold(x: Block, s: UnfoldShape): Block {
    return this.#patches(kernel.fold, x, this.#new(s.B * s.H * s.W * s.C), s);
  }
  softmax(x: Block, rows: number, width: number): Block {
    const y = this.#new(rows * width);
    const per = this.#rows(rows, width);
    this.pool.run(kernel.softmax, Math.ceil(rows / per), [this.address(x), y.at, rows, width, per]);
    return y;
  }
  softmaxBack(y: Block, dy: Block, rows: number, width: number): Block {
    const dx = this.#new(rows * width);
    const per = this.#rows(rows, width);
    this.pool.run(kernel.softmaxBack, Math.ceil(rows / per), [this.address(y), this.address(dy), dx.at, rows, width, per]);
    return dx;
  }
  norm(
    x: Block,
    weight: Block,
    bias: Block | undefined,
    rows: number,
    width: number,
    epsilon: number,
  ): { y: Block; kept: Block } {
    const y = this.#new(rows * width);
    const kept = this.#new(rows * 2); // mean, then 1/deviation
    const per = this.#rows(rows, width);
    const centred = bias !== undefined;
    this.pool.run(kernel.norm, Math.ceil(rows / per), [
      this.address(x),
      this.address(weight),
      centred ? this.address(bias) : 0,
      y.at,
      centred ? kept.at : 0,
      kept.at + rows * 4,
      rows,
      width,
      this.pool.float(epsilon),
      centred ? 1 : 0,
      per,
    ]);
    return { y, kept };
  }
  normBack(x: Block, weight: Block, dy: Block, kept: Block, rows: number, width: number, centred: boolean): Block {
    const dx = this.#new(rows * width);
    const per = this.#rows(rows, width);
    const at = this.address(kept);
    this.pool.run(kernel.normBack, Math.ceil(rows / per), [
      this.address(x),
      this.address(weight),
      this.address(dy),
      dx.at,
      centred ? at : 0,
      at + rows * 4,
      rows,
      width,
      0,
      centred ? 1 : 0,
      per,
    ]);
    return dx;
  }
  normWeight(x: Block, dy: Block, kept: Block, rows: number, width: number, centred: boolean): Block {
    const dw = this.#new(width);
    const at = this.address(kept);
    this.pool.run(kernel.normWeight, Math.ceil(width / 16), [
      this.address(x),
      0,
      this.address(dy),
      dw.at,
      centred ? at : 0,
      at + rows * 4,
      rows,
      width,
    ]);
    return dw;
  }
  crossEntropy(logits: Block, ids: Block, rows: number, width: number): { loss: Block; kept: Block } {
    const loss = this.#new(rows);
    const kept = this.#new(rows);
    const per = this.#rows(rows, width);
    this.pool.run(kernel.crossEntropy, Math.ceil(rows / per), [
      this.address(logits),
      this.address(ids),
      loss.at,
      kept.at,
      rows,
      width,
      per,
    ]);
    return { loss, kept };
  }
  crossEntropyBack(logits: Block, ids: Block, kept: Block, dloss: Block, rows: number, width: number): Block {
    const dx = this.#new(rows * width);
    const per = this.#rows(rows, width);
    this.pool.run(kernel.crossEntropyBack, Math.ceil(rows / per), [
      this.address(logits),
      this.address(ids),
      this.address(kept),
      this.address(dloss),
      dx.at,
      rows,
      width,
      per,
    ]);
    return dx;
  }
  #attentionArgs(q: Block, k: Block, v: Block, mask: Block | undefined, y: number, kept: number, s: AttentionShape): number[] {
    return [
      this.address(q),
      this.address(k),
      this.address(v),
      y,
      kept,
      s.B,
      s.T,
      s.S,
      s.H,
      s.G,
      s.dh,
      s.causal ? 1 : 0,
      this.pool.float(1 / Math.sqrt(s.dh)),
      s.H * s.dh,
      s.G * s.dh,
      s.H * s.dh,
      mask === undefined ? 0 : this.address(mask),
    ];
  }
  attention(q: Block, k: Block, v: Block, mask: Block | undefined, s: AttentionShape): { y: Block; kept: Block } {
    const y = this.#new(s.B * s.T * s.H * s.dh);
    const kept = this.#new(s.B * s.H * s.T);
    this.pool.run(kernel.attention, s.B * s.H, this.#attentionArgs(q, k, v, mask, y.at, kept.at, s));
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
    const dq = this.#new(s.B * s.T * s.H * s.dh);
    const dk = this.#new(s.B * s.S * s.G * s.dh);
    const dv = this.#new(s.B * s.S * s.G * s.dh);
    this.pool.run(kernel.attentionBack, s.B * s.G, [
      ...this.#attentionArgs(q, k, v, mask, this.address(y), this.address(kept), s),
      this.address(dy),
      dq.at,
      dk.at,
      dv.at,
    ]);
    return { dq, dk, dv };
  }
  rope(
    x: Block,
    cos: Block,
    sin: Block,
    rows: number,
    heads: number,
    dh: number,
    T: number,
    offset: number,
    inverse: boolean,
  ): Block {
    const y = this.#new(rows * heads * dh);
    const per = this.#rows(rows, heads * dh);
    this.pool.run(kernel.rope, Math.ceil(rows / per), [
      this.address(x),
      y.at,
      this.address(cos),
      this.address(sin),
      rows,
      heads,
      dh,
      T,
      inverse ? 1 : 0,
      per,
      offset,
    ]);
    return y;
  }
  swiglu(gate: Block, up: Block): Block {
    const y = this.#new(gate.length);
    this.pool.run(kernel.swiglu, chunks(gate.length), [this.address(gate), this.address(up), y.at, gate.length]);
    return y;
  }
  swigluBack(gate: Block, up: Block, dy: Block): { dgate: Block; dup: Block } {
    const dgate = this.#new(gate.length);
    const dup = this.#new(gate.length);
    this.pool.run(kernel.swigluBack, chunks(gate.length), [
      this.address(gate),
      this.address(up),
      this.address(dy),
      dgate.at,
      dup.at,
      gate.length,
    ]);
    return { dgate, dup };
  }
  squares(x: Block): number {
    const items = Math.ceil(x.length / 65_536);
    const partial = this.#new(items);
    this.pool.run(kernel.squares, items, [this.address(x), partial.at, x.length]);
    let sum = 0;
    for (const value of this.view(partial)) sum += value;
    this.free(partial);
    return sum;
  }
  adamw(parameter: Block, gradient: Block, m: Block, v: Block, o: AdamW): void {
    const { pool } = this;
    const n = parameter.length;
    pool.run(kernel.adamw, chunks(n), [
      this.address(parameter),
      this.address(gradient),
      this.address(m),
      this.address(v),
      n,
      ...[o.rate, o.beta1, o.beta2, o.epsilon, o.rate * o.decay, 1 - o.beta1 ** o.step, 1 - o.beta2 ** o.step, o.scale].map(
        (x) => pool.float(x),
      ),
    ]);
  }
  close(): void {
    this.pool.close();
  }
}

function contiguous(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length);
  let step = 1;
  for (let i = dims.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= dims[i]!;
  }
  return strides;
}
