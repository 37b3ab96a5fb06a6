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
  const { x, balance } = gptLayers(config, p, rotation, gptEmbed(config, p, tokens, options), options);
  return { logits: gptLogits(config, p, x), balance };
}

/** Tokens [B, T] → the residual stream [B, T, width] before the first layer. */
export function gptEmbed(config: GptConfig, p: Parameters, tokens: Ids, options: GptOptions = {}): Tensor {
  return drop(config, t.gather(parameter(p, "model.embed_tokens.weight"), tokens), options, 0);
}

/** The layers `from` … `to` - 1 (all by default). How many heads there are is seen from the projections: a worker may hold some of them. */
export function gptLayers(
  config: GptConfig,
  p: Parameters,
  rotation: Rotation,
  stream: Tensor,
  options: GptOptions = {},
  { from, to }: { readonly from: number; readonly to: number } = { from: 0, to: config.layers },
): { x: Tensor; balance: Tensor | undefined } {
  const [B, T] = stream.shape as [number, number, number];
  const { head } = gptSizes(config);
  const project: Project = options.project ?? ((x, name) => t.linear(x, parameter(p, name)));
  let x = stream;
  let balance: Tensor | undefined;
  for (let i = from; i < to; i++) {
    const layer = `model.layers.${i}.`;
    const heads = (name: string, of: Tensor): Tensor =>
      t.reshape(project(of, `${layer}self_attn.${name}.weight`), [B, T, -1, head]);

    const h = t.norm(x, parameter(p, `${layer}input_layernorm.weight`), undefined, config.normEps);
    const q = t.rotate(heads("q_proj", h), rotation);
    const k = t.rotate(heads("k_proj", h), rotation);
    const y = t.attention(q, k, heads("v_proj", h), { causal: true });
    const mixed = project(t.reshape(y, [B, T, -1]), `${layer}self_attn.o_proj.weight`);
    x = t.add(x, drop(config, mixed, options, 2 * i + 1));

    const f = t.norm(x, parameter(p, `${layer}post_attention_layernorm.weight`), undefined, config.normEps);
    if (config.experts === undefined) {
      const inner = t.swiglu(project(f, `${layer}mlp.gate_proj.weight`), project(f, `${layer}mlp.up_proj.weight`));
      x = t.add(x, drop(config, project(inner, `${layer}mlp.down_proj.weight`), options, 2 * i + 2));
    } else {
      const mixed = mixture(t.reshape(f, [B * T, config.width]), p, `${layer}block_sparse_moe.`, config.experts);
      x = t.add(x, drop(config, t.reshape(mixed.y, [B, T, config.width]), options, 2 * i + 2));
      const weighed = t.scale(mixed.balance, config.experts.balance / config.layers);
      balance = balance === undefined ? weighed : t.add(balance, weighed);
    }
  }
  return { x, balance };
}

/** The residual stream after the last layer → logits [B, T, vocab]. */
export function gptLogits(config: GptConfig, p: Parameters, x: Tensor): Tensor {
  const normed = t.norm(x, parameter(p, "model.norm.weight"), undefined, config.normEps);
  return t.linear(normed, parameter(p, config.tied ? "model.embed_tokens.weight" : "lm_head.weight"));
}

/** `mask`: 0 after the embedding, 2i + 1 and 2i + 2 in layer i. */
function drop({ dropout: rate }: GptConfig, x: Tensor, { dropout }: GptOptions, mask: number): Tensor {
  return dropout === undefined || rate === 0 ? x : t.dropout(x, rate, dropout.seed, dropout.step * 1000 + mask);
}
