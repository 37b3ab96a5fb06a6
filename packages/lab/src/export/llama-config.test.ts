import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type GptConfig, GptConfigSchema, gptSizes } from "../models/config.ts";
import { fromLlamaConfig, toLlamaConfig } from "./llama-config.ts";

const config = fc
  .record({
    vocab: fc.integer({ min: 1, max: 200_000 }),
    context: fc.integer({ min: 1, max: 9999 }),
    layers: fc.integer({ min: 1, max: 99 }),
    head: fc.integer({ min: 1, max: 64 }),
    kvHeads: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
    group: fc.integer({ min: 1, max: 4 }),
    hidden: fc.option(fc.integer({ min: 1, max: 9999 }), { nil: undefined }),
    ropeTheta: fc.integer({ min: 1, max: 1e6 }),
    normEps: fc.constantFrom(1e-5, 1e-6),
    tied: fc.boolean(),
    experts: fc.option(fc.constantFrom({ count: 8, top: 2, balance: 0.02 }, { count: 4, top: 1, balance: 0 }), {
      nil: undefined,
    }),
  })
  .map(({ head, group, ...c }): GptConfig => {
    const heads = (c.kvHeads ?? 2) * group;
    return GptConfigSchema.parse({ kind: "gpt", ...c, heads, width: heads * head * 2 });
  });

describe("config.json of Hugging Face's Llama", () => {
  it("goes out and comes back the same, sizes spelled out", () => {
    fc.assert(
      fc.property(config, (ours) => {
        const back = fromLlamaConfig(JSON.parse(JSON.stringify(toLlamaConfig(ours))));
        expect(back).toEqual({ ...ours, kvHeads: ours.kvHeads ?? ours.heads, hidden: gptSizes(ours).hidden });
      }),
    );
  });
  const published = {
    // TinyLlama/TinyLlama-1.1B-Chat-v1.0, as published
    architectures: ["LlamaForCausalLM"],
    attention_bias: false,
    bos_token_id: 1,
    eos_token_id: 2,
    hidden_act: "silu",
    hidden_size: 2048,
    initializer_range: 0.02,
    intermediate_size: 5632,
    max_position_embeddings: 2048,
    model_type: "llama",
    num_attention_heads: 32,
    num_hidden_layers: 22,
    num_key_value_heads: 4,
    pretraining_tp: 1,
    rms_norm_eps: 1e-5,
    rope_scaling: null,
    rope_theta: 10000.0,
    tie_word_embeddings: false,
    torch_dtype: "bfloat16",
    use_cache: true,
    vocab_size: 32000,
  };
  it("is read from a published model", () => {
    expect(fromLlamaConfig(published)).toMatchObject({
      layers: 22,
      width: 2048,
      heads: 32,
      kvHeads: 4,
      hidden: 5632,
      tied: false,
    });
    expect(
      fromLlamaConfig({ ...published, rope_theta: undefined, rope_parameters: { rope_type: "default", rope_theta: 5e5 } }),
    ).toMatchObject({
      ropeTheta: 5e5,
    });
  });
  it.each<[object, RegExp]>([
    [{ model_type: "gpt2" }, /model_type/],
    [{ rope_scaling: { rope_type: "llama3", factor: 8 } }, /scaled RoPE \("llama3"\)/],
    [{ rope_parameters: { rope_type: "yarn" } }, /scaled RoPE/],
    [{ attention_bias: true }, /attention_bias/],
    [{ hidden_act: "gelu" }, /hidden_act/],
    [{ head_dim: 128 }, /head_dim 128/],
    [{ sliding_window: 4096 }, /sliding_window/],
    [{ num_key_value_heads: 5 }, /multiple of kvHeads/],
    [{ hidden_size: 2049 }, /fit together/],
    [{ vocab_size: undefined }, /vocab_size/],
  ])("is refused by name with %j", (changes, message) => {
    expect(() => fromLlamaConfig({ ...published, ...changes })).toThrow(
      expect.objectContaining({ code: "bad-file", message: expect.stringMatching(message) }),
    );
  });
});
