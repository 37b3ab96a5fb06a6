import type { AttentionShape, Backend, Block, Matmul, UnfoldShape } from "./backend.ts";

interface Counted extends Block {
  alive: boolean;
}

/**
 * A backend that computes nothing and counts memory: run a model's loss and gradient on it, and `memory.peak` is what they will take, to
 * the byte. What is read is zeros.
 */
export class CountingBackend implements Backend {
  readonly name: string = "counting";
  readonly memory: { used: number; peak: number } = { used: 0, peak: 0 };

  #new(length: number): Block {
    this.memory.used += Math.max(length, 1) * 4;
    this.memory.peak = Math.max(this.memory.peak, this.memory.used);
    return { length, alive: true } as Counted;
  }
  #patches = (s: UnfoldShape): number => s.B * s.OH * s.OW * s.kh * s.kw * s.C;
  free(block: Block): void {
    const b = block as Counted;
    if (!b.alive) return;
    b.alive = false;
    this.memory.used -= Math.max(b.length, 1) * 4;
  }
  from = (values: Float32Array | Int32Array): Block => this.#new(values.length);
  read = async (block: Block): Promise<Float32Array> => new Float32Array(block.length);
  readSync = (block: Block): Float32Array => new Float32Array(block.length);
  write(): void {}
  full = (length: number): Block => this.#new(length);
  uniform = (length: number): Block => this.#new(length);
  unary = (_: unknown, x: Block): Block => this.#new(x.length);
  binary = (_: unknown, __: Block, ___: Block, dims: readonly number[]): Block => this.#new(product(dims));
  accumulate(): void {}
  reduce = (_: unknown, __: Block, outer: number, ___: number, inner: number): Block => this.#new(outer * inner);
  copy = (_: Block, __: number, dims: readonly number[]): Block => this.#new(product(dims));
  paste = (_: Block, length: number): Block => this.#new(length);
  matmul = (_: Block, __: Block, { m, n, batch }: Matmul): Block => this.#new(m * n * batch);
  gather = (_: Block, __: Block, rows: number, width: number): Block => this.#new(rows * width);
  scatterAdd = (_: Block, __: Block, ___: number, width: number, height: number): Block => this.#new(width * height);
  unfold = (_: Block, shape: UnfoldShape): Block => this.#new(this.#patches(shape));
  fold = (_: Block, { B, H, W, C }: UnfoldShape): Block => this.#new(B * H * W * C);
  softmax = (x: Block): Block => this.#new(x.length);
  softmaxBack = (y: Block): Block => this.#new(y.length);
  norm = (x: Block, _: Block, __: Block | undefined, rows: number): { y: Block; kept: Block } => ({
    y: this.#new(x.length),
    kept: this.#new(2 * rows),
  });
  normBack = (x: Block): Block => this.#new(x.length);
  normWeight = (_: Block, __: Block, ___: Block, ____: number, width: number): Block => this.#new(width);
  crossEntropy = (_: Block, __: Block, rows: number): { loss: Block; kept: Block } => ({
    loss: this.#new(rows),
    kept: this.#new(rows),
  });
  crossEntropyBack = (logits: Block): Block => this.#new(logits.length);
  attention = (q: Block, _: Block, __: Block, ___: Block | undefined, { B, T, H }: AttentionShape) => ({
    y: this.#new(q.length),
    kept: this.#new(B * T * H),
  });
  attentionBack = (q: Block, k: Block, v: Block): { dq: Block; dk: Block; dv: Block } => ({
    dq: this.#new(q.length),
    dk: this.#new(k.length),
    dv: this.#new(v.length),
  });
  rope = (x: Block): Block => this.#new(x.length);
  swiglu = (gate: Block): Block => this.#new(gate.length);
  swigluBack = (gate: Block, up: Block): { dgate: Block; dup: Block } => ({
    dgate: this.#new(gate.length),
    dup: this.#new(up.length),
  });
  squares = (): number => 0;
  adamw(): void {}
  close(): void {}
}
const product = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
