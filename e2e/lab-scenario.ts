import {
  type Backend,
  constrain,
  evaluationWindows,
  type GptConfig,
  GptConfigSchema,
  generate,
  gptDecoder,
  initialGpt,
  languageTask,
  type MixedWeights,
  memoryTokens,
  mixedLoader,
  quantise,
  readSafetensors,
  readTokenizerJson,
  regex,
  seededRandom,
  toParameters,
  toWeights,
  train,
  type WasmBackend,
  type Weights,
} from "@inkseal/lab";

/** What a page and Node do alike, so that their answers can be compared. */

/** A model as it lies on a disk. */
export interface ModelFiles {
  readonly safetensors: Uint8Array;
  readonly tokenizer: unknown;
  readonly config: unknown;
}
export interface Continued {
  readonly plain: readonly number[];
  readonly int8: readonly number[];
  /** A date, because a grammar says so. */
  readonly constrained: string;
}

/** Greedy continuations of one prompt: as trained, with weights of 8 bits, and under a constraint. */
export async function continued(backend: WasmBackend, files: ModelFiles): Promise<Continued> {
  const { weights } = readSafetensors(files.safetensors);
  const tokenizer = readTokenizerJson(files.tokenizer);
  const config = GptConfigSchema.parse(files.config);
  const vocabulary = Array.from({ length: tokenizer.vocab }, (_, id) => tokenizer.token(id));
  const end = tokenizer.encode("\n")[0]!;
  async function tokens(from: MixedWeights, constrained: boolean): Promise<number[]> {
    const decoder = gptDecoder(backend, config, from);
    const maxTokens = constrained ? 12 : 40;
    const hooks = constrained ? [constrain(regex("[0-9]{4}-[0-9]{2}"), vocabulary, end, maxTokens)] : [];
    const options = { sampling: { temperature: 0 }, maxTokens, hooks, ...(constrained && { stopTokens: [end] }) };
    const made: number[] = [];
    for await (const step of generate(decoder, [tokenizer.encode("On this day ")], options))
      for (const { token } of step) made.push(token);
    decoder.close();
    return made;
  }
  return {
    plain: await tokens(weights, false),
    int8: await tokens(quantise(weights, { bits: 8 }), false),
    constrained: tokenizer.decode(await tokens(weights, true)),
  };
}

/** Trains a model on tokens with AdamW, clipping and dropout: the loss of each step and of the evaluation after the last, and the weights. */
export async function taught(
  backend: Backend,
  { config, tokens, steps }: Lesson,
): Promise<{ losses: number[]; weights: Weights }> {
  const source = memoryTokens(Uint16Array.from(tokens));
  const [batch, length] = [4, config.context];
  const parameters = toParameters(backend, initialGpt(config, seededRandom(5)));
  const task = languageTask({
    ...{ backend, config, parameters, batch, length, seed: 1 },
    loader: mixedLoader({ sources: [{ source, weight: 1 }], batch, length, seed: 1 }),
    evaluation: evaluationWindows(source, { batch, length, batches: 2 }),
  });
  const options = {
    ...{ steps, seed: 1, learningRate: 1e-2, finalRate: 0.1, accumulate: 2, warmup: 2, schedule: "cosine" as const },
    ...{ weightDecay: 0.1, beta1: 0.9, beta2: 0.99, clip: 1, patience: 0, evaluateEvery: steps, checkpointEvery: steps },
  };
  const losses: number[] = [];
  for await (const event of train(task, options, { now: () => 0, energy: { joules: () => 0, source: "none" } }))
    if (event.type === "step" || event.type === "evaluation") losses.push(event.loss);
  return { losses, weights: await toWeights(parameters) };
}
interface Lesson {
  readonly config: GptConfig;
  readonly tokens: readonly number[];
  readonly steps: number;
}

/** The losses of ten steps. */
export async function losses(backend: Backend): Promise<number[]> {
  const config = GptConfigSchema.parse({
    ...{ kind: "gpt", vocab: 40, context: 24, layers: 2, width: 32, heads: 4, kvHeads: 2, hidden: 48, dropout: 0.1 },
  });
  const random = seededRandom(6);
  const tokens = Array.from({ length: 4000 }, (_, i) => (i % 7 === 0 ? random.below(40) : (i * 3) % 40));
  return (await taught(backend, { config, tokens, steps: 10 })).losses;
}
