/**
 * int8 decoding of a 10 M-parameter GPT. `decode.ts make FILE` writes its weights as a Q8_0 GGUF, for llama.cpp; `decode.ts run THREADS TOKENS REPETITIONS`
 * prints our own speed.
 */
import { writeFileSync } from "node:fs";
import { CharTokenizer, GptConfigSchema, gguf, ggufTokens, gptDecoder, initialGpt, quantise, seededRandom } from "@inkseal/lab";
import { cpuBackend } from "@inkseal/lab/node";
import { median } from "./table.ts";

const tokenizer = CharTokenizer.train(Array.from({ length: 512 }, (_, i) => String.fromCodePoint(0x4e00 + i)));
const config = GptConfigSchema.parse({
  kind: "gpt",
  vocab: tokenizer.vocab,
  context: 512,
  layers: 8,
  width: 320,
  heads: 8,
  hidden: 864,
});
const weights = initialGpt(config, seededRandom(1));

const [what, ...rest] = process.argv.slice(2);
if (what === "make") {
  const bytes = gguf({ config, weights, tokens: ggufTokens(tokenizer), type: "Q8_0" });
  writeFileSync(rest[0]!, bytes);
  console.log(JSON.stringify({ bytes: bytes.length }));
} else {
  const [threads, tokens, repetitions] = rest.map(Number) as [number, number, number];
  const backend = cpuBackend({ threads });
  const decoder = gptDecoder(backend, config, quantise(weights, { bits: 8 }));
  const speeds: number[] = [];
  for (let r = 0; r < repetitions; r++) {
    const sequence = decoder.open();
    let token = 1;
    let began = 0;
    for (let i = 0; i < tokens; i++) {
      const [[logits]] = decoder.feed([{ sequence, tokens: [token] }]) as [[Float32Array]];
      token = logits.reduce((best, x, j) => (x > logits[best]! ? j : best), 0);
      if (i === 0) began = performance.now();
    }
    speeds.push(((tokens - 1) / (performance.now() - began)) * 1000);
    sequence.close();
  }
  console.log(
    JSON.stringify({ peer: "@inkseal/lab int8", threads, tokensPerSecond: median(speeds), best: Math.max(...speeds) }),
  );
}
process.exit();
