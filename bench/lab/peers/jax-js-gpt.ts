/** The training step in plain jax-js: `jit(valueAndGrad(loss))` and SGD, one compiled function. */
import type { Array as Tensor } from "@jax-js/jax";
import { ropeTables, step, stepBatch, stepWeights, transposed } from "./step.ts";

const { layers, width, heads, head, tokens, batch, vocab, normEps, learningRate } = step;
type Weights = Record<string, Tensor>;

/** One step, on the device that `jax` has as its default: the loss. */
export function jaxJsStep(jax: typeof import("@jax-js/jax")): () => Promise<number> {
  const { numpy: np, nn, jit, valueAndGrad, tree } = jax;

  /** Linear weights lie as [in, out] here, which is the faster of the two ways. */
  const weights: Weights = Object.fromEntries(
    [...stepWeights()].map(([name, weight]) => {
      const { shape, data } = name.endsWith("_proj.weight") ? transposed(weight) : weight;
      return [name, np.array(data as Float32Array<ArrayBuffer>, { shape: [...shape] })];
    }),
  );
  const rope = ropeTables();
  const table = (data: Float32Array) => np.array(data as Float32Array<ArrayBuffer>, { shape: [1, tokens, 1, head] });
  const { inputs, targets } = stepBatch();
  const oneHot = (ids: Int32Array): Tensor => {
    const data = new Float32Array(ids.length * vocab);
    ids.forEach((id, i) => void (data[i * vocab + id] = 1));
    return np.array(data, { shape: [ids.length, vocab] });
  };

  // Every use of an array consumes it; `.ref` keeps it for one use more.
  const norm = (x: Tensor, gain: Tensor): Tensor => {
    const scale = np.reciprocal(np.sqrt(np.mean(np.square(x.ref), -1, { keepdims: true }).add(normEps)));
    return x.mul(scale).mul(gain);
  };
  const turn = (x: Tensor, cos: Tensor, sin: Tensor): Tensor => {
    const [low, high] = np.split(x.ref, 2, -1) as [Tensor, Tensor];
    return x.mul(cos).add(np.concatenate([high.neg(), low], -1).mul(sin));
  };
  /** Not `nn.dotProductAttention`: its einsum wants the iterator helpers of Node 22. All [B, T, nh, hd], q scaled; `mask` [T, T], 0 or −1e9. */
  const attend = (q: Tensor, k: Tensor, v: Tensor, mask: Tensor): Tensor => {
    const scores = np.matmul(q.transpose([0, 2, 1, 3]), k.transpose([0, 2, 3, 1])); // (B, nh, T, T)
    const shares = nn.softmax(scores.add(mask), -1);
    return np.matmul(shares, v.transpose([0, 2, 1, 3])).transpose([0, 2, 1, 3]);
  };
  const loss = (w: Weights, x: Tensor, y: Tensor, cos: Tensor, sin: Tensor, mask: Tensor): Tensor => {
    const take = (name: string): Tensor => (w[name] as Tensor).ref;
    let h = np.matmul(x, take("model.embed_tokens.weight")); // (B·T, d)
    for (let i = 0; i < layers; i++) {
      const layer = (name: string): Tensor => take(`model.layers.${i}.${name}.weight`);
      const a = norm(h.ref, layer("input_layernorm"));
      const split = (part: string): Tensor =>
        np.matmul(a.ref, layer(`self_attn.${part}_proj`)).reshape([batch, tokens, heads, head]); // (B, T, nh, hd)
      const q = turn(split("q"), cos.ref, sin.ref).mul(1 / Math.sqrt(head));
      const k = turn(split("k"), cos.ref, sin.ref);
      const v = split("v");
      a.dispose();
      const mixed = attend(q, k, v, mask.ref).reshape([batch * tokens, width]);
      h = h.add(np.matmul(mixed, layer("self_attn.o_proj")));
      const f = norm(h.ref, layer("post_attention_layernorm"));
      const gate = nn.silu(np.matmul(f.ref, layer("mlp.gate_proj")));
      h = h.add(np.matmul(gate.mul(np.matmul(f, layer("mlp.up_proj"))), layer("mlp.down_proj")));
    }
    const logits = np.matmul(norm(h, take("model.norm.weight")), np.transpose(take("model.embed_tokens.weight"))); // (B·T, vocab)
    const result = nn
      .logSoftmax(logits, -1)
      .mul(y)
      .sum()
      .mul(-1 / (batch * tokens));
    tree.dispose(w);
    cos.dispose();
    sin.dispose();
    mask.dispose();
    return result;
  };
  const train = jit((w: Weights, x: Tensor, y: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) => {
    const [value, gradient] = valueAndGrad(loss)(tree.ref(w), x, y, cos, sin, mask) as unknown as [Tensor, Weights];
    const next: Weights = {};
    for (const name of Object.keys(w)) next[name] = (w[name] as Tensor).sub((gradient[name] as Tensor).mul(learningRate));
    return [value, next] as [Tensor, Weights];
  });

  const x = oneHot(inputs);
  const y = oneHot(targets);
  const cos = table(rope.cos);
  const sin = table(rope.sin);
  const mask = np.array(
    Float32Array.from({ length: tokens * tokens }, (_, i) => (i % tokens > Math.floor(i / tokens) ? -1e9 : 0)),
    { shape: [tokens, tokens] },
  );
  let current = weights;
  return async () => {
    const [value, next] = train(current, x.ref, y.ref, cos.ref, sin.ref, mask.ref) as unknown as [Tensor, Weights];
    await jax.blockUntilReady(next);
    current = next;
    return (await value.jsAsync()) as number;
  };
}
