// Loads one model in a process of its own and says a word with it: llama.cpp ends its process on files that it finds
// wrong late. Plain JavaScript, for it is forked without a loader.
import { getLlama, LlamaLogLevel } from "node-llama-cpp";

process.once("message", async ({ model: modelPath, adapters, embedder, threads }) => {
  try {
    const llama = await getLlama({
      gpu: false,
      build: "never",
      skipDownload: true,
      progressLogs: false,
      logLevel: LlamaLogLevel.disabled,
      maxThreads: threads,
    });
    const model = await llama.loadModel({ modelPath });
    if (embedder) await (await model.createEmbeddingContext({ contextSize: 64 })).getEmbeddingFor("a");
    else {
      const lora = { adapters: adapters.map((filePath) => ({ filePath })) };
      const context = await model.createContext({ contextSize: 64, ...(adapters.length > 0 && { lora }) });
      const tokens = [model.tokens.bos ?? model.tokenize("a")[0]];
      for await (const _ of context.getSequence().evaluate(tokens)) break;
    }
    answer({});
  } catch (error) {
    answer({ error: { name: error?.constructor?.name ?? "Error", message: String(error?.message ?? error) } });
  }
});

function answer(words) {
  process.send(words, () => process.exit(0));
}
