/**
 * Two small language models of the Lab, of byte pairs, that the watermark of words is measured with: English by tiny Shakespeare, Chinese by Tang
 * poems of the npm package `chinese-poetry`. Each is trained once (about four minutes) and kept in the temporary folder.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Decoder, gptDecoder, type Tokenizer } from "@inkseal/lab";
import { cpuBackend, loadCompressed, readTrainConfig, runTraining } from "@inkseal/lab/node";
import { shakespeare } from "../lab/data.ts";

export const languages = ["en", "zh"] as const;
export type Language = (typeof languages)[number];
const vocabularies = { en: 1024, zh: 3072 };

export interface WordsModel {
  readonly decoder: Decoder;
  readonly tokenizer: Tokenizer;
  /** The tokens of the text that it was trained on. */
  readonly tokens: readonly number[];
}

/** Throws where the language's text cannot be had. */
export async function wordsModel(language: Language, log: (line: string) => void): Promise<WordsModel> {
  const folder = join(tmpdir(), `inkseal-bench-words/${language}`);
  mkdirSync(folder, { recursive: true });
  const text = language === "en" ? (await shakespeare()).text : poems();
  if (!existsSync(join(folder, "model"))) await train(language, text, folder, log);
  const { config, weights, tokenizer } = await loadCompressed(join(folder, "model"));
  if (config.kind !== "gpt" || tokenizer === undefined) throw new Error(`${folder} has no model of words`);
  const decoder = gptDecoder(cpuBackend({ threads: 1, memory: 2 ** 29 }), config, weights);
  return { decoder, tokenizer, tokens: tokenizer.encode(text.slice(0, 300_000), { plain: true }) };
}

async function train(language: Language, text: string, folder: string, log: (line: string) => void): Promise<void> {
  log(`  training a model of ${language} in ${folder}`);
  writeFileSync(join(folder, "text.txt"), text);
  const config = readTrainConfig({
    model: { kind: "gpt", context: 512, layers: 4, width: 128, heads: 4 },
    data: [{ path: join(folder, "text.txt") }],
    tokenizer: { type: "bpe", vocab: vocabularies[language] },
    holdOut: 0.03,
    steps: 1000,
    batch: 8,
    length: 128,
    learningRate: 2e-3,
    warmup: 60,
    evaluateEvery: 200,
    evaluateBatches: 8,
    out: folder,
  });
  for await (const _ of runTraining(config, { now: () => performance.now() }));
}

/** Twelve files of the npm package `chinese-poetry`, packed into the temporary folder once. */
export function poems(): string {
  const folder = join(tmpdir(), "inkseal-bench-poetry");
  const archive = join(folder, "chinese-poetry-2.0.1.tgz");
  mkdirSync(folder, { recursive: true });
  if (!existsSync(archive)) execFileSync("npm", ["pack", "chinese-poetry@2.0.1", "--silent"], { cwd: folder });
  const files = Array.from({ length: 12 }, (_, i) => `package/dist/quantangshi/poet.tang.${8 + i}000.json`);
  for (const file of files) if (!existsSync(join(folder, file))) execFileSync("tar", ["xzf", archive, file], { cwd: folder });
  type Poem = { readonly paragraphs: readonly string[] };
  return files
    .flatMap((file) =>
      (JSON.parse(readFileSync(join(folder, file), "utf8")) as Poem[]).map((p) => `${p.paragraphs.join("\n")}\n`),
    )
    .join("\n");
}
