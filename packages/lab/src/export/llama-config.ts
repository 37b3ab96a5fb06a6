import { InksealError } from "@inkseal/core";
import * as z from "zod";
import { type GptConfig, GptConfigSchema, gptSizes } from "../models/config.ts";

/** Our GPT as Hugging Face's config.json: `LlamaForCausalLM`, or `MixtralForCausalLM` with experts. */
export function toLlamaConfig(config: GptConfig): Record<string, unknown> {
  const { hidden } = gptSizes(config);
  const { experts } = config;
  return {
    architectures: [experts === undefined ? "LlamaForCausalLM" : "MixtralForCausalLM"],
    model_type: experts === undefined ? "llama" : "mixtral",
    vocab_size: config.vocab,
    max_position_embeddings: config.context,
    num_hidden_layers: config.layers,
    hidden_size: config.width,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads ?? config.heads,
    intermediate_size: hidden,
    hidden_act: "silu",
    rms_norm_eps: config.normEps,
    rope_theta: config.ropeTheta,
    tie_word_embeddings: config.tied,
    attention_bias: false,
    attention_dropout: config.dropout,
    mlp_bias: false,
    torch_dtype: "float32",
    // Llama's defaults are 1 and 2, which here are ordinary tokens.
    bos_token_id: null,
    eos_token_id: null,
    ...(experts && {
      num_local_experts: experts.count,
      num_experts_per_tok: experts.top,
      router_aux_loss_coef: experts.balance,
      sliding_window: null,
    }),
  };
}

const size = z.int().min(1);
const rope = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: z.number().optional(),
});
const LlamaSchema = z.looseObject({
  model_type: z.enum(["llama", "mistral", "mixtral"]),
  vocab_size: size,
  max_position_embeddings: size,
  num_hidden_layers: size,
  hidden_size: size,
  num_attention_heads: size,
  num_key_value_heads: size.nullish(),
  head_dim: size.nullish(),
  intermediate_size: size,
  hidden_act: z.literal("silu").default("silu"),
  rms_norm_eps: z.number().positive().nullish(),
  rope_theta: z.number().positive().nullish(),
  rope_scaling: rope.nullish(),
  rope_parameters: rope.nullish(),
  sliding_window: z.null().optional(),
  tie_word_embeddings: z.boolean().nullish(),
  attention_bias: z.literal(false).nullish(),
  attention_dropout: z.number().nullish(),
  mlp_bias: z.literal(false).nullish(),
  num_local_experts: size.nullish(),
  num_experts_per_tok: size.nullish(),
  router_aux_loss_coef: z.number().min(0).nullish(),
});

/**
 * Hugging Face's config.json of a Llama, Mistral or Mixtral as our GPT; what it leaves out has Hugging Face's defaults.
 * Throws `bad-file`, naming the field, for what our GPT does not have: scaled RoPE, biases, sliding windows, other activations.
 */
export function fromLlamaConfig(json: unknown): GptConfig {
  const parsed = LlamaSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new InksealError(
      "bad-file",
      `config.json is of no Llama that the Lab knows: ${issue.path.join(".")}: ${issue.message}`,
    );
  }
  const llama = parsed.data;
  for (const scaling of [llama.rope_scaling, llama.rope_parameters]) {
    const type = scaling?.rope_type ?? scaling?.type ?? "default";
    if (type !== "default") throw new InksealError("bad-file", `config.json asks for scaled RoPE (${JSON.stringify(type)})`);
  }
  if ((llama.head_dim ?? llama.hidden_size / llama.num_attention_heads) !== llama.hidden_size / llama.num_attention_heads)
    throw new InksealError(
      "bad-file",
      `config.json has head_dim ${llama.head_dim}, which is not hidden_size / num_attention_heads`,
    );
  const mixtral = llama.model_type === "mixtral";
  const config = GptConfigSchema.safeParse({
    kind: "gpt",
    vocab: llama.vocab_size,
    context: llama.max_position_embeddings,
    layers: llama.num_hidden_layers,
    width: llama.hidden_size,
    heads: llama.num_attention_heads,
    kvHeads: llama.num_key_value_heads ?? llama.num_attention_heads,
    hidden: llama.intermediate_size,
    ropeTheta: llama.rope_theta ?? llama.rope_parameters?.rope_theta ?? (mixtral ? 1e6 : 10_000),
    normEps: llama.rms_norm_eps ?? (mixtral ? 1e-5 : 1e-6),
    tied: llama.tie_word_embeddings ?? false,
    dropout: llama.attention_dropout ?? 0,
    experts: mixtral
      ? {
          count: llama.num_local_experts ?? 8,
          top: llama.num_experts_per_tok ?? 2,
          balance: llama.router_aux_loss_coef ?? 0.001,
        }
      : undefined,
  });
  if (!config.success)
    throw new InksealError("bad-file", `config.json does not fit together: ${config.error.issues[0]!.message}`);
  return config.data;
}
