import { type GptConfig, gptDecoder, type MixedWeights, type Tokenizer } from "@inkseal/lab";
import { cpuBackend } from "@inkseal/lab/node";
import { logSum } from "../../src/verse/draw.ts";
import { bodyToken, eraToken, formToken, titleToken } from "../../src/verse/tokens.ts";
import type { Poem } from "./corpus.ts";
import { rhymeOf } from "./documents.ts";

/** How a held-out poem is read, by the model and by its rival alike: form, era, tune, title, rhyme, then the body. */
export function headOf(poem: Poem, rhyme = true): string {
  const title = poem.title === "" ? "" : titleToken + poem.title;
  return formToken(poem.form) + eraToken(poem.era) + (poem.tune ?? "") + title + (rhyme ? rhymeOf(poem) : bodyToken);
}
const isHan = /^\p{Script=Han}$/u;

/** e to the mean nats of the Han characters of the bodies; the form gives the marks. Characters without a token count as the unknown one. */
export function heldPerplexity(
  { config, weights, tokenizer }: { config: GptConfig; weights: MixedWeights; tokenizer: Tokenizer },
  poems: readonly Poem[],
): number {
  const backend = cpuBackend({ threads: 1 });
  const decoder = gptDecoder(backend, config, weights);
  let nats = 0;
  let count = 0;
  for (const poem of poems) {
    const head = tokenizer.encode(headOf(poem));
    const body = [...poem.body];
    const tokens = [...head, ...tokenizer.encode(poem.body)].slice(0, config.context);
    const sequence = decoder.open();
    const rows = decoder.feed([{ sequence, tokens }], true)[0]!;
    sequence.close();
    for (let i = head.length; i < tokens.length; i++) {
      if (!isHan.test(body[i - head.length]!)) continue;
      const row = rows[i - 1]!;
      nats += logSum(row) - row[tokens[i]!]!;
      count++;
    }
  }
  decoder.close();
  backend.close();
  return Math.exp(nats / count);
}
