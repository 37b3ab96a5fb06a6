import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  BpeTokenizer,
  GptConfigSchema,
  initialGpt,
  type LanguageTaskOptions,
  languageTask,
  quantise,
  readTokenizerJson,
  train as runTrain,
  seededRandom,
  type Tokenizer,
  toParameters,
  type Weights,
} from "@inkseal/lab";
import {
  cpuBackend,
  energyMeter,
  loadCheckpoint,
  loadModel,
  saveCheckpoint,
  saveCompressed,
  saveModel,
} from "@inkseal/lab/node";
import { learntLines } from "../src/code/originals.ts";
import { CodeTokens, marks } from "../src/code/tokens.ts";
import { cardOf } from "./code/card.ts";
import { type DataNote, noteData } from "./code/data-note.ts";
import { measure } from "./code/measure.ts";
import { installedSources, listedPackages, type SourcePackage } from "./code/sources.ts";
import { isHeldOut, isMeasured } from "./code/split.ts";
import { makeWindows, type Windows, windowLoader } from "./code/windows.ts";

const seed = 8;
const vocab = 4096;
const shape = { layers: 4, width: 96, heads: 3, hidden: 256, context: 512 };
const recipe = { batch: 8, length: 256, steps: 2475, learningRate: 4e-3, warmup: 100 };

interface Options {
  readonly quick: boolean;
  readonly out: string;
  readonly work: string;
  /** As many steps as fit into so much time, instead of the recipe's. */
  readonly minutes?: number;
}
/** Trains the code model from what is installed in this repository's node_modules. Goes on from its checkpoint in `work`. */
export async function train({ quick, out, work, minutes }: Options): Promise<void> {
  mkdirSync(work, { recursive: true });
  const packages = installedSources(process.cwd(), listedPackages(out));
  const learnt = packages.filter(({ name }) => !isHeldOut(name));
  const held = packages.filter(({ name }) => isHeldOut(name));
  const tokenizer = await tokenizerOf(textsOf(quick ? learnt.slice(0, 40) : learnt), join(work, "tokenizer.json"));
  const note = noteData(packages, tokenizer.vocab, join(work, "data.json"));
  const { batch, length } = recipe;
  const texts = shuffled(textsOf(quick ? learnt.slice(0, 40) : learnt), seed);
  const windows = kept(join(work, "windows.tokens"), length, () => makeWindows(texts, tokenizer, length, seed));
  const evaluation = batches(makeWindows(textsOf(held), tokenizer, length, seed + 1), batch, quick ? 4 : 24);
  const model = GptConfigSchema.parse({ kind: "gpt", vocab: tokenizer.vocab, ...shape });
  const folder = join(work, "checkpoints");
  const backend = cpuBackend({ threads: 1 });
  const parameters = toParameters(backend, initialGpt(model, seededRandom(seed)));
  const task = languageTask({
    backend,
    config: model,
    parameters,
    loader: windowLoader(windows, batch),
    batch,
    length,
    evaluation,
    seed,
  });
  const options = {
    ...{ accumulate: 1, learningRate: recipe.learningRate, finalRate: 0.03, warmup: recipe.warmup },
    ...{ schedule: "warmup-stable-decay" as const, weightDecay: 0.1, beta1: 0.9, beta2: 0.98, clip: 1 },
    ...{ evaluateEvery: quick ? 30 : 400, patience: 0, checkpointEvery: 100, seed },
  };
  const started = performance.now();
  /** Trains from the newest checkpoint to `steps`, or until the signal; answers the step. */
  async function run(steps: number, signal?: AbortSignal): Promise<number> {
    const found = await loadCheckpoint(folder, { config: model });
    let best: Weights | undefined;
    let reached = found?.step ?? 0;
    const events = runTrain(
      task,
      { ...options, steps },
      {
        now: () => performance.now(),
        energy: energyMeter(),
        best: (weights) => {
          best = weights;
        },
        ...(signal && { signal }),
        ...(found && {
          resume: { step: found.step, weights: found.weights, optimiser: found.optimiser, state: found.state as never },
        }),
        save: (s) =>
          saveCheckpoint(folder, s.step, { weights: s.weights, optimiser: s.optimiser, state: s.state, config: model }),
      },
    );
    for await (const event of events) {
      reached = event.step;
      const line = JSON.stringify({ ...event, seconds: Math.round((performance.now() - started) / 1000) });
      if (event.type !== "step" || event.step % 20 === 0) {
        appendFileSync(join(work, "log.jsonl"), `${line}\n`);
        console.log(line);
      }
      if (event.type === "evaluation" && best !== undefined)
        await saveModel(join(work, "model"), { weights: best, config: model, tokenizer });
    }
    return reached;
  }
  let steps = quick ? 60 : recipe.steps;
  if (minutes !== undefined) {
    // at the full rate for four fifths of the time; the steps that then go down to the end follow from how many there were
    const reached = await run(1_000_000, AbortSignal.timeout(Math.round(minutes * 0.8 * 60_000)));
    steps = Math.max(reached + 1, Math.round(recipe.warmup + (reached - recipe.warmup) / 0.8));
  }
  await run(steps);
  backend.close();

  const { weights: whole } = await loadModel(join(work, "model"));
  const shipped = quantise(whole, { bits: 8 });
  await saveCompressed(out, { config: model, weights: shipped, tokenizer, made: "int8" });
  writeFileSync(join(out, "lines.bin"), learntLines(learnt.map((p) => textsOf([p]))));
  writeFileSync(join(out, "packages.txt"), packagesList(note));
  const tokens = new CodeTokens(tokenizer);
  const measured = measure({
    config: model,
    weights: { whole, shipped },
    tokens,
    held: held.filter(({ name }) => isMeasured(name)),
    learnt: texts,
    each: quick ? 1 : 12,
  });
  const said = { ...shape, vocab: tokenizer.vocab, ...recipe, steps, seed };
  writeFileSync(join(out, "README.md"), cardOf({ data: note, log: join(work, "log.jsonl"), recipe: said, measured }));
}

const packagesList = ({ packages }: DataNote): string =>
  packages.map(({ name, version, licence, held }) => `${name}@${version} ${licence}${held ? " (held out)" : ""}\n`).join("");

/** Windows are made once for a folder: that takes a minute. */
function kept(path: string, length: number, make: () => Windows): Windows {
  if (existsSync(path)) {
    const bytes = new Uint8Array(readFileSync(path));
    const ids = new Uint16Array(bytes.buffer);
    return { ids, count: ids.length / (length + 1), length };
  }
  const made = make();
  writeFileSync(path, new Uint8Array(made.ids.buffer, made.ids.byteOffset, made.ids.byteLength));
  return made;
}

const textsOf = (packages: readonly SourcePackage[]): string[] =>
  packages.flatMap(({ sources }) => sources.map(({ text }) => text));

function batches(windows: Windows, batch: number, count: number): LanguageTaskOptions["evaluation"] {
  const loader = windowLoader(windows, batch);
  return Array.from({ length: count }, () => loader.next());
}
function shuffled<T>(list: readonly T[], by: number): T[] {
  const random = seededRandom(by);
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}
async function tokenizerOf(texts: readonly string[], path: string): Promise<Tokenizer> {
  try {
    return readTokenizerJson(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    const made = BpeTokenizer.train(texts, { vocab, special: marks });
    writeFileSync(path, JSON.stringify(made.json()));
    return made;
  }
}
