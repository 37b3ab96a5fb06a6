import { InksealError } from "@inkseal/core";
import { normal } from "../data/gaussian.ts";
import type { Random, Values, Weights } from "../weights.ts";
import { type GptConfig, gptShapes, gptSizes } from "./config.ts";

/**
 * The logits after each of `tokens`, `vocab` numbers each, computed as plainly as can be in double precision: the truth against
 * which engines, caches, quantisation and exports are measured. Slow (no cache, no matrices), pure, and without dropout.
 * Throws `bad-request` when a token is outside the vocabulary or a weight is missing.
 */
export function referenceLogits(config: GptConfig, weights: Weights, tokens: readonly number[]): Float64Array[] {
  const { hidden, ...sizes } = gptSizes(config);
  const weight = (name: string): Values => {
    const found = weights.get(name);
    if (found === undefined) throw new InksealError("bad-request", `the weights lack ${name}`);
    return found;
  };
  const norm = (x: Float64Array, name: string): Float64Array => rmsNorm(x, weight(name).data, config.normEps);

  const embedding = weight("model.embed_tokens.weight");
  let stream = tokens.map((token): Float64Array => {
    if (!(token >= 0 && token < config.vocab)) throw new InksealError("bad-request", `there is no token ${token}`);
    return Float64Array.from(embedding.data.subarray(token * config.width, (token + 1) * config.width));
  });
  for (let i = 0; i < config.layers; i++) {
    const layer = `model.layers.${i}.`;
    const project = (x: Float64Array, part: string) => linear(weight(`${layer}${part}.weight`), x);
    const normed = stream.map((x) => norm(x, `${layer}input_layernorm.weight`));
    const turn = (x: Float64Array, position: number) => rotate(x, position, sizes.head, config.ropeTheta);
    const mixed = attend(
      normed.map((x, position) => turn(project(x, "self_attn.q_proj"), position)),
      normed.map((x, position) => turn(project(x, "self_attn.k_proj"), position)),
      normed.map((x) => project(x, "self_attn.v_proj")),
      { head: sizes.head, heads: config.heads, kvHeads: sizes.kvHeads },
    );
    stream = stream.map((x, t) => add(x, project(mixed[t]!, "self_attn.o_proj")));

    const feed = (x: Float64Array, [gate, up, down]: readonly [string, string, string]): Float64Array => {
      const opened = project(x, up);
      const gates = project(x, gate);
      return project(
        opened.map((v, j) => v * silu(gates[j]!)),
        down,
      );
    };
    stream = stream.map((x) => {
      const y = norm(x, `${layer}post_attention_layernorm.weight`);
      if (config.experts === undefined) return add(x, feed(y, ["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]));
      const scores = project(y, "block_sparse_moe.gate");
      const chosen = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, config.experts.top);
      const shares = softmax(Float64Array.from(chosen, (e) => scores[e]!));
      return chosen.reduce<Float64Array>((sum, e, rank) => {
        const expert = `block_sparse_moe.experts.${e}`;
        const out = feed(y, [`${expert}.w1`, `${expert}.w3`, `${expert}.w2`]);
        return add(
          sum,
          out.map((v) => v * shares[rank]!),
        );
      }, x);
    });
  }
  const output = config.tied ? embedding : weight("lm_head.weight");
  return stream.map((x) => linear(output, norm(x, "model.norm.weight")));
}

/** Weights of a test's model: normal, scaled by 1/√(row length), norms near one. `random`: a seeded generator. */
export function randomWeights(config: GptConfig, random: Random): Weights {
  return new Map(
    [...gptShapes(config)].map(([name, shape]): [string, Values] => {
      const columns = shape.at(-1)!;
      const value =
        shape.length === 1
          ? () => 1 + 0.1 * normal(random)
          : name.includes("embed")
            ? () => normal(random) // tied to the output: logits spread far enough for a greedy choice without ties
            : () => normal(random) / Math.sqrt(columns);
      return [name, { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, value) }];
    }),
  );
}

/** y = W x, for W [out, in]. */
function linear({ shape, data }: Values, x: Float64Array): Float64Array {
  return Float64Array.from({ length: shape[0]! }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += data[row * x.length + i]! * x[i]!;
    return sum;
  });
}

/** x / √(mean(x²) + ε) · w (Zhang & Sennrich 2019). */
function rmsNorm(x: Float64Array, w: Float32Array, eps: number): Float64Array {
  const scale = 1 / Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length + eps);
  return x.map((v, i) => v * scale * w[i]!);
}

/** Rotary position embedding (Su et al. 2021): in each head the pair (i, i + head/2) turns by position · θ^(−2i/head). */
function rotate(x: Float64Array, position: number, head: number, theta: number): Float64Array {
  const out = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += head)
    for (let i = 0; i < head / 2; i++) {
      const angle = position * theta ** ((-2 * i) / head);
      const [a, b] = [x[start + i]!, x[start + i + head / 2]!];
      out[start + i] = a * Math.cos(angle) - b * Math.sin(angle);
      out[start + i + head / 2] = b * Math.cos(angle) + a * Math.sin(angle);
    }
  return out;
}

/** Causal attention; several heads of queries share one of keys and values (Ainslie et al. 2023). One row for each position. */
function attend(
  q: readonly Float64Array[],
  k: readonly Float64Array[],
  v: readonly Float64Array[],
  { head, heads, kvHeads }: { readonly head: number; readonly heads: number; readonly kvHeads: number },
): Float64Array[] {
  return q.map((query, t) => {
    const out = new Float64Array(heads * head);
    for (let h = 0; h < heads; h++) {
      const from = Math.floor(h / (heads / kvHeads)) * head;
      const dot = (key: Float64Array) => {
        let sum = 0;
        for (let i = 0; i < head; i++) sum += query[h * head + i]! * key[from + i]!;
        return sum / Math.sqrt(head);
      };
      const shares = softmax(Float64Array.from({ length: t + 1 }, (_, s) => dot(k[s]!)));
      for (let s = 0; s <= t; s++) for (let i = 0; i < head; i++) out[h * head + i]! += shares[s]! * v[s]![from + i]!;
    }
    return out;
  });
}

function softmax(x: Float64Array): Float64Array {
  const top = Math.max(...x);
  const powers = x.map((v) => Math.exp(v - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
}

const silu = (x: number): number => x / (1 + Math.exp(-x));
const add = (a: Float64Array, b: Float64Array): Float64Array => a.map((v, i) => v + b[i]!);
