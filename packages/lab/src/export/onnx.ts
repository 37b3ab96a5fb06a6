import { checkWeights } from "../models/check-weights.ts";
import { type GptConfig, gptSizes } from "../models/config.ts";
import type { Values, Weights } from "../weights.ts";
import { OnnxGraph, type OnnxValue } from "./onnx-graph.ts";

export interface OnnxExport {
  readonly config: GptConfig;
  readonly weights: Weights;
  /**
   * Takes and gives the cache, under the names of Hugging Face's Optimum: inputs `attention_mask` [batch, past + sequence] (0 for
   * padding, before or after) and `past_key_values.N.key`, `….value` [batch, kvHeads, past, head], outputs `present.N.key`, `….value`.
   */
  readonly past?: boolean;
  /** 8: the matrices of linear layers as 8-bit integers with a scale for each output, a quarter of the size; not those of experts. */
  readonly bits?: 8 | 32;
}
type Floats = OnnxValue<"float">;
type Ints = OnnxValue<"int64">;

/** Hidden places; not −∞, so that a row of padding, which sees nothing, stays a number. */
const hiddenScore = -1e9;

/**
 * The model as an ONNX file of standard operators only: `input_ids` [batch, sequence] → `logits` [batch, sequence, vocab].
 * With experts, each is computed for each token. Throws `bad-file` when the weights do not fit the configuration and `too-large` above 2 GiB.
 */
export function onnx({ config, weights, past = false, bits = 32 }: OnnxExport): Uint8Array {
  checkWeights(config, weights);
  const { head, kvHeads } = gptSizes(config);
  const g = new OnnxGraph("gpt");
  const get = (name: string): Values => weights.get(name)!;
  const vector = (name: string): Floats => g.weight(name, get(name).shape, get(name).data);
  /** The weight as [in, out]. */
  const linear = (x: Floats, name: string): Floats =>
    bits === 8 ? rounded(g, x, name, get(name)) : g.matMul(x, g.weight(name, ...turned(get(name))));
  const norm = (x: Floats, name: string): Floats => {
    const square = g.add(g.reduceMean(g.mul(x, x)), g.floats(config.normEps));
    return g.mul(g.mul(x, g.map("Reciprocal", g.map("Sqrt", square))), vector(name));
  };

  const ids = g.input("input_ids", "int64", ["batch", "sequence"]);
  const length = g.sizeOf(ids, 1);
  const caches = Array.from({ length: past ? config.layers : 0 }, (_, i) =>
    (["key", "value"] as const).map((part) =>
      g.input(`past_key_values.${i}.${part}`, "float", ["batch", kvHeads, "past_sequence_length", head]),
    ),
  );
  const mask = past ? g.input("attention_mask", "int64", ["batch", "total_sequence_length"]) : undefined;
  const places = placesOf(g, length, mask);
  const bias = g.where(g.or(...hidden(g, length, mask)), g.floats(hiddenScore), g.floats(0));
  const turn = rotation(g, config, head, places);

  /** [batch, sequence, count · head] as [batch, count, sequence, head]. */
  const split = (x: Floats, count: number): Floats => g.transpose(g.reshape(x, [0, 0, count, head]), [0, 2, 1, 3]);
  /** Each head of keys or values once for each of its heads of queries. */
  const shared = (x: Floats): Floats => {
    if (kvHeads === config.heads) return x;
    const repeated = g.expand(g.unsqueeze(x, [2]), g.ints([1, 1, config.heads / kvHeads, 1, 1]));
    return g.reshape(repeated, [0, config.heads, -1, head]);
  };

  const embedding = vector("model.embed_tokens.weight");
  let x = g.gather(embedding, ids);
  for (let i = 0; i < config.layers; i++) {
    const layer = `model.layers.${i}.`;
    const normed = norm(x, `${layer}input_layernorm.weight`);
    const project = (part: string, count: number) => split(linear(normed, `${layer}self_attn.${part}_proj.weight`), count);
    const q = turn(project("q", config.heads));
    let k = turn(project("k", kvHeads));
    let v = project("v", kvHeads);
    if (past) {
      const [keys, values] = caches[i] as [Floats, Floats];
      k = g.concat([keys, k], 2);
      v = g.concat([values, v], 2);
      for (const [part, value] of Object.entries({ key: k, value: v }))
        g.output(`present.${i}.${part}`, value, ["batch", kvHeads, "total_sequence_length", head]);
    }
    const scores = g.mul(g.matMul(q, g.transpose(shared(k), [0, 1, 3, 2])), g.floats(1 / Math.sqrt(head)));
    const mixed = g.matMul(g.softmax(g.add(scores, bias)), shared(v));
    const joined = g.reshape(g.transpose(mixed, [0, 2, 1, 3]), [0, 0, config.width]);
    x = g.add(x, linear(joined, `${layer}self_attn.o_proj.weight`));
    x = g.add(x, feedForward(g, norm(x, `${layer}post_attention_layernorm.weight`), layer, config, get, linear));
  }
  const last = norm(x, "model.norm.weight");
  const logits =
    config.tied && bits === 8
      ? rounded(g, last, "lm_head.weight", get("model.embed_tokens.weight"))
      : config.tied
        ? g.matMul(last, g.transpose(embedding, [1, 0]))
        : linear(last, "lm_head.weight");
  g.output("logits", logits, ["batch", "sequence", config.vocab]);
  return g.finish();
}

/** The place of each new token: [sequence], or with a mask [batch, sequence], where padding does not count. */
function placesOf(g: OnnxGraph, length: Ints, mask: Ints | undefined): Ints {
  if (mask === undefined) return g.range(length);
  const counted = g.sub(g.cumSum(mask, 1), g.ints(1));
  const all = g.where(g.greater(g.ints(0), counted), g.ints(0), counted);
  return g.slice(all, 1, g.sub(g.ints([0]), length), g.ints([2 ** 31 - 1]));
}

/** Which keys a query must not see: later ones, and padding. Both broadcast to [batch, 1, sequence, total]. */
function hidden(g: OnnxGraph, length: Ints, mask: Ints | undefined): [OnnxValue<"bool">, OnnxValue<"bool">] {
  const total = mask === undefined ? length : g.sizeOf(mask, 1);
  const queries = g.unsqueeze(g.add(g.range(length), g.sub(total, length)), [1]);
  const later = g.greater(g.range(total), queries);
  return [later, mask === undefined ? later : g.greater(g.ints(1), g.unsqueeze(mask, [1, 2]))];
}

/** RoPE with tables of cosines and sines, [context, head / 2]: turns the pair (i, i + head/2) of [batch, heads, sequence, head]. */
function rotation(g: OnnxGraph, { context, ropeTheta }: GptConfig, head: number, places: Ints): (x: Floats) => Floats {
  const half = head / 2;
  const table = (name: string, of: (angle: number) => number): Floats => {
    const values = Float32Array.from({ length: context * half }, (_, n) =>
      of(Math.floor(n / half) * ropeTheta ** ((-2 * (n % half)) / head)),
    );
    const rows = g.gather(g.weight(name, [context, half], values), places);
    return g.unsqueeze(rows, [-3]); // [1 or batch, 1, sequence, half] against [batch, heads, sequence, half]
  };
  const [cos, sin] = [table("cosines", Math.cos), table("sines", Math.sin)];
  return (x) => {
    const [a, b] = g.halves(x, -1);
    return g.concat([g.sub(g.mul(a, cos), g.mul(b, sin)), g.add(g.mul(b, cos), g.mul(a, sin))], -1);
  };
}

function feedForward(
  g: OnnxGraph,
  x: Floats,
  layer: string,
  { experts }: GptConfig,
  get: (name: string) => Values,
  linear: (x: Floats, name: string) => Floats,
): Floats {
  const gated = (gate: Floats, up: Floats): Floats => g.mul(g.mul(gate, g.map("Sigmoid", gate)), up);
  if (experts === undefined) {
    const mlp = (part: string) => `${layer}mlp.${part}_proj.weight`;
    return linear(gated(linear(x, mlp("gate")), linear(x, mlp("up"))), mlp("down"));
  }
  const moe = `${layer}block_sparse_moe.`;
  const scores = linear(x, `${moe}gate.weight`);
  const { values, places } = g.topK(scores, experts.top);
  const shares = g.scatter(g.expand(g.floats(0), g.shape(scores)), places, g.softmax(values)); // [batch, sequence, experts]
  /** All experts' matrices as [experts, in, out]. */
  const stacked = (part: string): Floats => {
    const all = Array.from({ length: experts.count }, (_, e) => turned(get(`${moe}experts.${e}.${part}.weight`)));
    const data = new Float32Array(all.length * all[0]![1].length);
    for (const [e, [, matrix]] of all.entries()) data.set(matrix, e * matrix.length);
    return g.weight(`${moe}experts.${part}`, [experts.count, ...all[0]![0]], data);
  };
  const each = g.unsqueeze(x, [1]); // [batch, 1, sequence, width], against [experts, width, hidden]
  const out = g.matMul(gated(g.matMul(each, stacked("w1")), g.matMul(each, stacked("w3"))), stacked("w2"));
  return g.reduceSum(g.mul(out, g.unsqueeze(g.transpose(shares, [0, 2, 1]), [3])), 1);
}

/** The product with a matrix [out, in] of 8-bit integers, each row by its largest value. */
function rounded(g: OnnxGraph, x: Floats, name: string, { shape, data }: Values): Floats {
  const [rows, columns] = shape as [number, number];
  const out = new Int8Array(data.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const values = data.subarray(row * columns, (row + 1) * columns);
    const scale = values.reduce((top, v) => Math.max(top, Math.abs(v)), 0) / 127 || 1;
    scales[row] = scale;
    for (let i = 0; i < columns; i++) out[i * rows + row] = Math.round(values[i]! / scale);
  }
  return g.matMulInteger(x, g.integers(name, [columns, rows], out), g.weight(`${name}.scales`, [rows], scales));
}

/** A matrix [out, in] as [in, out]. */
function turned({ shape, data }: Values): [shape: readonly number[], data: Float32Array] {
  const [rows, columns] = shape as [number, number];
  const out = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) for (let i = 0; i < columns; i++) out[i * rows + row] = data[row * columns + i]!;
  return [[columns, rows], out];
}
