import { resolve, sep } from "node:path";
import { InksealError } from "@inkseal/core";
import { activationMoments, type Moments } from "../compress/calibrate.ts";
import { prune, pruningMasks, zeroKeeper, zeroMasks } from "../compress/prune.ts";
import { alignGpt, quantise } from "../compress/quantise.ts";
import { type CompressionRow, compressionTable } from "../compress/report.ts";
import { evaluationWindows, holdOut, mixedLoader } from "../data/mix.ts";
import { memoryTokens, type TokenSource } from "../data/token-file.ts";
import { gptDecoder } from "../infer/gpt-decoder.ts";
import type { GptConfig } from "../models/config.ts";
import { freeParameters, toParameters, toWeights } from "../models/parameters.ts";
import type { WasmBackend } from "../tensor/wasm-backend.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { languageTask } from "../train/language-task.ts";
import { train } from "../train/train.ts";
import type { MixedWeights, Weights } from "../weights.ts";
import { energyMeter } from "./energy-meter.ts";
import { loadModel } from "./model-folder.ts";
import { cpuBackend } from "./threads.ts";
import { textsOf } from "./token-file.ts";

/** What is done to a model; nothing leaves it as it is. */
export interface Compression {
  /** Share of the linear weights that go, 0 to 1, or two of each four. */
  readonly prune?: number | "2:4";
  readonly bits?: 8 | 4;
  /** The folder of a smaller model that learnt from this one, in its place. */
  readonly student?: string;
}

export interface CompressOptions {
  readonly folder: string;
  /** Text that the model has not seen: its beginning shows how the weights are used (and trains pruned models), the rest measures. */
  readonly text: string;
  /** Measured after the model as it is. */
  readonly compressions: readonly Compression[];
  /** Optimiser steps on the beginning of the text after pruning, the zeros kept; 0. */
  readonly tune?: number;
  /** Share of the text that measures; 0.5. */
  readonly held?: number;
  /** Windows of the model's context that measure at most; 128. */
  readonly windows?: number;
  readonly threads?: number;
  /** Milliseconds. */
  readonly now: () => number;
  readonly signal?: AbortSignal;
}

/** A model that was made, to be written by `saveCompressed`. */
export interface CompressedModel {
  readonly name: string;
  readonly config: GptConfig;
  readonly weights: MixedWeights;
  readonly tokenizer: Tokenizer;
}
export interface CompressedRow extends CompressionRow {
  readonly candidate: CompressedModel;
}

/**
 * Size, speed, energy and quality of a GPT as it is and after each compression, a row as soon as it is known. Pruning weighs by inputs (Wanda), before `tune`
 * by magnitude; rounding makes good by inputs (GPTQ). Throws `cannot-do` for another kind of model, `bad-request` for a text that is shorter than two
 * windows or has characters without a token, `conflict` for a student with other tokens, `cancelled`, and as `loadModel`.
 */
export async function* compressModel(o: CompressOptions): AsyncGenerator<CompressedRow> {
  const model = await loadGpt(o.folder);
  const { tokenizer } = model;
  const { train: seen, held } = holdOut(await tokensOf(o.text, tokenizer), o.held ?? 0.5);
  const { context } = model.config;
  if (held.length <= context || seen.length <= context)
    throw new InksealError(
      "bad-request",
      `${o.text} has ${seen.length + held.length} tokens; each half needs a window of ${context + 1}`,
      { param: "text" },
    );
  const backend = cpuBackend(o.threads === undefined ? {} : { threads: o.threads });
  try {
    const most = Math.max(1, Math.min(o.windows ?? 128, Math.floor(held.length / (context + 1))));
    const windows = evaluationWindows(held, { batch: 1, length: context, batches: most }).map(({ inputs, targets }) => [
      inputs[0]!,
      ...targets,
    ]);
    const { now, signal } = o;
    yield* compressionTable(candidates(backend, model, seen, o), {
      decoder: ({ config, weights }) => gptDecoder(backend, config, weights),
      ...{ windows, now, signal, energy: energyMeter(), rounds: 7 },
    });
  } finally {
    backend.close();
  }
}

/** For people: `int4`, `2:4`, `pruned 50 % int8`, `student`; of several students `student pupil`, by as much of their folders as tells them apart. */
export function compressionNames(compressions: readonly Compression[]): string[] {
  const students = studentNames([...new Set(compressions.flatMap(({ student }) => student ?? []))]);
  return compressions.map(({ prune: share, bits, student }) => {
    const base =
      student !== undefined
        ? students.get(student)
        : share === "2:4"
          ? share
          : share !== undefined && `pruned ${+(100 * share).toFixed(1)} %`;
    return [base, bits && `int${bits}`].filter(Boolean).join(" ") || "fp32";
  });
}

function studentNames(folders: readonly string[]): Map<string, string> {
  if (folders.length < 2) return new Map(folders.map((folder) => [folder, "student"]));
  const paths = folders.map((folder) => resolve(folder).split(sep));
  // the finished model of a training lies in `model`, which tells nothing
  const telling = paths.map((path) => (path.at(-1) === "model" ? path.slice(0, -1) : path));
  const deepest = Math.max(...telling.map((path) => path.length));
  for (let parts = 1; parts <= deepest; parts++) {
    const ends = telling.map((path) => path.slice(-parts).join("/"));
    if (new Set(ends).size === folders.length) return new Map(folders.map((folder, i) => [folder, `student ${ends[i]}`]));
  }
  return new Map(folders.map((folder) => [folder, `student ${folder}`]));
}

interface Gpt {
  readonly config: GptConfig;
  readonly weights: Weights;
  readonly tokenizer: Tokenizer;
}

async function loadGpt(folder: string): Promise<Gpt> {
  const { config, weights, tokenizer } = await loadModel(folder);
  if (config.kind !== "gpt")
    throw new InksealError("cannot-do", `${folder} holds a ${config.kind}; only a gpt is compressed here`);
  if (tokenizer === undefined) throw new InksealError("bad-file", `${folder} has no tokenizer.json, so no text can be read`);
  return { config, weights, tokenizer };
}

async function tokensOf(path: string, tokenizer: Tokenizer): Promise<TokenSource> {
  const ids: number[] = [];
  for await (const text of textsOf(path)) for (const id of tokenizer.encode(text, { plain: true })) ids.push(id);
  return memoryTokens(Uint32Array.from(ids));
}

/** The model as it is, then each compression, made when its turn comes. */
async function* candidates(
  backend: WasmBackend,
  model: Gpt,
  seen: TokenSource,
  { compressions, tune = 0, signal }: CompressOptions,
): AsyncGenerator<CompressedModel> {
  yield { ...model, name: compressionNames([{}])[0]! };
  const names = compressionNames(compressions);
  const moments = once(() => momentsOf(backend, model, seen));
  const pruned = new Map<number | "2:4", Gpt>();
  for (const [i, { prune: share, bits, student }] of compressions.entries()) {
    let made = model;
    let used = moments;
    if (student !== undefined) {
      made = await loadStudent(student, model);
      used = once(() => momentsOf(backend, made, seen));
    } else if (share !== undefined) {
      // inputs tell better what may go as it is, magnitude what steps make good: bench/lab/compressed.ts
      const masks = pruningMasks(model.weights, tune > 0 ? { share } : { share, moments: await moments() });
      const found =
        pruned.get(share) ?? (await tuned(backend, { ...model, weights: prune(model.weights, masks) }, seen, tune, signal));
      pruned.set(share, found);
      made = found;
    }
    const { tokenizer } = made;
    const name = names[i]!;
    if (bits === undefined) {
      yield { name, tokenizer, config: made.config, weights: made.weights };
      continue;
    }
    const { config, weights } = alignGpt(made.config, made.weights);
    yield { name, tokenizer, config, weights: quantise(weights, { bits, moments: widened(await used(), weights) }) };
  }
}

/** Some 16,000 tokens, spread over the text, show how the matrices are used. */
async function momentsOf(backend: WasmBackend, { config, weights }: Gpt, seen: TokenSource): Promise<Moments> {
  const length = config.context;
  const batches = Math.min(Math.ceil(16_384 / length), Math.floor(seen.length / (length + 1)));
  return activationMoments(backend, config, weights, evaluationWindows(seen, { batch: 1, length, batches }), length);
}
/** The moments of a model that `alignGpt` widened: what comes in through the new columns is 0. */
function widened(moments: Moments, weights: Weights): Moments {
  return new Map(
    [...moments].map(([name, narrow]) => {
      const k = Math.sqrt(narrow.length);
      const wide = weights.get(name)!.shape[1]!;
      if (wide === k) return [name, narrow];
      const out = new Float32Array(wide * wide);
      for (let i = 0; i < k; i++) out.set(narrow.subarray(i * k, (i + 1) * k), i * wide);
      return [name, out];
    }),
  );
}
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** The pruned model after `steps` steps; its zeros stay. */
async function tuned(
  backend: WasmBackend,
  model: Gpt,
  seen: TokenSource,
  steps: number,
  signal: AbortSignal | undefined,
): Promise<Gpt> {
  if (steps === 0) return model;
  const { config, weights } = model;
  const length = config.context;
  const [batch, seed] = [8, 1];
  const parameters = toParameters(backend, weights);
  const zeros = zeroKeeper(parameters, zeroMasks(weights));
  const task = languageTask({
    ...{ backend, config, parameters, batch, length, seed, settle: zeros.settle },
    loader: mixedLoader({ sources: [{ source: seen, weight: 1 }], batch, length, seed }),
    evaluation: evaluationWindows(seen, { batch: 1, length, batches: 1 }),
  });
  const options = {
    ...{ steps, seed, learningRate: 3e-4, finalRate: 0.1, accumulate: 1, warmup: Math.min(20, steps >> 2) },
    ...{ schedule: "cosine" as const, weightDecay: 0, beta1: 0.9, beta2: 0.99, clip: 1, patience: 0 },
    ...{ evaluateEvery: steps, checkpointEvery: steps },
  };
  try {
    for await (const event of train(task, options, {
      now: () => 0,
      energy: { joules: () => 0, source: "none" },
      ...(signal && { signal }),
    }))
      if (event.type === "end" && event.reason === "cancelled")
        throw new InksealError("cancelled", "the fine-tuning was cancelled");
    return { ...model, weights: await toWeights(parameters) };
  } finally {
    zeros.free();
    freeParameters(parameters);
  }
}

async function loadStudent(folder: string, teacher: Gpt): Promise<Gpt> {
  const student = await loadGpt(folder);
  if (JSON.stringify(student.tokenizer.json()) !== JSON.stringify(teacher.tokenizer.json()))
    throw new InksealError("conflict", `the student in ${folder} has other tokens than the model`, { param: "student" });
  if (student.config.context < teacher.config.context)
    throw new InksealError(
      "bad-request",
      `the student in ${folder} reads ${student.config.context} tokens, the model ${teacher.config.context}`,
      { param: "student" },
    );
  return student;
}
