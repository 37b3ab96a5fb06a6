import { join } from "node:path";
import { InksealError } from "@inkseal/core";
import { seededRandom } from "../data/random.ts";
import { curvature } from "../infer/curvature.ts";
import type { Decoder } from "../infer/decoder.ts";
import { generate } from "../infer/generate.ts";
import { gptDecoder } from "../infer/gpt-decoder.ts";
import type { Tokenizer } from "../text/tokenizer.ts";

import { replaceFile } from "./durable-file.ts";
import { loadCompressed } from "./model-folder.ts";
import { cpuBackend } from "./threads.ts";

export interface CalibrateOptions {
  /** What people wrote, and the model did not learn from. */
  readonly people: string;
  /** What that is, in a few words: it stands beside every verdict. */
  readonly set: string;
  /** Texts of each kind, and tokens of each. */
  readonly texts: number;
  readonly tokens: number;
  readonly seed: number;
  readonly threads?: number | undefined;
}

export interface Calibrated {
  readonly method: string;
  readonly measured: {
    readonly auc: number;
    readonly foundAtOnePercent: number;
    readonly people: number;
    readonly machine: number;
    readonly tokens: number;
    readonly set: string;
  };
  /** Scores of people's texts, ascending. */
  readonly people: readonly number[];
}

const method = "curvature.1";
/** Tokens of a people's text that the model goes on from. */
const begun = 8;

/**
 * Measures how well a model's curvature tells what it wrote (at temperature 1, its hardest) from what people wrote, and keeps it as `likelihood.json`
 * in the model's folder, without which its opinion is not asked. Throws `bad-request` where there is too little text.
 */
export async function calibrate(folder: string, options: CalibrateOptions): Promise<Calibrated> {
  const { config, weights, tokenizer } = await loadCompressed(folder);
  if (config.kind !== "gpt" || tokenizer === undefined)
    throw new InksealError("cannot-do", `${folder} holds no model of text with a tokenizer`);
  const decoder = gptDecoder(cpuBackend({ threads: options.threads }), config, weights);
  const passages = passagesOf(tokenizer, decoder, options);
  const people = passages.map((p) => scoreOf(decoder, p)).sort((a, b) => a - b);
  const machine = (await continued(decoder, tokenizer, passages, options)).map((p) => scoreOf(decoder, p));
  const limit = people[Math.min(people.length - 1, Math.ceil(0.99 * people.length))]!;
  const round = (x: number): number => Math.round(x * 1000) / 1000;
  const calibrated: Calibrated = {
    method,
    measured: {
      auc: round(areaUnder(people, machine)),
      foundAtOnePercent: round(machine.filter((s) => s > limit).length / machine.length),
      people: people.length,
      machine: machine.length,
      tokens: options.tokens,
      set: options.set,
    },
    people: people.map(round),
  };
  await replaceFile(join(folder, "likelihood.json"), new TextEncoder().encode(JSON.stringify(calibrated)));
  return calibrated;
}

function passagesOf(tokenizer: Tokenizer, decoder: Decoder, { people, texts, tokens }: CalibrateOptions): number[][] {
  if (tokens < 2 * begun || tokens > decoder.context)
    throw new InksealError("bad-request", `texts of ${tokens} tokens; this model takes ${2 * begun} to ${decoder.context}`, {
      param: "tokens",
    });
  const all = tokenizer.encode(people, { plain: true });
  const there = Math.floor(all.length / tokens);
  if (there < texts)
    throw new InksealError("bad-request", `${texts} texts of ${tokens} tokens are asked, the file has ${there}`, {
      param: "texts",
    });
  // spread over the whole file
  return Array.from({ length: texts }, (_, i) => {
    const from = Math.floor((i * there) / texts) * tokens;
    return all.slice(from, from + tokens);
  });
}

/** What the model writes after the beginning of each passage, as long as the passage, cut into tokens again as a reader would. */
async function continued(
  decoder: Decoder,
  tokenizer: Tokenizer,
  passages: readonly (readonly number[])[],
  { tokens, seed }: CalibrateOptions,
): Promise<number[][]> {
  const random = seededRandom(seed);
  const written = passages.map((p) => p.slice(0, begun));
  // models round their vocabulary up: what the tokenizer cannot spell is never chosen
  const known = (logits: Float32Array): void => void logits.fill(Number.NEGATIVE_INFINITY, tokenizer.vocab);
  const sampling = { temperature: 1 };
  const options = { sampling, maxTokens: tokens - begun, seed: random.below(2 ** 31), parallel: 16, hooks: [known] };
  const prompts = written.map((p) => [...p]);
  for await (const step of generate(decoder, prompts, options))
    for (const made of step) written[made.sequence]!.push(made.token);
  return written.map((ids) => tokenizer.encode(tokenizer.decode(ids), { plain: true }));
}

const scoreOf = (decoder: Decoder, tokens: readonly number[]): number => curvature(decoder, tokens)?.score ?? 0;

/** Chance that a machine's text scores higher than a person's. `people` ascend. */
function areaUnder(people: readonly number[], machine: readonly number[]): number {
  let higher = 0;
  for (const s of machine) higher += people.filter((p) => p < s).length + people.filter((p) => p === s).length / 2;
  return higher / (people.length * machine.length);
}
