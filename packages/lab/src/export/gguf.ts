import { checkWeights } from "../models/check-weights.ts";
import { type GptConfig, gptSizes } from "../models/config.ts";
import type { Values, Weights } from "../weights.ts";
import { type GgufTensor, ggufOf } from "./gguf-file.ts";
import { type GgufType, ggufTypes } from "./gguf-quant.ts";
import { type GgufTokens, vocabularyMetadata } from "./gguf-vocabulary.ts";

export interface GgufExport {
  readonly config: GptConfig;
  readonly weights: Weights;
  readonly tokens: GgufTokens;
  /**
   * Of the matrices. Rows that are no multiple of 32 stay F16, the router of experts and all norms F32, and beside Q4_0 the embedding and
   * the output are Q8_0, which costs little and helps much.
   */
  readonly type?: GgufType;
  readonly name?: string;
  /** SPDX name of the licence. */
  readonly licence?: string;
  /** Jinja, as Hugging Face's. */
  readonly chatTemplate?: string;
}

/** ggml's number of the file's main type (llama_ftype). */
const fileTypes: Readonly<Record<GgufType, number>> = { F32: 0, F16: 1, Q4_0: 2, Q8_0: 7 };

/**
 * The model as a GGUF file that llama.cpp runs: architecture `llama` (Mixtral's with experts).
 * Throws `bad-file` when the weights do not fit the configuration, `bad-request` when the vocabulary does not.
 */
export function gguf({
  config,
  weights,
  tokens,
  type = "F32",
  name = "inkseal-lab",
  licence,
  chatTemplate,
}: GgufExport): Uint8Array {
  checkWeights(config, weights);
  const { head, kvHeads, hidden } = gptSizes(config);
  const vocabulary = vocabularyMetadata(tokens, config.vocab);
  return ggufOf(
    {
      "general.architecture": { text: "llama" },
      "general.type": { text: "model" },
      "general.name": { text: name },
      ...(licence !== undefined && { "general.license": { text: licence } }),
      "general.file_type": { u32: fileTypes[type] },
      "general.quantization_version": { u32: 2 },
      "llama.context_length": { u32: config.context },
      "llama.embedding_length": { u32: config.width },
      "llama.block_count": { u32: config.layers },
      "llama.feed_forward_length": { u32: hidden },
      "llama.attention.head_count": { u32: config.heads },
      "llama.attention.head_count_kv": { u32: kvHeads },
      "llama.attention.layer_norm_rms_epsilon": { f32: config.normEps },
      "llama.rope.dimension_count": { u32: head },
      "llama.rope.freq_base": { f32: config.ropeTheta },
      "llama.vocab_size": { u32: config.vocab + (vocabulary.extra ? 1 : 0) },
      ...(config.experts !== undefined && {
        "llama.expert_count": { u32: config.experts.count },
        "llama.expert_used_count": { u32: config.experts.top },
      }),
      ...vocabulary.metadata,
      ...(chatTemplate !== undefined && { "tokenizer.chat_template": { text: chatTemplate } }),
    },
    llamaTensors(config, weights, type, vocabulary.extra),
  );
}

function llamaTensors(config: GptConfig, weights: Weights, type: GgufType, extra: boolean): GgufTensor[] {
  const { kvHeads } = gptSizes(config);
  const outer = type === "Q4_0" ? "Q8_0" : type;
  const weight = (name: string): Values => weights.get(name)!;
  const matrix = (name: string, { shape, data }: Values, as = type): GgufTensor => ({
    name: `${name}.weight`,
    shape: shape.toReversed(),
    values: data,
    type: shape.length > 1 && shape.at(-1)! % ggufTypes[as].values !== 0 ? "F16" : as,
  });
  const rows = (values: Values): Values => (extra ? withMeanRow(values) : values);

  const tensors = [matrix("token_embd", rows(weight("model.embed_tokens.weight")), outer)];
  for (let i = 0; i < config.layers; i++) {
    const own = (part: string): Values => weight(`model.layers.${i}.${part}.weight`);
    const put = (name: string, values: Values, as = type) => void tensors.push(matrix(`blk.${i}.${name}`, values, as));
    put("attn_norm", own("input_layernorm"), "F32");
    put("attn_q", interleave(own("self_attn.q_proj"), config.heads));
    put("attn_k", interleave(own("self_attn.k_proj"), kvHeads));
    put("attn_v", own("self_attn.v_proj"));
    put("attn_output", own("self_attn.o_proj"));
    put("ffn_norm", own("post_attention_layernorm"), "F32");
    if (config.experts === undefined) {
      for (const part of ["gate", "up", "down"]) put(`ffn_${part}`, own(`mlp.${part}_proj`));
      continue;
    }
    const { count } = config.experts;
    put("ffn_gate_inp", own("block_sparse_moe.gate"), "F32");
    for (const [part, ours] of Object.entries({ gate: "w1", up: "w3", down: "w2" }))
      put(`ffn_${part}_exps`, stack(Array.from({ length: count }, (_, e) => own(`block_sparse_moe.experts.${e}.${ours}`))));
  }
  tensors.push(matrix("output_norm", weight("model.norm.weight"), "F32"));
  if (!config.tied) tensors.push(matrix("output", rows(weight("lm_head.weight")), outer));
  return tensors;
}

/**
 * Rows of queries or keys in the order in which ggml turns them: it rotates neighbours (2i, 2i + 1) of each head where Hugging
 * Face's weights mean (i, i + head/2), so the two halves of each head are interleaved. `shape` is [heads · head, width].
 */
export function interleave({ shape, data }: Values, heads: number): Values {
  const [rows, columns] = shape as [number, number];
  const head = rows / heads;
  const out = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const i = row % head;
    const from = row - i + (i % 2 === 0 ? i / 2 : (head + i - 1) / 2);
    out.set(data.subarray(from * columns, (from + 1) * columns), row * columns);
  }
  return { shape, data: out };
}

/** Matrices of one shape as [count, rows, columns]. */
function stack(matrices: readonly Values[]): Values {
  const { shape, data } = matrices[0]!;
  const out = new Float32Array(matrices.length * data.length);
  for (const [e, m] of matrices.entries()) out.set(m.data, e * data.length);
  return { shape: [matrices.length, ...shape], data: out };
}

/** One row more, the mean of all: the logit of the id that llama.cpp needs as an end is then never above the largest of ours. */
function withMeanRow({ shape, data }: Values): Values {
  const [rows, columns] = shape as [number, number];
  const out = new Float32Array((rows + 1) * columns);
  out.set(data);
  for (let i = 0; i < columns; i++) {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += data[row * columns + i]!;
    out[rows * columns + i] = sum / rows;
  }
  return { shape: [rows + 1, columns], data: out };
}
