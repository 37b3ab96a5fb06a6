/** The melody creator with random weights: whatever it plays, its rules must hold. */
import { type BriefInput, type Chunk, type Plan, parseBrief } from "@inkseal/core";
import { GptConfigSchema, initialGpt, seededRandom, writeSafetensors } from "@inkseal/lab";
import { cpuBackend } from "@inkseal/lab/node";
import type { Maker, Place } from "../src/creator.ts";
import { vocab } from "../src/melody/chorale/vocabulary.ts";
import { melody } from "../src/melody/index.ts";
import type { MelodyJob } from "../src/melody/job.ts";
import { tuneVocab } from "../src/melody/tune/vocabulary.ts";

export const planOf = (input: BriefInput, seed?: number): Plan => ({
  kind: "plan",
  version: 1,
  brief: parseBrief(input),
  engine: {
    name: "melody",
    place: "embedded",
    tasks: melody.tasks,
    models: async () => melody.models,
    generate: () => {
      throw new Error("unused");
    },
  },
  model: "inkseal-melody",
  seed,
  warnings: [],
});

/** `context`: short ones make the models forget their beginnings, as long pieces do. */
export function randomMelody(context = 384): Promise<Maker<MelodyJob>> {
  const config = (size: number) => GptConfigSchema.parse({ kind: "gpt", vocab: size, context, layers: 1, width: 32, heads: 2 });
  const files = new Map<string, Uint8Array>();
  for (const [name, size] of [
    ["tunes", tuneVocab],
    ["chorales", vocab],
  ] as const) {
    const weights = new Map(
      [...initialGpt(config(size), seededRandom(3))].map(([n, v]) => [
        n,
        { ...v, data: v.data.map((x) => (n.includes("norm") ? x : 12 * x)) },
      ]),
    );
    files.set(`${name}/config.json`, new TextEncoder().encode(JSON.stringify({ inkseal: config(size) })));
    files.set(`${name}/model.safetensors`, writeSafetensors(weights));
  }
  const place: Place = { read: async (file) => files.get(file), backend: (options = {}) => cpuBackend(options) };
  return melody.open(place);
}

export interface Made {
  readonly text: string;
  readonly file: Uint8Array;
  readonly mediaType: string;
  readonly chunks: readonly Chunk[];
}
export async function makeWith(maker: Maker<MelodyJob>, input: BriefInput, seed = 1): Promise<Made> {
  const job = await melody.jobOf(planOf(input, seed), seed);
  // what a thread is sent is cloned
  const chunks: Chunk[] = [];
  for await (const batch of maker.make(structuredClone(job), new AbortController().signal)) chunks.push(...batch);
  const media = chunks.flatMap((c) => (c.media ? [c.media] : []));
  return {
    text: chunks.map((c) => c.text ?? "").join(""),
    file: media[0]?.bytes ?? new Uint8Array(),
    mediaType: media[0]?.mediaType ?? "text/plain",
    chunks,
  };
}
