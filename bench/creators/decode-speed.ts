/**
 * Greedy decoding of one model folder by one runtime: `decode-speed.ts ours|ort32|ort8 FOLDER THREADS TOKENS REPETITIONS` prints tokens per second.
 * onnxruntime gets our export with a cache of keys and values: as f32, or with its own kind of 8 bits. Its cache goes from its outputs to its
 * inputs as tensors, the only way in Node; its settings are its fastest (all graph optimisations, sequential, no spinning where that helps nothing).
 */
import { type GptConfig, gptDecoder, gptSizes, onnx } from "@inkseal/lab";
import { cpuBackend, loadCompressed, loadModel } from "@inkseal/lab/node";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { median } from "../lab/table.ts";

const [peer, folder, ...numbers] = process.argv.slice(2) as [string, string, ...string[]];
const [threads, tokens, repetitions] = numbers.map(Number) as [number, number, number];

/** Reads one token, answers the likeliest next. */
type Say = (token: number) => number | Promise<number>;
const largest = (row: Float32Array): number => {
  let best = 0;
  for (let i = 1; i < row.length; i++) if (row[i]! > row[best]!) best = i;
  return best;
};

async function ours(): Promise<() => Say> {
  const { config, weights } = await loadCompressed(folder);
  const decoder = gptDecoder(cpuBackend({ threads }), config as GptConfig, weights);
  return () => {
    const sequence = decoder.open();
    return (token) => largest(decoder.feed([{ sequence, tokens: [token] }])[0]![0]!);
  };
}

async function ort(bits: 8 | 32): Promise<() => Say> {
  const { config, weights } = await loadModel(folder);
  const model = config as GptConfig;
  const { kvHeads, head } = gptSizes(model);
  const session = await InferenceSession.create(onnx({ config: model, weights, past: true, bits }), {
    ...{ intraOpNumThreads: threads, interOpNumThreads: 1, executionMode: "sequential", graphOptimizationLevel: "all" },
    logSeverityLevel: 3,
  });
  const parts = Array.from({ length: model.layers }, (_, i) => [`${i}.key`, `${i}.value`]).flat();
  return () => {
    const none = (): Tensor => new Tensor("float32", new Float32Array(0), [1, kvHeads, 0, head]);
    let cache = parts.map((part) => [part, none()] as const);
    let length = 0;
    return async (token) => {
      length++;
      const out = await session.run({
        input_ids: new Tensor("int64", BigInt64Array.of(BigInt(token)), [1, 1]),
        attention_mask: new Tensor("int64", new BigInt64Array(length).fill(1n), [1, length]),
        ...Object.fromEntries(cache.map(([part, tensor]) => [`past_key_values.${part}`, tensor])),
      });
      cache = parts.map((part) => [part, out[`present.${part}`] as Tensor] as const);
      return largest(out.logits!.data as Float32Array);
    };
  };
}

const open = peer === "ours" ? await ours() : await ort(peer === "ort8" ? 8 : 32);
const speeds: number[] = [];
const said: number[] = [];
for (let r = 0; r < repetitions; r++) {
  const say = open();
  let token = await say(1);
  const began = performance.now();
  for (let i = 1; i < tokens; i++) {
    token = await say(token);
    if (r === 0) said.push(token);
  }
  speeds.push(((tokens - 1) / (performance.now() - began)) * 1000);
}
console.log(JSON.stringify({ peer, threads, tokensPerSecond: median(speeds), best: Math.max(...speeds), said }));
process.exit();
