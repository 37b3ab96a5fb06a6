/**
 * Trains both models of the melody creator. Each keeps its best weights in `work` and is not trained again where they are, so that a training that was cut off
 * loses one of them at most.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type GptConfig,
  GptConfigSchema,
  gptDecoder,
  quantise,
  type SeededRandom,
  seededRandom,
  type Weights,
} from "@inkseal/lab";
import { cpuBackend, loadModel, saveCompressed, saveModel } from "@inkseal/lab/node";
import { vocab } from "../src/melody/chorale/vocabulary.ts";
import { tuneVocab } from "../src/melody/tune/vocabulary.ts";
import { type CardPart, card } from "./melody/card.ts";
import { choraleRows, readChorales } from "./melody/chorale-data.ts";
import { nllPerFrame } from "./melody/chorale-nll.ts";
import { type Fitted, fit } from "./melody/fit.ts";
import { countForms } from "./melody/forms.ts";
import { readTunes, tunebooks, tuneRows } from "./melody/tune-data.ts";
import type { Train } from "./run.ts";

const shape = { kind: "gpt", context: 384, layers: 4, width: 96, heads: 4, hidden: 256 } as const;

interface Stage {
  readonly name: string;
  readonly config: GptConfig;
  readonly draw: (random: SeededRandom, length: number) => Int32Array;
  readonly held: readonly Int32Array[];
  readonly batch: number;
  readonly steps: number;
  readonly learningRate: number;
}

export const train: Train = async ({ quick, data, out, work }) => {
  const music = join(data, "music");
  const folder = (name: string): string => join(work, quick ? "quick" : "full", name);

  /** Trains a stage, or takes what it left. */
  async function run(stage: Stage): Promise<{ weights: Weights; log: Omit<Fitted, "weights"> }> {
    const kept = folder(stage.name);
    const logFile = join(kept, "fit.json");
    if (!existsSync(logFile)) {
      await mkdir(kept, { recursive: true });
      const steps = quick ? 8 : stage.steps;
      const { weights: _, ...log } = await fit({
        ...stage,
        ...{ steps, evaluateEvery: Math.max(1, Math.floor(steps / 16)), weightDecay: 0.1, seed: 1 },
        best: (weights) => saveModel(kept, { config: stage.config, weights }),
      });
      await writeFile(logFile, JSON.stringify(log));
    }
    return { weights: (await loadModel(kept)).weights, log: JSON.parse(await readFile(logFile, "utf8")) };
  }
  async function save(name: string, config: GptConfig, weights: Weights): Promise<void> {
    await saveCompressed(join(out, name), { config, weights: quantise(weights, { bits: 8 }), made: "int8" });
  }
  const rowsOf = (draw: Stage["draw"], count: number): Int32Array[] => {
    const random = seededRandom(9);
    return Array.from({ length: count }, () => draw(random, shape.context));
  };

  const chorales = await readChorales(music);
  const choraleConfig = GptConfigSchema.parse({ ...shape, vocab, dropout: 0.15 });
  const sung = await run({
    ...{
      name: "chorales",
      config: choraleConfig,
      draw: choraleRows(chorales.train, 0.6),
      held: rowsOf(choraleRows(chorales.valid, 0.5), 48),
    },
    ...{ batch: 6, steps: 700, learningRate: 3e-3 },
  });
  await save("chorales", choraleConfig, sung.weights);

  const tunes = await readTunes(music);
  const tuneConfig = GptConfigSchema.parse({ ...shape, vocab: tuneVocab, dropout: 0.1 });
  const played = { config: tuneConfig, draw: tuneRows(tunes.train), held: rowsOf(tuneRows(tunes.held), 32), batch: 8 };
  const heard = await run({ ...played, name: "tunes", steps: 900, learningRate: 3e-3 });
  await save("tunes", tuneConfig, heard.weights);
  await writeFile(join(out, "tunes", "forms.json"), JSON.stringify(countForms(tunes.train)));

  const backend = cpuBackend({ threads: 1 });
  const nll = async (split: "valid" | "test"): Promise<number> => {
    const { config, weights } = await loadModel(join(out, "chorales"));
    const decoder = gptDecoder(backend, config as GptConfig, weights);
    const { nats } = nllPerFrame(decoder, chorales[split]);
    decoder.close();
    return nats;
  };
  const parts: CardPart[] = [
    {
      name: "chorales",
      config: choraleConfig,
      logs: [sung.log],
      batch: 6,
      rate: "3e-3",
      nats: [await nll("valid"), await nll("test")],
    },
    { name: "tunes", config: tuneConfig, logs: [heard.log], batch: 8, rate: "3e-3" },
  ];
  const digests: [string, string][] = [];
  for (const file of ["jsb-chorales-quarter.json", "jsb-chorales-16th.json", ...tunebooks])
    digests.push([
      file,
      createHash("sha256")
        .update(await readFile(join(music, file)))
        .digest("hex"),
    ]);
  await writeFile(join(out, "README.md"), card({ parts, digests, tunes, chorales }));
  backend.close();
};
