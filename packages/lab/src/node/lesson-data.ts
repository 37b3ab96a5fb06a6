import { InksealError } from "@inkseal/core";
import type { ModelConfig } from "../models/config.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { TrainConfig } from "../train/config.ts";
import type { ExampleSource } from "../train/lesson.ts";
import type { LessonData } from "../train/lessons.ts";
import { type Labelled, withLabels } from "./lesson-labels.ts";
import { readTables } from "./lesson-tables.ts";
import { readPairs, readTexts } from "./lesson-texts.ts";
import { openPictures, sharedBytes } from "./pictures.ts";

/** The examples of a training, and the model with all that they say of it: classes, columns, vocabulary. */
export interface Examples {
  readonly model: ModelConfig;
  readonly data: LessonData;
  readonly sources: readonly ExampleSource[];
  /** Tokens of an example; 1 where it has none. */
  readonly length: number;
  readonly tokenizer?: Tokenizer;
}
/** Told the model as soon as it is known and, of pictures, the bytes that they will take: throws when that is too large. */
export type Check = (model: ModelConfig, length: number, bytes: number) => void;

/** Reads `config.data` for a model of any kind but gpt. `model`: the configuration's, or that of the folder it starts from, whose classes and columns stay. */
export async function readExamples(
  config: TrainConfig,
  model: ModelConfig,
  given: Tokenizer | undefined,
  check: Check,
): Promise<Examples> {
  if (model.kind === "bert") return readTexts(config, model, given, check);
  if (model.kind === "vit" && model.text !== undefined) return readPairs(config, model, given, check);
  if ("columns" in model && model.columns !== undefined) return readTables(config, model, model.columns, check);
  return readPictures(config, model as Pictured, check);
}
type Pictured = Exclude<ModelConfig, { kind: "gpt" | "bert" }>;

async function readPictures(config: TrainConfig, start: Pictured, check: Check): Promise<Examples> {
  const opened = await Promise.all(config.data.map(({ path }) => openPictures(path)));
  const wanted = start.kind === "vit" || ("classes" in start && start.classes !== undefined);
  let model = start;
  let labels: Int32Array | undefined;
  if (wanted) {
    for (const [i, { classes }] of opened.entries())
      if (classes === undefined)
        throw new InksealError("bad-request", `${config.data[i]!.path} has no folders of classes, and no labels`, {
          param: "data",
        });
    const named = withLabels(start as Labelled, [...new Set(opened.flatMap(({ classes }) => [...classes!]))]);
    model = named.model as Pictured;
    labels = Int32Array.from(
      opened.flatMap((o, i) => Array.from(o.labels!, (label) => named.numberOf(o.classes![label]!, config.data[i]!.path))),
    );
  }
  const size = model.picture!;
  const each = size.height * size.width * size.channels;
  if (size.channels !== 1 && size.channels !== 3)
    throw new InksealError("bad-request", `pictures are read with 1 channel or 3, not ${size.channels}`, {
      param: "model.picture.channels",
    });
  const total = opened.reduce((sum, { count }) => sum + count, 0);
  check(model, 1, total * each);
  const pictures = sharedBytes(total * each);
  let at = 0;
  for (const source of opened) {
    await source.read(size, pictures.subarray(at, (at += source.count * each)));
  }
  const sources = opened.map(({ count }, i) => ({ count, weight: config.data[i]!.weight }));
  return { model, data: { pictures, ...(labels && { labels }) }, sources, length: 1 };
}
