/**
 * A trained character model in two runtimes that nobody here wrote: greedy text by llama.cpp (GGUF, F32) and logits by onnxruntime, beside our decoder.
 * Argument: the model's folder (bench/lab/shakespeare.ts makes it). Prints `{ greedyMatch, onnxError }`: the share of prompts whose 56 tokens are all the
 * same, and the largest difference of a logit over whole validation windows.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GptConfig, gguf, ggufTokens, gptDecoder, onnx } from "@inkseal/lab";
import { cpuBackend, loadModel } from "@inkseal/lab/node";
import { getLlama, LlamaLogLevel, type Token } from "node-llama-cpp";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { shakespeare } from "./data.ts";

const { weights, config, tokenizer } = await loadModel(process.argv[2]!);
const model = config as GptConfig;
const { validation } = await shakespeare();
const backend = cpuBackend();
const decoder = gptDecoder(backend, model, weights);
const largest = (row: Float32Array): number => row.reduce((best, x, i) => (x > row[best]! ? i : best), 0);
const folder = await mkdtemp(join(tmpdir(), "inkseal-exported-"));

// the context is 64 tokens: prompts of 8, and 56 more
const prompts = Array.from({ length: 32 }, (_, i) => Array.from(validation.subarray(i * 1000, i * 1000 + 8)));
const made = model.context - 8;
function ours(prompt: readonly number[]): number[] {
  const sequence = decoder.open();
  let [[logits]] = decoder.feed([{ sequence, tokens: prompt }]) as [[Float32Array]];
  const out = [largest(logits)];
  while (out.length < made) {
    [[logits]] = decoder.feed([{ sequence, tokens: [out.at(-1)!] }]) as [[Float32Array]];
    out.push(largest(logits));
  }
  sequence.close();
  return out;
}
const path = join(folder, "model.gguf");
await writeFile(path, gguf({ config: model, weights, tokens: ggufTokens(tokenizer!), type: "F32" }));
const llama = await getLlama({
  gpu: false,
  build: "never",
  skipDownload: true,
  progressLogs: false,
  logLevel: LlamaLogLevel.disabled,
  maxThreads: 1,
});
const context = await (await llama.loadModel({ modelPath: path })).createContext({
  contextSize: model.context,
  threads: 1,
  batchSize: model.context,
});
const sequence = context.getSequence();
let same = 0;
for (const prompt of prompts) {
  await sequence.clearHistory();
  const said: number[] = [];
  for await (const token of sequence.evaluate(prompt as Token[], { temperature: 0, yieldEogToken: true })) {
    said.push(token);
    if (said.length === made) break;
  }
  if (JSON.stringify(said) === JSON.stringify(ours(prompt))) same++;
}

const session = await InferenceSession.create(onnx({ config: model, weights }));
let onnxError = 0;
for (let i = 0; i < 16; i++) {
  const ids = Array.from(validation.subarray(i * 5000, i * 5000 + model.context));
  const { logits } = await session.run({ input_ids: new Tensor("int64", BigInt64Array.from(ids, BigInt), [1, ids.length]) });
  const theirs = logits!.data as Float32Array;
  const window = decoder.open();
  const [rows] = decoder.feed([{ sequence: window, tokens: ids }], true) as [Float32Array[]];
  window.close();
  rows.forEach((row, t) => {
    row.forEach((x, v) => {
      onnxError = Math.max(onnxError, Math.abs(x - theirs[t * model.vocab + v]!));
    });
  });
}
await rm(folder, { recursive: true, force: true });
console.log(JSON.stringify({ greedyMatch: same / prompts.length, onnxError }));
process.exit();
