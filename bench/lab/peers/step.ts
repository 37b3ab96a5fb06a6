/**
 * The training step that every engine is timed on (LAB-ENGINE.md): a Llama-shaped GPT of 4 layers, width 128, 4 heads, 128 tokens,
 * 8 sequences, vocabulary 256, embedding and output tied; forward, backward, plain SGD. All peers start from these weights and see this
 * batch at every step, so that their losses must agree: who computes something else is found out.
 */

export const step = {
  layers: 4,
  width: 128,
  heads: 4,
  head: 32,
  hidden: 344,
  tokens: 128,
  batch: 8,
  vocab: 256,
  ropeTheta: 10_000,
  normEps: 1e-5,
  learningRate: 0.1,
} as const;

export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Hugging Face's Llama names; linear weights are [out, in]. Normal numbers of deviation 0.02, norms 1. */
export function stepWeights(seed = 1): Map<string, Weight> {
  const { layers, width: d, hidden, vocab } = step;
  const random = normal(seed);
  const weights = new Map<string, Weight>();
  const matrix = (name: string, out: number, into: number): void =>
    void weights.set(name, { shape: [out, into], data: Float32Array.from({ length: out * into }, () => 0.02 * random()) });
  const ones = (name: string): void => void weights.set(name, { shape: [d], data: new Float32Array(d).fill(1) });
  matrix("model.embed_tokens.weight", vocab, d);
  for (let i = 0; i < layers; i++) {
    const layer = `model.layers.${i}.`;
    ones(`${layer}input_layernorm.weight`);
    for (const part of ["q", "k", "v", "o"]) matrix(`${layer}self_attn.${part}_proj.weight`, d, d);
    ones(`${layer}post_attention_layernorm.weight`);
    matrix(`${layer}mlp.gate_proj.weight`, hidden, d);
    matrix(`${layer}mlp.up_proj.weight`, hidden, d);
    matrix(`${layer}mlp.down_proj.weight`, d, hidden);
  }
  ones("model.norm.weight");
  return weights;
}

/** `inputs` and `targets`, both [batch, tokens]; the targets are the inputs one place further on. */
export function stepBatch(seed = 2): { readonly inputs: Int32Array; readonly targets: Int32Array } {
  const { batch, tokens, vocab } = step;
  const uniform = mulberry(seed);
  const inputs = new Int32Array(batch * tokens);
  const targets = new Int32Array(batch * tokens);
  for (let b = 0; b < batch; b++) {
    const row = Int32Array.from({ length: tokens + 1 }, () => Math.floor(uniform() * vocab));
    inputs.set(row.subarray(0, tokens), b * tokens);
    targets.set(row.subarray(1), b * tokens);
  }
  return { inputs, targets };
}

/** Cosines and sines of RoPE, each [tokens, head]; the pair (i, i + head/2) turns by position × theta^(−2i/head). */
export function ropeTables(): { readonly cos: Float32Array; readonly sin: Float32Array } {
  const { tokens, head, ropeTheta } = step;
  const cos = new Float32Array(tokens * head);
  const sin = new Float32Array(tokens * head);
  for (let t = 0; t < tokens; t++)
    for (let i = 0; i < head; i++) {
      const angle = t * ropeTheta ** ((-2 * (i % (head / 2))) / head);
      cos[t * head + i] = Math.cos(angle);
      sin[t * head + i] = Math.sin(angle);
    }
  return { cos, sin };
}

/** The other form of a linear weight: [out, in] to [in, out]. */
export function transposed({ shape, data }: Weight): Weight {
  const [rows, columns] = shape as [number, number];
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c]!;
  return { shape: [columns, rows], data: out };
}

/** What a peer's step reports, as its one JSON line. */
export interface StepReport {
  readonly peer: string;
  /** Median. */
  readonly msPerStep: number;
  /** The fastest step: what a machine that others use too can be compared by. */
  readonly msBest: number;
  readonly steps: number;
  /** Nats per token at the very first step and at the last. */
  readonly lossFirst: number;
  readonly lossLast: number;
  readonly note?: string;
}

/** Uniform numbers in [0, 1) from a seed. */
export function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Normally distributed numbers from a seed (Box–Muller). */
export function normal(seed: number): () => number {
  const uniform = mulberry(seed);
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
