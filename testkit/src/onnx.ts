import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Protocol buffers, as far as ONNX needs them: varints, and bytes with a length before them. */
const varint = (value: number | bigint): number[] => {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  out.push(Number(rest));
  return out;
};
const int = (field: number, value: number | bigint): Buffer => Buffer.from([...varint(field << 3), ...varint(value)]);
const bytes = (field: number, value: string | Uint8Array): Buffer => {
  const body = Buffer.from(value as string);
  return Buffer.concat([Buffer.from([...varint((field << 3) | 2), ...varint(body.length)]), body]);
};
const message = (field: number, ...parts: readonly Buffer[]): Buffer => bytes(field, Buffer.concat(parts));

const float32 = 1;
const int64 = 7;

/** Numbers below which a graph works on. */
export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: readonly number[];
  readonly type?: "float" | "int64";
}
export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** Integer attributes, single or lists. */
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly weights: readonly OnnxTensor[];
  /** Names of int64 inputs of shape [batch, length], or of floats. */
  readonly inputs: readonly { readonly name: string; readonly type: "float" | "int64" }[];
  readonly output: { readonly name: string; readonly rank: number };
}

/** An ONNX model, opset 17. @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */
export function onnxOf({ nodes, weights, inputs, output }: OnnxGraph): Buffer {
  const value = (field: number, name: string, type: number, rank: number): Buffer => {
    const dims = Array.from({ length: rank }, (_, i) => message(1, bytes(2, `d${i}`)));
    return message(field, bytes(1, name), message(2, message(1, int(1, type), message(2, ...dims))));
  };
  const graph = message(
    7,
    ...nodes.map(({ op, inputs: from, output: to, attributes = {} }) =>
      message(
        1,
        ...from.map((name) => bytes(1, name)),
        bytes(2, to),
        bytes(4, op),
        ...Object.entries(attributes).map(([name, v]) =>
          typeof v === "number"
            ? message(5, bytes(1, name), int(3, v), int(20, 2))
            : message(5, bytes(1, name), ...v.map((n) => int(8, n)), int(20, 7)),
        ),
      ),
    ),
    bytes(2, "tiny"),
    ...weights.map(({ name, dims, values, type }) =>
      message(
        5,
        ...dims.map((d) => int(1, d)),
        int(2, type === "int64" ? int64 : float32),
        bytes(8, name),
        bytes(9, type === "int64" ? rawInts(values) : rawFloats(values)),
      ),
    ),
    ...inputs.map(({ name, type }) => value(11, name, type === "int64" ? int64 : float32, 2)),
    value(12, output.name, float32, output.rank),
  );
  return Buffer.concat([int(1, 8), bytes(2, "inkseal"), graph, message(8, bytes(1, ""), int(2, 17))]);
}

const rawFloats = (values: readonly number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
const rawInts = (values: readonly number[]): Uint8Array => new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer);

const vocabulary = ["<unk>", "</s>", "one", "two", "three", "four", "foul", "fair", "user", "assistant"];
const ids = [
  { name: "input_ids", type: "int64" },
  { name: "attention_mask", type: "int64" },
] as const;
const looksUp = (output: string): OnnxNode => ({ op: "Gather", inputs: ["table", "input_ids"], output });
const table = (columns: number, cell: (row: number, column: number) => number): OnnxTensor => ({
  name: "table",
  dims: [vocabulary.length, columns],
  values: Array.from({ length: vocabulary.length * columns }, (_, i) => cell(Math.floor(i / columns), i % columns)),
});

/** One vector of 4 for each word. */
const encoder: OnnxGraph = {
  nodes: [looksUp("last_hidden_state")],
  weights: [table(4, (row, column) => Math.sin(row * 4 + column + 1))],
  inputs: ids,
  output: { name: "last_hidden_state", rank: 3 },
};
/** Counts: after each word the next one, up to four, then `last`; after anything else, one. */
const decoder = (last: "</s>" | "one"): OnnxGraph => ({
  nodes: [looksUp("logits")],
  weights: [
    table(vocabulary.length, (row, column) => {
      const next = row >= 2 && row < 5 ? row + 1 : row === 5 ? vocabulary.indexOf(last) : 2;
      return column === next ? 9 : -9;
    }),
  ],
  inputs: ids,
  output: { name: "logits", rank: 3 },
});
/** `foul` is toxic. */
const classifier: OnnxGraph = {
  nodes: [looksUp("each"), { op: "ReduceMax", inputs: ["each"], output: "logits", attributes: { axes: [1], keepdims: 0 } }],
  weights: [table(2, (row, column) => (row === 6 ? [0, 9] : [3, -9])[column] as number)],
  inputs: ids,
  output: { name: "logits", rank: 2 },
};
/** Hears, every tenth of a second, A where the mean is above zero and B where it is below. */
const recogniser: OnnxGraph = {
  nodes: [
    { op: "Unsqueeze", inputs: ["input_values", "one"], output: "channel" },
    { op: "AveragePool", inputs: ["channel"], output: "frames", attributes: { kernel_shape: [1600], strides: [1600] } },
    { op: "Transpose", inputs: ["frames"], output: "rows", attributes: { perm: [0, 2, 1] } },
    { op: "MatMul", inputs: ["rows", "weights"], output: "logits" },
  ],
  weights: [
    { name: "one", dims: [1], values: [1], type: "int64" },
    { name: "weights", dims: [1, 4], values: [0, 0, 9, -9] },
  ],
  inputs: [{ name: "input_values", type: "float" }],
  output: { name: "logits", rank: 3 },
};

const special = (id: number, content: string): object => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});
const wordTokenizer = {
  version: "1.0",
  added_tokens: [special(0, "<unk>"), special(1, "</s>")],
  normalizer: null,
  pre_tokenizer: { type: "Whitespace" },
  post_processor: null,
  decoder: null,
  model: { type: "WordLevel", vocab: Object.fromEntries(vocabulary.map((w, i) => [w, i])), unk_token: "<unk>" },
};
const soundTokenizer = {
  ...wordTokenizer,
  added_tokens: [special(0, "<pad>")],
  pre_tokenizer: null,
  decoder: { type: "CTC", pad_token: "<pad>", word_delimiter_token: "|", cleanup: false },
  model: { type: "WordLevel", vocab: { "<pad>": 0, "|": 1, A: 2, B: 3 }, unk_token: "<pad>" },
};
const config = (architecture: string, more: object): object => ({ architectures: [architecture], ...more });
const tokenizerConfig = { tokenizer_class: "PreTrainedTokenizer", eos_token: "</s>", unk_token: "<unk>", pad_token: "</s>" };

const speaking = (n_positions: number): Readonly<Record<string, object>> => ({
  "config.json": config("GPT2LMHeadModel", {
    model_type: "gpt2",
    n_positions,
    n_layer: 0,
    n_head: 1,
    n_embd: 4,
    vocab_size: vocabulary.length,
    eos_token_id: 1,
  }),
  "generation_config.json": { eos_token_id: 1 },
  "tokenizer_config.json": {
    ...tokenizerConfig,
    chat_template:
      "{% for m in messages %}{{ m.role }} {{ m.content }} {% endfor %}{% if add_generation_prompt %}assistant{% endif %}",
  },
});

const kinds = {
  encoder: [encoder, { "config.json": config("BertModel", { model_type: "bert", max_position_embeddings: 64 }) }],
  decoder: [decoder("</s>"), speaking(64)],
  endless: [decoder("one"), speaking(100_000)],
  classifier: [
    classifier,
    {
      "config.json": config("BertForSequenceClassification", {
        model_type: "bert",
        id2label: { 0: "neutral", 1: "toxic" },
        problem_type: "single_label_classification",
      }),
    },
  ],
  recogniser: [
    recogniser,
    {
      "config.json": config("Wav2Vec2ForCTC", { model_type: "wav2vec2", pad_token_id: 0, vocab_size: 4 }),
      "tokenizer.json": soundTokenizer,
      "tokenizer_config.json": { tokenizer_class: "Wav2Vec2CTCTokenizer", pad_token: "<pad>", word_delimiter_token: "|" },
      "preprocessor_config.json": {
        feature_extractor_type: "Wav2Vec2FeatureExtractor",
        feature_size: 1,
        sampling_rate: 16_000,
        padding_value: 0,
        do_normalize: false,
        return_attention_mask: false,
      },
    },
  ],
} as const satisfies Record<string, readonly [OnnxGraph, Readonly<Record<string, object>>]>;

/**
 * A folder as transformers.js wants it, with a true model of a few numbers: `encoder` (vectors), `decoder` (counts from one to
 * four), `endless` (and again), `classifier` (finds `foul`), `recogniser` (A above zero, B below).
 */
export async function writeTinyOnnx(folder: string, kind: keyof typeof kinds): Promise<void> {
  const [graph, files] = kinds[kind];
  await mkdir(join(folder, "onnx"), { recursive: true });
  await writeFile(join(folder, "onnx/model.onnx"), onnxOf(graph));
  const all = { "tokenizer.json": wordTokenizer, "tokenizer_config.json": tokenizerConfig, ...files };
  for (const [name, content] of Object.entries(all)) await writeFile(join(folder, name), JSON.stringify(content));
}
