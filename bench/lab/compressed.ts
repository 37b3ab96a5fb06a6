/** What pruning and distillation cost a trained GPT in nats a character, over the whole validation part of tiny Shakespeare. */
import {
  activationMoments,
  alignGpt,
  evaluationWindows,
  freeParameters,
  type GptConfig,
  GptConfigSchema,
  gptDecoder,
  gptShapes,
  heldOutNats,
  languageTask,
  type MixedWeights,
  memoryTokens,
  mixedLoader,
  packModel,
  prune,
  pruningMasks,
  quantise,
  toParameters,
  toWeights,
  train,
  type Weights,
  zeroKeeper,
  zeroMasks,
} from "@inkseal/lab";
import { cpuBackend, energyMeter } from "@inkseal/lab/node";
import { shakespeare } from "./data.ts";
import { trainSmallGpt } from "./small-gpt.ts";

export interface CompressedRow {
  readonly name: string;
  /** Of the file. */
  readonly bytes: number;
  /** Nats a character. */
  readonly nats: number;
}

interface Model {
  readonly config: GptConfig;
  readonly weights: Weights;
}

/**
 * The model as it is; shares of its linear weights pruned by magnitude and by inputs (Wanda), and two of each four, each before and after `tune` steps with
 * the zeros kept, and in 4 bits; then a student of a quarter of the work, trained for `steps` steps on the text alone and with the model as its teacher.
 */
export async function compressedTable(
  model: Model,
  log: (line: string) => void,
  { tune = 300, steps = 2000, seed = 1 } = {},
): Promise<CompressedRow[]> {
  const { config, weights } = model;
  const data = await shakespeare();
  const length = config.context;
  const windows = Array.from({ length: Math.floor((data.validation.length - 1) / length) }, (_, i) =>
    data.validation.subarray(i * length, (i + 1) * length + 1),
  );
  const backend = cpuBackend();
  const rows: CompressedRow[] = [];
  const add = async (name: string, of: GptConfig, mixed: MixedWeights): Promise<void> => {
    const decoder = gptDecoder(backend, of, mixed);
    const nats = await heldOutNats(decoder, windows);
    decoder.close();
    const row = { name, bytes: packModel(mixed).length, nats };
    rows.push(row);
    log(
      `  ${name.padEnd(34)} ${String(row.bytes).padStart(9)} bytes  ${nats.toFixed(4)} nats  ${(nats - rows[0]!.nats).toFixed(4)}`,
    );
  };
  try {
    await add("as it is", config, weights);
    const calibration = evaluationWindows(memoryTokens(data.train), { batch: 16, length, batches: Math.ceil(1024 / length) });
    const moments = await activationMoments(backend, config, weights, calibration, length);
    for (const [name, options] of [
      ["50 % by magnitude", { share: 0.5 }],
      ["50 % by inputs", { share: 0.5, moments }],
      ["50 % by inputs of a row", { share: 0.5, moments, over: "row" }],
      ["70 % by magnitude", { share: 0.7 }],
      ["70 % by inputs", { share: 0.7, moments }],
      ["2:4 by magnitude", { share: "2:4" }],
      ["2:4 by inputs", { share: "2:4", moments }],
    ] as const) {
      const pruned = prune(weights, pruningMasks(weights, options));
      await add(name, config, pruned);
      const tuned = await finetuned(backend, { config, weights: pruned }, data.train, tune, seed);
      await add(`${name}, ${tune} steps after`, config, tuned);
      const aligned = alignGpt(config, tuned);
      await add(`${name}, ${tune} steps after, int4`, aligned.config, quantise(aligned.weights, { bits: 4 }));
    }
    const student = GptConfigSchema.parse({
      ...config,
      layers: Math.ceil(config.layers / 2),
      width: config.width / 2,
      hidden: undefined,
    });
    const count = (of: GptConfig): number => [...gptShapes(of).values()].reduce((n, s) => n + s.reduce((a, b) => a * b, 1), 0);
    log(`  the student has ${count(student)} of ${count(config)} parameters`);
    await add("student, text alone", student, (await trainSmallGpt(data, student, { steps, seed })).weights);
    await add("student, taught", student, (await trainSmallGpt(data, student, { steps, seed, teacher: model })).weights);
    return rows;
  } finally {
    backend.close();
  }
}

async function finetuned(
  backend: ReturnType<typeof cpuBackend>,
  { config, weights }: Model,
  text: Uint16Array,
  steps: number,
  seed: number,
): Promise<Weights> {
  const [batch, length] = [12, config.context];
  const source = memoryTokens(text);
  const parameters = toParameters(backend, weights);
  const zeros = zeroKeeper(parameters, zeroMasks(weights));
  const task = languageTask({
    ...{ backend, config, parameters, batch, length, seed, settle: zeros.settle },
    loader: mixedLoader({ sources: [{ source, weight: 1 }], batch, length, seed }),
    evaluation: evaluationWindows(source, { batch, length, batches: 1 }),
  });
  const options = {
    ...{ steps, seed, learningRate: 3e-4, finalRate: 0.1, accumulate: 1, warmup: 20, schedule: "cosine" as const },
    ...{ weightDecay: 0, beta1: 0.9, beta2: 0.99, clip: 1, patience: 0, evaluateEvery: steps, checkpointEvery: steps },
  };
  for await (const _ of train(task, options, { now: () => performance.now(), energy: energyMeter() }));
  const tuned = await toWeights(parameters);
  zeros.free();
  freeParameters(parameters);
  return tuned;
}
