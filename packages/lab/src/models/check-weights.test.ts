import { describe, expect, it } from "vitest";
import { seededRandom } from "../data/random.ts";
import { checkWeights } from "./check-weights.ts";
import { GptConfigSchema } from "./config.ts";
import { randomWeights } from "./reference.ts";

const config = GptConfigSchema.parse({
  kind: "gpt",
  vocab: 5,
  context: 8,
  layers: 1,
  width: 8,
  heads: 2,
  experts: { count: 2, top: 1 },
});
const good = randomWeights(config, seededRandom(1));
const changed = (change: (weights: Map<string, { shape: readonly number[]; data: Float32Array }>) => void) => {
  const weights = new Map(good);
  change(weights);
  return () => checkWeights(config, weights);
};

describe("checkWeights", () => {
  it("lets the model's own weights through, in any order", () => {
    checkWeights(config, good);
    checkWeights(config, new Map([...good].reverse()));
  });
  it("names the first tensor that is missing, misshapen, short or unknown", () => {
    const missing = changed((w) => w.delete("model.layers.0.block_sparse_moe.experts.1.w2.weight"));
    expect(missing).toThrow(expect.objectContaining({ code: "bad-file" }));
    expect(missing).toThrow(/experts\.1\.w2\.weight is missing/);
    const name = "model.layers.0.self_attn.k_proj.weight";
    expect(changed((w) => w.set(name, { shape: [4, 8], data: new Float32Array(32) }))).toThrow(
      /k_proj.weight has the shape \[4, 8\] in place of \[8, 8\]/,
    );
    expect(changed((w) => w.set(name, { shape: [8, 8], data: new Float32Array(63) }))).toThrow(/63 values/);
    expect(changed((w) => w.set("lm_head.weight", w.get("model.embed_tokens.weight")!))).toThrow(/"lm_head.weight" is unknown/);
  });
});
