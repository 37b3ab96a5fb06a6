import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { OnnxGraph, OnnxValue } from "@inkseal/lab";

const vocabulary = ["<unk>", "</s>", "one", "two", "three", "four", "foul", "fair", "user", "assistant"];
const tokens = (g: OnnxGraph): OnnxValue<"int64"> => {
  g.input("attention_mask", "int64", ["batch", "length"]);
  return g.input("input_ids", "int64", ["batch", "length"]);
};
/** For each word a row of `columns` numbers. */
const looksUp = (g: OnnxGraph, columns: number, cell: (row: number, column: number) => number): OnnxValue<"float"> => {
  const values = Float32Array.from({ length: vocabulary.length * columns }, (_, i) =>
    cell(Math.floor(i / columns), i % columns),
  );
  return g.gather(g.weight("table", [vocabulary.length, columns], values), tokens(g));
};

/** One vector of 4 for each word. */
const encoder = (g: OnnxGraph): void =>
  g.output(
    "last_hidden_state",
    looksUp(g, 4, (row, column) => Math.sin(row * 4 + column + 1)),
    ["batch", "length", 4],
  );
/** Counts: after each word the next one, up to four, then `last`; after anything else, one. */
const decoder =
  (last: "</s>" | "one") =>
  (g: OnnxGraph): void => {
    const scores = looksUp(g, vocabulary.length, (row, column) => {
      const next = row >= 2 && row < 5 ? row + 1 : row === 5 ? vocabulary.indexOf(last) : 2;
      return column === next ? 9 : -9;
    });
    g.output("logits", scores, ["batch", "length", vocabulary.length]);
  };
/** `foul` is toxic. */
const classifier = (g: OnnxGraph): void => {
  const each = looksUp(g, 2, (row, column) => (row === 6 ? [0, 9] : [3, -9])[column] as number);
  g.output("logits", g.node("ReduceMax", "float", [each], { axes: [1], keepdims: 0 }), ["batch", 2]);
};
/** Hears, every tenth of a second, A where the mean is above zero and B where it is below. */
const recogniser = (g: OnnxGraph): void => {
  const channel = g.unsqueeze(g.input("input_values", "float", ["batch", "samples"]), [1]);
  const frames = g.node("AveragePool", "float", [channel], { kernel_shape: [1600], strides: [1600] });
  const weights = g.weight("weights", [1, 4], Float32Array.of(0, 0, 9, -9));
  g.output("logits", g.matMul(g.transpose(frames, [0, 2, 1]), weights), ["batch", "frames", 4]);
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
} as const satisfies Record<string, readonly [(g: OnnxGraph) => void, Readonly<Record<string, object>>]>;

/**
 * A folder as transformers.js wants it, with a true model of a few numbers: `encoder` (vectors), `decoder` (counts from one to
 * four), `endless` (and again), `classifier` (finds `foul`), `recogniser` (A above zero, B below).
 */
export async function writeTinyOnnx(folder: string, kind: keyof typeof kinds): Promise<void> {
  const { OnnxGraph } = await import("@inkseal/lab"); // late: most tests need none of it
  const [fill, files] = kinds[kind];
  const graph = new OnnxGraph(kind);
  fill(graph);
  await mkdir(join(folder, "onnx"), { recursive: true });
  await writeFile(join(folder, "onnx/model.onnx"), graph.finish());
  const all = { "tokenizer.json": wordTokenizer, "tokenizer_config.json": tokenizerConfig, ...files };
  for (const [name, content] of Object.entries(all)) await writeFile(join(folder, name), JSON.stringify(content));
}
