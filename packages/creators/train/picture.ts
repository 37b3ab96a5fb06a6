import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { webpEncoder } from "@inkseal/codec";
import {
  dequantiseAll,
  packModel,
  quantise,
  readSafetensors,
  seededRandom,
  toParameters,
  unpackModel,
  type Weights,
} from "@inkseal/lab";
import { cpuBackend } from "@inkseal/lab/node";
import { colourWords } from "../src/picture/colours.ts";
import { styles } from "../src/picture/controls.ts";
import { enlarge } from "../src/picture/enlarge.ts";
import { type PictureConfig, type PictureModel, pictureModel } from "../src/picture/model.ts";
import { pixelValues } from "../src/picture/paint.ts";
import { tidied } from "../src/picture/tidy.ts";
import { collectWords, Words } from "../src/picture/words.ts";
import { teachAutoencoder } from "./picture/autoencoder.ts";
import { modelCard } from "./picture/card.ts";
import { teachDual } from "./picture/dual.ts";
import { teachFlow } from "./picture/flow.ts";
import { encodeAll, type Latents } from "./picture/latents.ts";
import type { Stage } from "./picture/lesson.ts";
import { measure, paintPrompts, usual } from "./picture/measure.ts";
import { prompts } from "./picture/prompts.ts";
import { contactSheet } from "./picture/sheet.ts";
import { split, type TrainingSet, trainingSet } from "./picture/training-set.ts";
import type { Train } from "./run.ts";

const seed = 1;
export const recipe = {
  autoencoder: { size: { latent: 12, fine: 64, coarse: 128 }, batch: 16, stages: [{ steps: 3000, rate: 1.5e-3 }] },
  dual: { size: { width: 64, embedding: 128 }, batch: 96, stages: [{ steps: 900, rate: 1.5e-3 }] },
  /** Forms of each picture that are encoded: with its own colours, and with others. */
  forms: { plain: 4, hued: 2 },
  flow: {
    size: { latent: 12, width: 512, layers: 4, hidden: 1024, vector: 128 },
    batch: 128,
    stages: [
      { steps: 2158, rate: 1.2e-3, forms: { still: 0.46, moved: 0.32, hued: 0.22 } },
      { steps: 3200, rate: 1.1e-3, forms: { still: 0.75, moved: 0.03, hued: 0.22 } },
      { steps: 800, rate: 0.8e-3, forms: { still: 0.78, moved: 0.02, hued: 0.2 } },
    ],
  },
};

/** Trains the three networks one after another, packs them in int8, measures them and writes card and contact sheet. */
export const train: Train = async ({ quick, out, work }) => {
  const logs = join(work, quick ? "quick" : "full");
  const set = await trainingSet(work);
  const list = vocabulary(set);
  const words = new Words(list);
  const backend = cpuBackend({ threads: 1 });
  const { train: known, held } = split(set);
  const short = <S extends Stage>(stages: readonly S[]): readonly S[] =>
    quick ? stages.map((s) => ({ ...s, steps: 8 })) : stages;

  const r = recipe;
  await once(logs, "autoencoder", () =>
    teachAutoencoder(backend, set, { ...r.autoencoder, stages: short(r.autoencoder.stages), out: logs, seed }),
  );
  await once(logs, "dual", () =>
    teachDual(backend, set, words, {
      ...r.dual,
      size: { ...r.dual.size, words: words.size },
      stages: short(r.dual.stages),
      out: logs,
      seed: seed + 1,
    }),
  );
  const encoder = toParameters(backend, await weightsOf(logs, "autoencoder"));
  const random = seededRandom(seed + 10);
  const grids = (pictures: typeof known): Latents =>
    encodeAll(backend, encoder, set, { pictures, latent: r.autoencoder.size.latent, ...r.forms, random });
  const latents = { train: grids(quick ? known.slice(0, 64) : known), held: grids(quick ? held.slice(0, 64) : held) };
  const flow = { ...r.flow.size, words: words.size, styles: styles.length };
  await once(logs, "flow", () =>
    teachFlow(
      backend,
      { set, words, ...latents },
      { ...r.flow, size: flow, stages: short(r.flow.stages), out: logs, seed: seed + 4 },
    ),
  );

  const { mean, deviation } = latents.train;
  const dual = { ...r.dual.size, words: words.size };
  const config: PictureConfig = {
    kind: "inkseal-picture",
    styles: [...styles],
    autoencoder: r.autoencoder.size,
    flow,
    dual,
    mean: [...mean],
    deviation: [...deviation],
  };
  await pack({ out, logs, config, list, set, backend });
};
/** The words of what is trained on, and of colours. */
export const vocabulary = ({ concepts }: TrainingSet): string[] =>
  collectWords([
    ...concepts.filter((c) => !c.held).map((c) => [...c.names.en, ...c.names.zh, ...c.names.hant]),
    ...Object.values(colourWords),
  ]);

interface Packing {
  readonly out: string;
  readonly logs: string;
  readonly config: PictureConfig;
  readonly list: readonly string[];
  readonly set: TrainingSet;
  readonly backend: ReturnType<typeof cpuBackend>;
}
/** Weights, card and sheet from what lies in `logs`. */
export async function pack({ out, logs, config, list, set, backend }: Packing): Promise<void> {
  const parts = ["autoencoder", "flow", "dual"] as const;
  const all: Weights = new Map(
    (
      await Promise.all(
        parts.map(async (part) =>
          [...(await weightsOf(logs, part))].map(([name, value]) => [`${part}/${name}`, value] as const),
        ),
      )
    ).flat(),
  );
  // tables of words bear four bits, everything else has eight
  const tables = (only: boolean): Weights => new Map([...all].filter(([name]) => name.endsWith("words") === only));
  const packed = packModel(new Map([...quantise(tables(false), { bits: 8 }), ...quantise(tables(true), { bits: 4 })]));
  await mkdir(out, { recursive: true });
  await writeFile(join(out, "model.packed.safetensors"), packed);
  await writeFile(join(out, "words.txt"), `${list.join("\n")}\n`);
  await writeFile(join(out, "config.json"), `${JSON.stringify(config)}\n`);

  const model = pictureModel(config, new Words(list), dequantiseAll(unpackModel(packed).weights), backend);
  const measured = measure(model, set);
  const count = (part: string): number =>
    [...all].reduce((n, [name, value]) => n + (name.startsWith(`${part}/`) ? value.data.length : 0), 0);
  const card = await modelCard({
    ...{ logs, set, words: list.length, bytes: packed.length, seed, recipe, measured },
    parameters: { autoencoder: count("autoencoder"), flow: count("flow"), dual: count("dual") },
  });
  await writeFile(join(out, "README.md"), card);
  await writeFile(join(out, "sheet.webp"), await sheetOf(model));
}
/** The 64 prompts in rows of eight, one picture each, failures and all. */
export async function sheetOf(model: PictureModel): Promise<Uint8Array> {
  const pictures = paintPrompts(model, prompts, usual);
  const large = prompts.map((_, i) =>
    enlarge(tidied(pictures.subarray(i * pixelValues, (i + 1) * pixelValues), 64), 64, { size: 128 }),
  );
  return webpEncoder().encode(contactSheet(large, 128, 8), 80);
}
/** Skips what an earlier run finished: a training that was cut short goes on with the next part. */
async function once(folder: string, name: string, teach: () => Promise<void>): Promise<void> {
  const done = join(folder, `${name}.done`);
  if (existsSync(done)) return;
  await teach();
  await writeFile(done, "");
}
const weightsOf = async (folder: string, name: string): Promise<Weights> =>
  readSafetensors(new Uint8Array(await readFile(join(folder, `${name}.safetensors`)))).weights;
