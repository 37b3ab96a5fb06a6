import { InksealError } from "@inkseal/core";

/** What transformers.js appends to a file's name for each number format (its `dtypes.js`), and what people write for it. */
const suffixes: Readonly<Record<string, string>> = {
  fp32: "",
  fp16: "_fp16",
  q8: "_quantized",
  quantized: "_quantized",
  int8: "_int8",
  uint8: "_uint8",
  q4: "_q4",
  q4f16: "_q4f16",
  bnb4: "_bnb4",
};
const weights = /^onnx\/(.+)\.onnx$/;
/** Graphs may keep their weights beside them: `x.onnx_data`, `x.onnx_data_1`, `x.onnx.data`. */
const besideWeights = /^onnx\/(.+)\.onnx[._]data(?:_\d+)?$/;
const settings =
  /^(config|generation_config|preprocessor_config|processor_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|chat_template|quantize_config|modules|config_sentence_transformers)\.json$|^(vocab|merges)\.txt$|^chat_template\.jinja$|^(spiece|sentencepiece|sentencepiece\.bpe|tokenizer|source|target)\.(model|spm)$|^1_Pooling\/config\.json$/;

/** The variant of a graph's name and the name without it: `decoder_model_merged_q4` is [`decoder_model_merged`, `q4`]. */
function variantOf(name: string): readonly [base: string, variant: string] {
  for (const [variant, suffix] of Object.entries(suffixes)) {
    if (suffix !== "" && name.endsWith(suffix)) return [name.slice(0, -suffix.length), variant];
  }
  return [name, "fp32"];
}

/**
 * Configuration, tokenizer and the graphs of one number format, `config.json` last: the folder counts as a model once it
 * is there. Throws `not-found`, `bad-request` naming the formats when several fit and none is full precision.
 */
export function onnxFiles<File extends { readonly path: string }>(
  all: readonly File[],
  { repo, word, file }: { readonly repo: string; readonly word?: string; readonly file?: string },
): File[] {
  const variants = new Map<string, Set<string>>();
  for (const { path } of all) {
    const name = weights.exec(path)?.[1];
    if (name === undefined) continue;
    const [, variant] = variantOf(name);
    variants.set(variant, (variants.get(variant) ?? new Set()).add(name));
  }
  const names = [...variants.keys()].join(", ");
  const asked = file !== undefined ? weights.exec(file)?.[1] : undefined;
  const variant = asked !== undefined ? variantOf(asked)[1] : variantFor(word, variants);
  let graphs = variants.get(variant ?? "") ?? new Set<string>();
  if (asked !== undefined) graphs = new Set([...graphs].filter((n) => n === asked));
  if (graphs.size === 0 && word === undefined && file === undefined && variants.size > 1)
    throw new InksealError("bad-request", `${repo} has several formats: ${names}; name one`, { param: "model" });
  if (graphs.size === 0 || !all.some((f) => f.path === "config.json"))
    throw new InksealError(
      "not-found",
      `${repo} has no ONNX model ${file ?? word ?? ""} with its config.json; it has ${names || "none"}`,
      {
        param: "model",
      },
    );
  graphs = withoutSpares(graphs);
  const files = all.filter(({ path }) => {
    const name = weights.exec(path)?.[1] ?? besideWeights.exec(path)?.[1];
    return name === undefined ? settings.test(path) : graphs.has(name);
  });
  return [...files.filter((f) => f.path !== "config.json"), ...files.filter((f) => f.path === "config.json")];
}

function variantFor(word: string | undefined, variants: ReadonlyMap<string, unknown>): string | undefined {
  if (word === undefined) return variants.has("fp32") ? "fp32" : variants.size === 1 ? [...variants.keys()][0] : undefined;
  const suffix = Object.hasOwn(suffixes, word.toLowerCase()) ? suffixes[word.toLowerCase()] : undefined;
  return [...variants.keys()].find((v) => suffixes[v] === suffix);
}

/** A merged decoder does the work of the two that it was merged from. */
function withoutSpares(graphs: ReadonlySet<string>): Set<string> {
  const bases = new Set([...graphs].map((n) => variantOf(n)[0]));
  const spare = (base: string): boolean =>
    bases.has("decoder_model_merged") && (base === "decoder_model" || base === "decoder_with_past_model");
  return new Set([...graphs].filter((n) => !spare(variantOf(n)[0])));
}
