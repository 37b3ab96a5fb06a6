/**
 * Greedy decoding of one sequence by llama.cpp through node-llama-cpp. Arguments: a GGUF file, threads (1), tokens (256), repetitions (5).
 * The package has no llama-bench and no loop but its own, so that loop's JavaScript (a batch, an await, a sampler call) is inside each token.
 */
import { getLlama, LlamaLogLevel, type Token } from "node-llama-cpp";
import { median } from "../table.ts";

export interface DecodeReport {
  readonly peer: string;
  readonly threads: number;
  readonly tokens: number;
  /** Median over the repetitions of the tokens after the first, per second. */
  readonly tokensPerSecond: number;
  readonly best: number;
  /** Ids of the first repetition, the start of the sequence left out. */
  readonly ids: readonly number[];
  readonly note: string;
}

const [path, threadsText = "1", tokensText = "256", repetitionsText = "5"] = process.argv.slice(2);
if (path === undefined) throw new Error("usage: llama-decode.ts FILE.gguf [THREADS] [TOKENS] [REPETITIONS]");
const threads = Number(threadsText);
const tokens = Number(tokensText);

const llama = await getLlama({
  gpu: false,
  build: "never",
  skipDownload: true,
  progressLogs: false,
  logLevel: LlamaLogLevel.disabled,
  maxThreads: threads,
});
const model = await llama.loadModel({ modelPath: path });
const context = await model.createContext({
  contextSize: Math.min(model.trainContextSize, tokens + 16),
  threads,
  batchSize: 16,
  sequences: 1,
});
const sequence = context.getSequence();
const start = [(model.tokens.bos ?? 1) as Token];
const speeds: number[] = [];
let ids: number[] = [];
for (let i = 0; i < Number(repetitionsText); i++) {
  await sequence.clearHistory();
  const said: number[] = [];
  let began = 0;
  for await (const token of sequence.evaluate(start, { temperature: 0, yieldEogToken: true })) {
    if (said.length === 0) began = performance.now(); // the first token is the prompt's
    said.push(token);
    if (said.length === tokens) break;
  }
  speeds.push(((said.length - 1) / (performance.now() - began)) * 1000);
  if (i === 0) ids = said;
}
const report: DecodeReport = {
  peer: "llama.cpp in node-llama-cpp 3.22.1, CPU",
  threads,
  tokens: ids.length,
  tokensPerSecond: median(speeds),
  best: Math.max(...speeds),
  ids,
  note: "node-llama-cpp's token loop, its JavaScript for each token inside",
};
console.log(JSON.stringify(report));
await llama.dispose();
process.exit();
