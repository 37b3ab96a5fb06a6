/**
 * Trains inkseal-molecule: a GPT over the tokens of Kekulé SMILES behind what is asked of a molecule. Writes weights/molecule: config.json,
 * model.packed.safetensors (int8), vocabulary.json and README.md, the model card.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import {
  freeParameters,
  type GptConfig,
  GptConfigSchema,
  gptDecoder,
  initialGpt,
  languageTask,
  packModel,
  quantise,
  seededRandom,
  type TrainEvent,
  toParameters,
  toWeights,
  train as trainTask,
  type Weights,
} from "@inkseal/lab";
import { cpuBackend, energyMeter, loadCheckpoint, saveCheckpoint, saveCompressed } from "@inkseal/lab/node";
import { controlTokens, MoleculeVocabulary } from "../src/molecule/conditions.ts";
import { KnownMolecules } from "../src/molecule/known.ts";
import { openRdkit } from "../src/molecule/rdkit.ts";
import { moleculeCard } from "./molecule/card.ts";
import { type Lesson, type MoleculeData, readMolecules } from "./molecule/data.ts";
import { controlErrors, sample } from "./molecule/measure.ts";
import { moleculeWindows } from "./molecule/windows.ts";
import type { Train } from "./run.ts";

const recipe = {
  seed: 20251125,
  steps: 3200,
  batch: 12,
  length: 192,
  learningRate: 4e-3,
  warmup: 150,
  model: { layers: 4, width: 128, heads: 4, hidden: 352, context: 192 },
  held: 0.02,
};

export const train: Train = async ({ quick, out, data, work }) => {
  const steps = quick ? 60 : recipe.steps;
  const rdkit = await openRdkit();
  const { lessons, digest, counts } = await prepared(join(work, quick ? "lessons-quick.json" : "lessons.json"), () =>
    readMolecules(rdkit, join(data, "molecules"), quick ? 0.02 : 1),
  );
  const { taught, held } = split(lessons);
  const spellings = [...new Set(lessons.flatMap(({ tokens }) => tokens))].sort();
  const vocabulary = new MoleculeVocabulary([...controlTokens, ...spellings]);
  console.log(`${taught.length} molecules, ${held.length} held out, ${vocabulary.size} tokens`, JSON.stringify(counts));

  const model = GptConfigSchema.parse({ kind: "gpt", vocab: vocabulary.size, ...recipe.model, tied: true });
  const folder = join(work, quick ? "checkpoints-quick" : "checkpoints");
  const { weights, log } = await learn(model, vocabulary, { taught, held, steps, folder });
  const small = quantise(weights, { bits: 8 });
  await saveCompressed(out, { config: model, weights: small, made: "int8" });
  await writeFile(join(out, "vocabulary.json"), `${JSON.stringify(vocabulary.tokens, null, 2)}\n`);
  const known = KnownMolecules.of(taught.map(({ smiles }) => smiles));
  await writeFile(join(out, "known.bloom"), known.bytes);

  const parts = { decoder: gptDecoder(cpuBackend({ threads: 1 }), model, small), vocabulary, known, rdkit };
  const facts = {
    ...{ model, digest, counts, log, taught: taught.length, held: held.length, recipe: { ...recipe, steps } },
    parameters: [...weights.values()].reduce((sum, { data }) => sum + data.length, 0),
    bytes: packModel(small, {}).length + known.bytes.length,
    raw: await sample(parts, { count: quick ? 100 : 1000, constrained: false }),
    under: await sample(parts, { count: quick ? 100 : 3000, constrained: true }),
    control: await controlErrors(parts, quick ? 8 : 30),
    machine: cpus()[0]?.model ?? "an unknown processor",
  };
  await writeFile(join(out, "README.md"), moleculeCard(facts));
};

/** What was read, kept beside the checkpoints: RDKit needs minutes for it, and a training that goes on should not. */
async function prepared(file: string, read: () => Promise<MoleculeData>): Promise<MoleculeData> {
  const kept = await readFile(file, "utf8").catch(() => undefined);
  if (kept !== undefined) return JSON.parse(kept) as MoleculeData;
  const data = await read();
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(data));
  return data;
}

interface Course {
  readonly taught: readonly Lesson[];
  readonly held: readonly Lesson[];
  readonly steps: number;
  readonly folder: string;
}
export interface LogLine {
  readonly step: number;
  readonly loss: number;
  readonly seconds: number;
}

async function learn(
  model: GptConfig,
  vocabulary: MoleculeVocabulary,
  { taught, held, steps, folder }: Course,
): Promise<{ weights: Weights; log: LogLine[] }> {
  const { batch, length, seed } = recipe;
  await mkdir(folder, { recursive: true });
  const backend = cpuBackend({ threads: 1 });
  const parameters = toParameters(backend, initialGpt(model, seededRandom(seed)));
  const windows = moleculeWindows(held, vocabulary, { batch: 16, length, seed: 7 });
  const task = languageTask({
    backend,
    config: model,
    parameters,
    loader: moleculeWindows(taught, vocabulary, { batch, length, seed }),
    batch,
    length,
    evaluation: Array.from({ length: 10 }, () => windows.next()),
    seed,
  });
  let best: Weights | undefined;
  const logFile = join(folder, "log.json");
  const log = JSON.parse(await readFile(logFile, "utf8").catch(() => "[]")) as LogLine[];
  const before = log.at(-1)?.seconds ?? 0;
  const began = performance.now();
  const found = await loadCheckpoint(folder, { config: model });
  const options = {
    steps,
    accumulate: 1,
    learningRate: recipe.learningRate,
    finalRate: 0.02,
    warmup: Math.min(recipe.warmup, steps >> 2),
    schedule: "cosine" as const,
    weightDecay: 0.05,
    beta1: 0.9,
    beta2: 0.98,
    clip: 1,
    evaluateEvery: 200,
    patience: 0,
    checkpointEvery: 200,
    seed,
  };
  const events: AsyncGenerator<TrainEvent> = trainTask(task, options, {
    now: () => performance.now(),
    energy: energyMeter(),
    best: (weights) => {
      best = weights;
    },
    save: ({ step, weights, optimiser, state }) => saveCheckpoint(folder, step, { weights, optimiser, state, config: model }),
    ...(found && {
      resume: { step: found.step, weights: found.weights, optimiser: found.optimiser, state: found.state as never },
    }),
  });
  for await (const event of events) {
    if (event.type === "step" && event.step % 50 === 0)
      console.log(event.step, event.loss.toFixed(3), `${event.tokensPerSecond.toFixed(0)} tokens/s`);
    if (event.type === "evaluation") {
      log.push({ step: event.step, loss: event.loss, seconds: before + (performance.now() - began) / 1000 });
      await writeFile(logFile, JSON.stringify(log));
      console.log(`evaluation ${event.step}: ${event.loss.toFixed(4)} nats a token`);
    }
  }
  best ??= await toWeights(parameters); // one that goes on at its end evaluates no more
  freeParameters(parameters);
  backend.close();
  return { weights: best, log };
}

/** A fiftieth of the molecules, drawn by the seed, is held out. */
function split(lessons: readonly Lesson[]): { taught: Lesson[]; held: Lesson[] } {
  const random = seededRandom(recipe.seed);
  const [taught, held]: [Lesson[], Lesson[]] = [[], []];
  for (const lesson of lessons) (random() < recipe.held ? held : taught).push(lesson);
  return { taught, held };
}
