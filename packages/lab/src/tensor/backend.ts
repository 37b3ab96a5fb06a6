/** A block of numbers that a backend owns. */
export interface Block {
  /** Elements; f32 unless the operation says ids (i32). */
  readonly length: number;
}

export const unaryOps = [
  "affine",
  "exp",
  "log",
  "sqrt",
  "tanh",
  "sigmoid",
  "relu",
  "abs",
  "reciprocal",
  "square",
  "step",
  "clamp",
  "silu",
  "gelu",
  "geluSlope",
  "softplus",
] as const;
export type UnaryOp = (typeof unaryOps)[number];
export const binaryOps = ["add", "sub", "mul", "div", "max", "min", "greater", "greaterEqual", "equal"] as const;
export type BinaryOp = (typeof binaryOps)[number];

/** C[batch][m, n] = op(A)·op(B); strides are elements between batches, 0 repeats. Rows lie side by side. */
export interface Matmul {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transA: boolean;
  readonly transB: boolean;
  readonly batch: number;
  readonly strideA: number;
  readonly strideB: number;
}
/** Query [B, T, H, dh], key and value [B, S, G, dh]; H is a multiple of G. A causal query t sees keys up to S − T + t. */
export interface AttentionShape {
  readonly B: number;
  readonly T: number;
  readonly S: number;
  readonly H: number;
  readonly G: number;
  readonly dh: number;
  readonly causal: boolean;
}
/** x [B, H, W, C] → patches [B, OH, OW, kh, kw, C]. */
export interface UnfoldShape {
  readonly B: number;
  readonly H: number;
  readonly W: number;
  readonly C: number;
  readonly kh: number;
  readonly kw: number;
  readonly stride: number;
  readonly pad: number;
  readonly OH: number;
  readonly OW: number;
}
export interface AdamW {
  readonly rate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly decay: number;
  /** Steps taken, this one included. */
  readonly step: number;
  /** The gradient is multiplied by this (clipping, accumulation). */
  readonly scale: number;
}

/**
 * The arithmetic under the tensors. Shapes are checked above; blocks are contiguous and row-major; every method answers a new block
 * unless it says otherwise. Two stand behind it: WebAssembly kernels on the CPU's cores (`WasmBackend`) and WGSL on a GPU (`WebGpuBackend`).
 */
export interface Backend {
  readonly name: string;
  /** Bytes in use now and at most so far, where known. */
  readonly memory: { readonly used: number; readonly peak: number };
  from(values: Float32Array | Int32Array): Block;
  /** The values at the moment of the call. */
  read(block: Block): Promise<Float32Array>;
  /** Throws where reading is asynchronous (a GPU). */
  readSync(block: Block): Float32Array;
  /** Overwrites the block's values (parameters loaded, batches renewed). */
  write(block: Block, values: Float32Array | Int32Array): void;
  free(block: Block): void;
  full(length: number, value: number): Block;
  uniform(length: number, seed: number, stream: number): Block;
  unary(op: UnaryOp, x: Block, alpha: number, beta: number): Block;
  /** `dims` are five, strides in elements, 0 repeats; the last stride is 0 or 1. */
  binary(
    op: BinaryOp,
    a: Block,
    b: Block,
    dims: readonly number[],
    stridesA: readonly number[],
    stridesB: readonly number[],
  ): Block;
  /** into += x. */
  accumulate(into: Block, x: Block): void;
  reduce(op: "sum" | "max", x: Block, outer: number, count: number, inner: number): Block;
  /** Gathers a strided view into a new block; six dims. */
  copy(x: Block, offset: number, dims: readonly number[], strides: readonly number[]): Block;
  /** A block of `length` zeros with x written at a strided view; six dims. */
  paste(x: Block, length: number, offset: number, dims: readonly number[], strides: readonly number[]): Block;
  matmul(a: Block, b: Block, shape: Matmul): Block;
  gather(table: Block, ids: Block, rows: number, width: number): Block;
  scatterAdd(x: Block, ids: Block, rows: number, width: number, height: number): Block;
  unfold(x: Block, shape: UnfoldShape): Block;
  fold(x: Block, shape: UnfoldShape): Block;
  softmax(x: Block, rows: number, width: number): Block;
  softmaxBack(y: Block, dy: Block, rows: number, width: number): Block;
  /** RMSNorm, or LayerNorm when `bias` is given. `kept` is what the gradients need. */
  norm(
    x: Block,
    weight: Block,
    bias: Block | undefined,
    rows: number,
    width: number,
    epsilon: number,
  ): { y: Block; kept: Block };
  normBack(x: Block, weight: Block, dy: Block, kept: Block, rows: number, width: number, centred: boolean): Block;
  normWeight(x: Block, dy: Block, kept: Block, rows: number, width: number, centred: boolean): Block;
  crossEntropy(logits: Block, ids: Block, rows: number, width: number): { loss: Block; kept: Block };
  crossEntropyBack(logits: Block, ids: Block, kept: Block, dloss: Block, rows: number, width: number): Block;
  /** `mask` [B, S] is added to the scores. */
  attention(q: Block, k: Block, v: Block, mask: Block | undefined, shape: AttentionShape): { y: Block; kept: Block };
  attentionBack(
    q: Block,
    k: Block,
    v: Block,
    mask: Block | undefined,
    y: Block,
    kept: Block,
    dy: Block,
    shape: AttentionShape,
  ): { dq: Block; dk: Block; dv: Block };
  /** x [rows, heads, dh], position = row mod T + offset; tables [positions, dh/2]. */
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
  ): Block;
  swiglu(gate: Block, up: Block): Block;
  swigluBack(gate: Block, up: Block, dy: Block): { dgate: Block; dup: Block };
  /** Σ x², summed by fixed chunks. */
  squares(x: Block): Promise<number> | number;
  /** In place on parameter, m and v. */
  adamw(parameter: Block, gradient: Block, m: Block, v: Block, options: AdamW): void;
  close(): void;
}
