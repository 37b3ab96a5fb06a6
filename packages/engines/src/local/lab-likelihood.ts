import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Likelihood, MeasuredErrors } from "@inkseal/core";
import type { Curvature } from "@inkseal/lab";
import { z } from "zod";
import { Flow } from "./flow.ts";
import type { LabModel } from "./lab-folder.ts";
import type { LabModels } from "./lab-models.ts";

/** Written by `inkseal lab calibrate` beside the model. `people`: the scores of people's texts, ascending. */
const Calibration = z.object({ method: z.string(), measured: MeasuredErrors, people: z.array(z.number()).min(1) });

/** Shorter texts say too little. */
const fewest = 60;
/** A model that tells its own words from people's less often has nothing to say. */
const leastAuc = 0.75;
/** Models that are asked, and characters of a text that they read. */
const most = 4;
const mostCharacters = 8_000;

/** What calibrated models of the Lab think of a text. One that fails is left out. */
export async function likelihoods(
  text: string,
  models: readonly LabModel[],
  loaded: LabModels,
  signal: AbortSignal,
): Promise<readonly Omit<Likelihood, "engine">[]> {
  const all: Omit<Likelihood, "engine">[] = [];
  for (const model of models) {
    if (all.length === most) break;
    const json = await readFile(join(model.path, "likelihood.json"), "utf8").catch(() => undefined);
    if (json === undefined) continue;
    try {
      const { method, measured, people } = Calibration.parse(JSON.parse(json));
      if (measured.auc < leastAuc) continue;
      const found = await judged(text.slice(0, mostCharacters), model, loaded, signal);
      if (found === undefined || found.tokens < fewest) continue;
      const { score, tokens } = found;
      const peopleAsHigh = people.filter((s) => s >= score).length / people.length;
      all.push({ of: "words", model: model.id, method, score: Math.round(score * 100) / 100, peopleAsHigh, tokens, measured });
    } catch {
      // a text with characters that its tokenizer lacks, or weights that are gone
    }
  }
  return all;
}

async function judged(text: string, model: LabModel, loaded: LabModels, signal: AbortSignal): Promise<Curvature | undefined> {
  const job = { prompt: text, judge: true, choices: 1, seed: 0, sampling: greedy, stop: [] } as const;
  const flow = new Flow();
  const work = (leave: AbortSignal): Promise<void> => loaded.use(model, leave, (thread) => thread.run(job, flow, leave));
  let found: Curvature | undefined;
  for await (const chunks of flow.run(work, signal)) for (const { json } of chunks) found = (json ?? undefined) as typeof found;
  return found;
}

const greedy = { temperature: 0, topP: 1, topK: 0, minP: 0 };
