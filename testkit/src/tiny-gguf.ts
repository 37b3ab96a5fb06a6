import { writeFile } from "node:fs/promises";
import type { GgufTensor } from "@inkseal/lab";

export interface TinyGguf {
  /** Of the weights; 1. */
  readonly seed?: number;
  /** Tokens; 2,048. */
  readonly context?: number;
  /** Has fill-in-the-middle tokens. */
  readonly infill?: boolean;
}

const width = 64;
const hidden = 128;
const layers = 2;

/**
 * A llama of two layers with random weights, about half a megabyte: everything a real GGUF has, but sense.
 * Vocabulary: unknown, begin, end, 256 bytes, then letters and word pieces, which are all it likes to say.
 */
export async function writeTinyGguf(path: string, options: TinyGguf = {}): Promise<void> {
  const { seed = 1, context = 2_048, infill = false } = options;
  const random = gaussian(seed);
  const pieces = [
    ...'▁abcdefghijklmnopqrstuvwxyzABC0123456789.,!?\n{}[]:"_',
    "▁the",
    "▁sea",
    "▁is",
    "▁blue",
    "人",
    "工",
    "智",
    "能",
  ];
  const marks = infill ? ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"] : [];
  const bytes = Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, "0")}>`);
  const tokens = ["<unk>", "<s>", "</s>", ...bytes, ...pieces, ...marks];
  const type = (i: number): number => (i === 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : i < 259 + pieces.length ? 1 : 3);
  const matrix = (name: string, rows: number, columns: number, scale: number): GgufTensor => ({
    name,
    shape: [columns, rows],
    values: Float32Array.from({ length: rows * columns }, () => random() * scale),
  });
  const ones = (name: string): GgufTensor => ({ name, shape: [width], values: new Float32Array(width).fill(1) });
  // rows of zeros make logits of zero: pieces, whose logits spread widely, win over bytes and marks
  const output = matrix("output.weight", tokens.length, width, 0.6);
  for (let t = 0; t < tokens.length; t++) if (type(t) !== 1) output.values.fill(0, t * width, (t + 1) * width);
  const tensors = [
    matrix("token_embd.weight", tokens.length, width, 1),
    ...Array.from({ length: layers }, (_, n) => [
      ones(`blk.${n}.attn_norm.weight`),
      ...["attn_q", "attn_k", "attn_v", "attn_output"].map((part) => matrix(`blk.${n}.${part}.weight`, width, width, 0.12)),
      ones(`blk.${n}.ffn_norm.weight`),
      matrix(`blk.${n}.ffn_gate.weight`, hidden, width, 0.12),
      matrix(`blk.${n}.ffn_up.weight`, hidden, width, 0.12),
      matrix(`blk.${n}.ffn_down.weight`, width, hidden, 0.12),
    ]).flat(),
    ones("output_norm.weight"),
    output,
  ];
  const { ggufOf } = await import("@inkseal/lab"); // late: most tests need none of it
  const file = ggufOf(
    {
      "general.architecture": { text: "llama" },
      "general.name": { text: "tiny" },
      "general.license": { text: "cc0-1.0" },
      "general.file_type": { u32: 0 },
      "llama.context_length": { u32: context },
      "llama.embedding_length": { u32: width },
      "llama.block_count": { u32: layers },
      "llama.feed_forward_length": { u32: hidden },
      "llama.attention.head_count": { u32: 4 },
      "llama.attention.head_count_kv": { u32: 4 },
      "llama.attention.layer_norm_rms_epsilon": { f32: 1e-5 },
      "llama.rope.dimension_count": { u32: 16 },
      "llama.vocab_size": { u32: tokens.length },
      "tokenizer.ggml.model": { text: "llama" },
      "tokenizer.ggml.tokens": { texts: tokens },
      "tokenizer.ggml.scores": { f32s: tokens.map((t, i) => (i < 259 ? 0 : t.length - 10)) },
      "tokenizer.ggml.token_type": { i32s: tokens.map((_, i) => type(i)) },
      "tokenizer.ggml.bos_token_id": { u32: 1 },
      "tokenizer.ggml.eos_token_id": { u32: 2 },
      "tokenizer.ggml.unknown_token_id": { u32: 0 },
      "tokenizer.ggml.add_bos_token": { bool: true },
      "tokenizer.chat_template": {
        text: "{% for message in messages %}{{ message.role + ': ' + message.content + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}",
      },
    },
    tensors,
  );
  await writeFile(path, file);
}

/** A LoRA adapter of rank 2 for {@link writeTinyGguf}'s model, strong enough to change what it says. */
export async function writeTinyLora(path: string, seed = 2): Promise<void> {
  const random = gaussian(seed);
  const matrix = (name: string, columns: number, rows: number): GgufTensor => ({
    name,
    shape: [columns, rows],
    values: Float32Array.from({ length: rows * columns }, random),
  });
  const tensors = Array.from({ length: layers }, (_, n) => [
    matrix(`blk.${n}.attn_output.weight.lora_a`, width, 2),
    matrix(`blk.${n}.attn_output.weight.lora_b`, 2, width),
  ]).flat();
  const { ggufOf } = await import("@inkseal/lab"); // late: most tests need none of it
  const file = ggufOf(
    {
      "general.architecture": { text: "llama" },
      "general.type": { text: "adapter" },
      "adapter.type": { text: "lora" },
      "adapter.lora.alpha": { f32: 4 },
    },
    tensors,
  );
  await writeFile(path, file);
}

/** Normally distributed numbers from a seed (mulberry32, Box–Muller). */
function gaussian(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
