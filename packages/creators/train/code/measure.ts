import { type Decoder, type GptConfig, gptDecoder, type MixedWeights, seededRandom } from "@inkseal/lab";
import { cpuBackend } from "@inkseal/lab/node";
import { NgramCache } from "../../src/code/cache.ts";
import { Completion } from "../../src/code/complete.ts";
import { Ending } from "../../src/code/ending.ts";
import type { CodeTokens } from "../../src/code/tokens.ts";
import type { Measured } from "./card.ts";
import { longestCopy } from "./copied.ts";
import { exactLines, knowNothing } from "./exact.ts";
import { lineTasks } from "./lines.ts";
import type { SourcePackage } from "./sources.ts";

export interface MeasureOptions {
  readonly config: GptConfig;
  readonly weights: { readonly whole: MixedWeights; readonly shipped: MixedWeights };
  readonly tokens: CodeTokens;
  readonly held: readonly SourcePackage[];
  /** All that was learnt, for copies. */
  readonly learnt: readonly string[];
  /** Lines of each held-out package. */
  readonly each: number;
}

export function measure({ config, weights, tokens, held, learnt, each }: MeasureOptions): Measured {
  const backend = cpuBackend({ threads: 1 });
  const whole = gptDecoder(backend, config, weights.whole);
  const decoder = gptDecoder(backend, config, weights.shipped);
  const packages = held.filter(({ name }, i) => held.findIndex((p) => p.name === name) === i);
  const tasks = lineTasks(packages, each, 1);
  const options = { decoder, tokens };
  const texts = packages.flatMap(({ sources }) => sources.map(({ text }) => text));
  const ids = texts.flatMap((text) => tokens.encode(text));
  const characters = texts.reduce((sum, text) => sum + text.length, 0) / ids.length;
  return {
    loss: { whole: lossOf(whole, ids), shipped: lossOf(decoder, ids) },
    characters,
    lines: tasks.length,
    exact: [
      ["model, cache of project and file, lines after the gap", exactLines(packages, tasks, options).share],
      ["without the lines after the gap", exactLines(packages, tasks, { ...options, suffix: false }).share],
      ["model alone", exactLines(packages, tasks, { ...options, cache: false }).share],
      ["cache alone", exactLines(packages, tasks, { ...options, decoder: knowNothing(decoder) }).share],
    ],
    copied: copies(decoder, tokens, texts, learnt.join("\0")),
  };
}

/** Nats a token, in 32 windows spread over the tokens. */
function lossOf(decoder: Decoder, ids: readonly number[]): number {
  const length = 256;
  let sum = 0;
  let count = 0;
  for (let i = 0; i < 32; i++) {
    const start = Math.floor((i * (ids.length - length)) / 32);
    const window = ids.slice(start, start + length);
    const sequence = decoder.open();
    const [rows] = decoder.feed([{ sequence, tokens: window.slice(0, -1) }], true) as [Float32Array[]];
    sequence.close();
    rows.forEach((row, at) => {
      const top = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      sum += top + Math.log(row.reduce((total, x) => total + Math.exp(x - top), 0)) - row[window[at + 1]!]!;
      count++;
    });
  }
  return sum / count;
}

/** 24 texts of up to 20 lines after the beginnings of held-out files, half of them drawn and half at their likeliest. */
function copies(decoder: Decoder, tokens: CodeTokens, files: readonly string[], learnt: string): Measured["copied"] {
  const completion = new Completion(decoder, tokens, new NgramCache());
  const random = seededRandom(5);
  const found: string[] = [];
  for (let i = 0; i < 24; i++) {
    const file = files[random.below(files.length)]!;
    const prefix = file.slice(0, file.indexOf("\n", random.below(Math.max(1, file.length - 2))) + 1) || file;
    const ending = new Ending({ lines: 20, balance: false, stop: [], rest: "" });
    let text = "";
    for (const bytes of completion.generate({
      ...{ prefix, suffix: "", maxTokens: 400, random },
      temperature: i % 2 === 0 ? 0 : 0.8,
      topP: 0.95,
    })) {
      text += ending.push(bytes);
      if (ending.over) break;
    }
    found.push(longestCopy(text, learnt));
  }
  completion.close();
  found.sort((a, b) => a.length - b.length);
  return {
    longest: found.at(-1)!.length,
    median: found[found.length >> 1]!.length,
    texts: found.length,
    example: found.at(-1)!,
  };
}
