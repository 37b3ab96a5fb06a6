/** Training speed of a 1.5 M-parameter character model. Argument: steps (40). Prints `{ parameters, tokensPerSecond }`, from the median step. */
import {
  evaluationWindows,
  GptConfigSchema,
  gptShapes,
  initialGpt,
  languageTask,
  memoryTokens,
  mixedLoader,
  seededRandom,
  size,
  toParameters,
  train,
} from "@inkseal/lab";
import { cpuBackend, energyMeter } from "@inkseal/lab/node";
import { median } from "./table.ts";

const steps = Number(process.argv[2] ?? 40);
const model = GptConfigSchema.parse({ kind: "gpt", vocab: 128, context: 128, layers: 5, width: 160, heads: 5, hidden: 432 });
const batch = 16;
const random = seededRandom(1);
const source = memoryTokens(Uint16Array.from({ length: 200_000 }, () => random.below(model.vocab)));
const backend = cpuBackend();
const task = languageTask({
  backend,
  config: model,
  parameters: toParameters(backend, initialGpt(model, random)),
  loader: mixedLoader({ sources: [{ source, weight: 1 }], batch, length: model.context, seed: 1 }),
  batch,
  length: model.context,
  evaluation: evaluationWindows(source, { batch: 1, length: model.context, batches: 1 }),
  seed: 1,
});
const speeds: number[] = [];
const options = {
  ...{
    steps,
    seed: 1,
    learningRate: 1e-3,
    finalRate: 0.1,
    accumulate: 1,
    warmup: 10,
    schedule: "cosine" as const,
    weightDecay: 0.1,
  },
  ...{ beta1: 0.9, beta2: 0.99, clip: 1, patience: 0, evaluateEvery: steps, checkpointEvery: steps },
};
for await (const e of train(task, options, { now: () => performance.now(), energy: energyMeter() }))
  if (e.type === "step" && e.step > 3) speeds.push(e.tokensPerSecond);
let parameters = 0;
for (const shape of gptShapes(model).values()) parameters += size(shape);
console.log(JSON.stringify({ parameters, tokensPerSecond: median(speeds) }));
process.exit();
