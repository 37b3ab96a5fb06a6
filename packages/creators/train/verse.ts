import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { quantise, readTokenizerJson, writeTokenFile } from "@inkseal/lab";
import { loadModel, readTrainConfig, runTraining, saveCompressed } from "@inkseal/lab/node";
import { copiesOf, writeCopies } from "../src/verse/copies.ts";
import { cardOf } from "./verse/card.ts";
import { readPoems } from "./verse/corpus.ts";
import { heldPerplexity } from "./verse/perplexity.ts";
import { alphabetOf, seed, sourcesOf } from "./verse/sources.ts";

/** Of each source, what the training watches: its last tokens, all by authors who are held out. */
const watched = 0.02;
/** What the published weights were trained with: as many steps as 75 minutes of one busy core gave. */
const steps = 3000;

/** Trains Verse from the npm package chinese-poetry; `data` is not needed. Goes on from its checkpoint in `work`. */
export async function train({ quick, out, work }: { quick: boolean; out: string; work: string; data: string }): Promise<void> {
  await mkdir(work, { recursive: true });
  const { poems, digest } = readPoems();
  const tokenizer = alphabetOf(poems);
  const alphabet = join(work, "alphabet.json");
  await writeFile(alphabet, JSON.stringify(tokenizer.json()));
  const data: { path: string; weight: number; tokens: number; documents: number; name: string }[] = [];
  for (const { name, weight, train, held } of sourcesOf(poems)) {
    const ids = tokenizer.encode(train.join(""));
    const watch = tokenizer.encode(held.join("")).slice(0, Math.floor((ids.length * watched) / (1 - watched)));
    const path = join(work, `${name}.tokens`);
    if (!existsSync(path)) await writeFile(path, writeTokenFile(Uint16Array.from([...ids, ...watch]), tokenizer.vocab));
    data.push({ name, path, weight, tokens: ids.length, documents: train.length });
  }
  const config = readTrainConfig({
    model: { kind: "gpt", context: 192, layers: 4, width: 192, heads: 6 },
    data: data.map(({ path, weight }) => ({ path, weight })),
    tokenizer: { type: "file", path: alphabet },
    holdOut: watched,
    steps: quick ? 40 : Number(process.env.INKSEAL_TRAIN_STEPS ?? steps),
    batch: 12,
    learningRate: 2e-3,
    finalRate: 0.02,
    warmup: 100,
    schedule: "warmup-stable-decay",
    weightDecay: 0.05,
    beta2: 0.98,
    evaluateEvery: quick ? 40 : 200,
    evaluateBatches: 16,
    checkpointEvery: 200,
    seed,
    threads: 1,
    out: work,
  });
  for await (const event of runTraining(config, { now: () => performance.now() }))
    if (event.type !== "step" || event.step % 20 === 0) console.log(JSON.stringify(event));

  const model = await loadModel(join(work, "model"));
  if (model.config.kind !== "gpt") throw new Error(`a ${model.config.kind} was trained`);
  const weights = quantise(model.weights, { bits: 8 });
  const finished = {
    config: model.config,
    weights,
    tokenizer: readTokenizerJson(JSON.parse(await readFile(alphabet, "utf8"))),
  };
  await mkdir(out, { recursive: true });
  await saveCompressed(out, { ...finished, made: "int8" });
  const lines = new Set(
    poems.filter(({ held }) => !held).flatMap(({ body }) => body.split(/[，。、]/).filter((line) => [...line].length >= 5)),
  );
  await writeFile(join(out, "copies.bin"), writeCopies(copiesOf(lines, lines.size, 7)));
  const held = poems.filter((poem) => poem.held).filter((_, i) => i % (quick ? 200 : 8) === 0);
  await writeFile(
    join(out, "README.md"),
    await cardOf({
      config,
      vocab: tokenizer.vocab,
      data,
      digest,
      log: join(work, "log.jsonl"),
      lines: lines.size,
      held: held.length,
      whole: heldPerplexity({ ...finished, weights: model.weights }, held),
      packed: heldPerplexity(finished, held),
    }),
  );
}
