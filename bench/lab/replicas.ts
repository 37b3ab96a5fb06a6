/** What a second worker with its own thread is worth in training: a GPT of 4 layers, width 128, on 16 windows of Shakespeare. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GptConfigSchema, initialGpt, seededRandom, TrainConfigSchema, writeTokenFile } from "@inkseal/lab";
import { trainReplicas } from "@inkseal/lab/node";
import { shakespeare } from "./data.ts";
import { median, medianRatio } from "./table.ts";

/** Tokens per second with one worker and with two (medians of the rounds), and the median of the rounds' ratios. */
export async function dataParallelSpeedup(
  log: (line: string) => void,
  { rounds = 5, steps = 25, context = 64 } = {},
): Promise<{ one: number; two: number; ratio: number }> {
  const folder = await mkdtemp(join(tmpdir(), "inkseal-replicas-"));
  try {
    const { train, alphabet } = await shakespeare();
    const file = join(folder, "train.tokens");
    await writeFile(file, writeTokenFile(train, alphabet.length));
    const model = GptConfigSchema.parse({ kind: "gpt", vocab: alphabet.length, context, layers: 4, width: 128, heads: 4 });
    const base = initialGpt(model, seededRandom(1));

    /** Tokens per second of a median step, after the first ones, which compile. */
    const speed = async (replicas: number): Promise<number> => {
      const out = await mkdtemp(join(folder, "run-"));
      const config = TrainConfigSchema.parse({
        model,
        data: [{ path: file }],
        steps,
        batch: 16,
        evaluateEvery: steps,
        evaluateBatches: 1,
        checkpointEvery: steps,
        replicas,
        out,
      });
      const speeds: number[] = [];
      const plan = { config, model, length: context, files: [file], base };
      for await (const event of trainReplicas(plan, { replicas, folder: out, memory: 512 * 2 ** 20 }))
        if (event.type === "step") speeds.push(event.tokensPerSecond);
      return median(speeds.slice(5));
    };

    const one: number[] = [];
    const two: number[] = [];
    for (let round = 0; round < rounds; round++) {
      one.push(await speed(1));
      two.push(await speed(2));
      log(
        `  context ${context}, round ${round + 1}: one worker ${Math.round(one[round]!)} tokens/s, two ${Math.round(two[round]!)}: ${(two[round]! / one[round]!).toFixed(2)} times`,
      );
    }
    return { one: median(one), two: median(two), ratio: medianRatio(two, one) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
