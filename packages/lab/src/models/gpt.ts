import type { Backend, Ids, Rotation, Tensor } from "../tensor/index.ts";
import * as t from "../tensor/index.ts";
import type { Random, Weights } from "../weights.ts";
import { type GptConfig, gptShapes, gptSizes } from "./config.ts";
import { mixture } from "./moe.ts";
import { initialWeights, type Parameters, parameter } from "./parameters.ts";

/** Normal(0, 0.02), and the matrices that write into the residual stream smaller by √(2·layers) (GPT-2). */
export function initialGpt(config: GptConfig, random: Random): Weights {
  const into = /(o_proj|down_proj|w2)\.weight$/;
  return initialWeights(gptShapes(config), random, (name) => 0.02 / (into.test(name) ? Math.sqrt(2 * config.layers) : 1));
}
export function gptRotation(backend: Backend, config: GptConfig): Rotation {
  return t.rotation(backend, config.context, gptSizes(config).head, config.ropeTheta);
}

/** Chooses the projection of a weight: a plain linear layer, or one with adapters (LoRA). */
export type Project = (x: Tensor, name: string) => Tensor;
export interface GptOptions {
  /** Differs at each training step: the stream of the dropout masks. Absent: no dropout. */
  readonly dropout?: { readonly seed: number; readonly step: number };
  readonly project?: Project;
}

/** Tokens [B, T] → logits [B, T, vocab] and the mixture's load-balance loss, already weighed (undefined without experts). */
export function gpt(
  config: GptConfig,
  p: Parameters,
  rotation: Rotation,
  tokens: Ids,
  options: GptOptions = {},
): { logits: Tensor; balance: Tensor | undefined } {
  const [B, T] = tokens.shape as [number, number];
  const { head, kvHeads } = gptSizes(config);
  const project: Project = options.project ?? ((x, name) => t.linear(x, parameter(p, name)));
  let mask = 0;
  const drop = (x: Tensor): Tensor =>
    options.dropout === undefined || config.dropout === 0
      ? x
      : t.dropout(x, config.dropout, options.dropout.seed, options.dropout.step * 1000 + mask++);

  const embedding = parameter(p, "model.embed_tokens.weight");
  let x = drop(t.gather(embedding, tokens));
  let balance: Tensor | undefined;
  for (let i = 0; i < config.layers; i++) {
    const layer = `model.layers.${i}.`;
    const heads = (name: string, of: Tensor, count: number): Tensor =>
      t.reshape(project(of, `${layer}self_attn.${name}.weight`), [B, T, count, head]);

    const h = t.norm(x, parameter(p, `${layer}input_layernorm.weight`), undefined, config.normEps);
    const q = t.rotate(heads("q_proj", h, config.heads), rotation);
    const k = t.rotate(heads("k_proj", h, kvHeads), rotation);
    const y = t.attention(q, k, heads("v_proj", h, kvHeads), { causal: true });
    x = t.add(x, drop(project(t.reshape(y, [B, T, config.width]), `${layer}self_attn.o_proj.weight`)));

    const f = t.norm(x, parameter(p, `${layer}post_attention_layernorm.weight`), undefined, config.normEps);
    if (config.experts === undefined) {
      const inner = t.swiglu(project(f, `${layer}mlp.gate_proj.weight`), project(f, `${layer}mlp.up_proj.weight`));
      x = t.add(x, drop(project(inner, `${layer}mlp.down_proj.weight`)));
    } else {
      const mixed = mixture(t.reshape(f, [B * T, config.width]), p, `${layer}block_sparse_moe.`, config.experts);
      x = t.add(x, drop(t.reshape(mixed.y, [B, T, config.width])));
      const weighed = t.scale(mixed.balance, config.experts.balance / config.layers);
      balance = balance === undefined ? weighed : t.add(balance, weighed);
    }
  }
  x = t.norm(x, parameter(p, "model.norm.weight"), undefined, config.normEps);
  const logits = config.tied ? t.linear(x, embedding) : t.linear(x, parameter(p, "lm_head.weight"));
  return { logits, balance };
}
