import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { detectText, wordMarkOf } from "@inkseal/mark";
import { writeTinyGguf } from "@inkseal/testkit";
import { afterAll, expect, it } from "vitest";
import { LazyLlama, loadModel } from "./llama-runtime.ts";
import { withMarkedWords } from "./llama-words.ts";

const folder = await mkdtemp(join(tmpdir(), "inkseal-llama-words-"));
const path = join(folder, "tiny.gguf");
await writeTinyGguf(path);
const lazy = new LazyLlama({ threads: 1, gpu: false });
afterAll(async () => {
  await lazy.close();
  await rm(folder, { recursive: true });
});

it("the tokens that llama.cpp draws are found by the key, and the sequence is itself again afterwards", async () => {
  const runtime = await lazy.get();
  const model = await loadModel(runtime, "tiny", path);
  const context = await model.createContext({ contextSize: 512, sequences: 1 });
  const sequence = context.getSequence();
  const original = sequence.evaluate;
  const mark = wordMarkOf(new Uint8Array(32).fill(1));
  const drawn = async (seed: number): Promise<number[]> => {
    await sequence.clearHistory();
    const tokens: number[] = [];
    const completion = new runtime.library.LlamaCompletion({ contextSequence: sequence });
    await withMarkedWords(sequence, { mark, seed }, () =>
      completion.generateCompletion("the sea", {
        maxTokens: 150,
        temperature: 1.2,
        topK: 40,
        minP: 0.01,
        repeatPenalty: false,
        onToken: (more) => tokens.push(...more),
      }),
    );
    completion.dispose({ disposeSequence: false });
    return tokens;
  };
  for (const seed of [1, 2, 3]) {
    const tokens = await drawn(seed);
    if (tokens.length < 60) continue; // the model is noise, and may end its text at any word
    expect(detectText(tokens, mark.key)!.chance).toBeLessThan(1e-6);
    expect(detectText(tokens, new Uint8Array(32))!.chance).toBeGreaterThan(1e-3);
  }
  expect((await drawn(1)).length + (await drawn(2)).length).toBeGreaterThan(60);
  expect(sequence.evaluate).toBe(original);
  await context.dispose();
});
