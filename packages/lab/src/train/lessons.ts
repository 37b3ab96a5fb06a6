import { InksealError } from "@inkseal/core";
import { bertClassLoss, bertLoss, type TokenRows } from "../models/bert.ts";
import { clipLoss } from "../models/clip.ts";
import type { BertConfig, DiffusionConfig, GanConfig, ModelConfig, VaeConfig, VitConfig } from "../models/config.ts";
import { diffusionLoss } from "../models/diffusion.ts";
import { classConditions, criticLoss, ganSizes, generatorLoss, sampleGan } from "../models/gan.ts";
import { rowChooser } from "../models/gan-table.ts";
import { tableLayout } from "../models/table-transform.ts";
import { elbo, vaeLoss } from "../models/vae.ts";
import { vitLoss } from "../models/vit.ts";
import { restartCodes, vqElbo, vqLoss } from "../models/vq.ts";
import { type Backend, flatten as flat, Tensor } from "../tensor/index.ts";
import type { Random } from "../weights.ts";
import type { Lesson } from "./lesson.ts";
import { slicedDistance } from "./sliced-distance.ts";

/** Examples in memory, one after the other; which of these there are depends on the kind of model. It survives a structured clone. */
export interface LessonData {
  /** [count, H, W, C], 0 to 255. */
  readonly pictures?: Uint8Array;
  readonly labels?: Int32Array;
  /** Encoded table rows, [count, width]. */
  readonly rows?: Float32Array;
  /** Those rows that training may choose for conditions, by their numbers. */
  readonly chosen?: Int32Array;
  /** [count, length], padded with −1. */
  readonly tokens?: { readonly ids: Int32Array; readonly length: number };
}

/** How a model of any kind but gpt learns from its examples. Throws `cannot-do` for a gpt, which reads windows of a text. */
export function lessonOf(model: ModelConfig, data: LessonData, backend: Backend): Lesson {
  switch (model.kind) {
    case "vae":
      return model.codes === undefined ? vaeLesson(model, data, backend) : vqLesson(model, data, backend);
    case "gan":
      return ganLesson(model, data, backend);
    case "diffusion":
      return diffusionLesson(model, data, backend);
    case "vit":
      return vitLesson(model, data, backend);
    case "bert":
      return bertLesson(model, data);
    case "gpt":
      throw new InksealError("cannot-do", "a gpt learns from windows of a text, not from examples");
  }
}

/** Codes without use are looked for every so many steps. */
const restartEvery = 20;
/** Examples by which a GAN's distance from the data is told. */
const crowd = 1000;

function vaeLesson(c: VaeConfig, data: LessonData, backend: Backend): Lesson {
  const batch = (examples: Int32Array): Tensor =>
    c.columns === undefined
      ? flat(pictures(c, data, backend, examples, [0, 1]))
      : rows(tableLayout(c.columns).width, data, backend, examples);
  return {
    loss: (p, examples, { random }) => vaeLoss(c, p, batch(examples), random),
    judge: (p, examples, random) => -mean(elbo(c, p, batch(examples), random)),
    separate: true,
    tokens: 1,
  };
}

function vqLesson(c: VaeConfig, data: LessonData, backend: Backend): Lesson {
  const batch = (examples: Int32Array): Tensor => pictures(c, data, backend, examples, [0, 1]);
  return {
    loss: (p, examples) => vqLoss(c, p, batch(examples)),
    judge: (p, examples) => -mean(vqElbo(c, p, batch(examples))),
    before(p, examples, step, random) {
      if ((step - 1) % restartEvery === 0) restartCodes(c, p, batch(examples), random);
    },
    separate: false,
    tokens: 1,
  };
}

function ganLesson(c: GanConfig, data: LessonData, backend: Backend): Lesson {
  const { width, conditions } = ganSizes(c);
  const choose = c.columns === undefined ? undefined : rowChooser(c.columns, data.rows!, data.chosen);
  /** Real examples and what they are on the condition of. A table's are chosen anew, by training by sampling. */
  const batch = (examples: Int32Array, random: Random): { real: Tensor; condition: Tensor | undefined } => {
    if (choose === undefined)
      return {
        real: flat(pictures(c, data, backend, examples, [-1, 1])),
        condition: c.classes === undefined ? undefined : classConditions(backend, labels(data, examples), c.classes),
      };
    const chosen = choose(examples.length, random);
    return {
      real: rows(width, data, backend, chosen.rows),
      condition: conditions === 0 ? undefined : Tensor.from(backend, chosen.conditions, [examples.length, conditions]),
    };
  };
  return {
    loss(p, examples, { random }) {
      return generatorLoss(c, p, examples.length, batch(examples, random).condition, random);
    },
    rival: {
      prefix: "critic.",
      rounds: c.criticSteps,
      loss(p, examples, { random }) {
        const { real, condition } = batch(examples, random);
        return criticLoss(c, p, real, condition, random);
      },
    },
    judge(p, examples, random) {
      const count = examples.length;
      let real: Tensor;
      let condition: Tensor | undefined;
      if (c.columns === undefined) ({ real, condition } = batch(examples, random));
      else {
        real = rows(width, data, backend, examples);
        condition = conditions === 0 ? undefined : evenConditions(c, data, backend, examples, random);
      }
      const made = Tensor.from(backend, sampleGan(c, p, count, condition, random), [count, width]);
      return slicedDistance(real, made, random);
    },
    together: crowd,
    separate: false,
    tokens: 1,
  };
}
/** For each row one of its own categories, so that rows made have the shares of the data. */
function evenConditions(c: GanConfig, data: LessonData, backend: Backend, examples: Int32Array, random: Random): Tensor {
  const { width, spans } = tableLayout(c.columns!);
  const choices = spans.filter(({ column }) => c.columns![column]!.type === "category");
  const { conditions } = ganSizes(c);
  const values = new Float32Array(examples.length * conditions);
  examples.forEach((example, i) => {
    const which = Math.floor(random() * choices.length);
    const before = choices.slice(0, which).reduce((sum, { size }) => sum + size, 0);
    const { at, size } = choices[which]!;
    values.set(data.rows!.subarray(example * width + at, example * width + at + size), i * conditions + before);
  });
  return Tensor.from(backend, values, [examples.length, conditions]);
}

const diffusionLesson = (c: DiffusionConfig, data: LessonData, backend: Backend): Lesson => ({
  loss(p, examples, { random }) {
    const known = c.classes === undefined ? undefined : [...labels(data, examples)];
    return diffusionLoss(c, p, pictures(c, data, backend, examples, [-1, 1]), known, random);
  },
  separate: true,
  tokens: 1,
});

function vitLesson(c: VitConfig, data: LessonData, backend: Backend): Lesson {
  const batch = (examples: Int32Array): Tensor => pictures(c, data, backend, examples, [-1, 1]);
  return c.text === undefined
    ? { loss: (p, examples) => vitLoss(c, p, batch(examples), labels(data, examples)), separate: true, tokens: 1 }
    : { loss: (p, examples) => clipLoss(c, p, batch(examples), texts(data, examples)), separate: false, tokens: 1 };
}

function bertLesson(c: BertConfig, data: LessonData): Lesson {
  // dropout only in training, where occasions have numbers above 0
  const options = (number: number) => (number === 0 ? {} : { dropout: { seed: 1, step: number } });
  return {
    loss: (p, examples, { random, number }) =>
      c.classes === undefined
        ? bertLoss(c, p, texts(data, examples), random, options(number))
        : bertClassLoss(c, p, texts(data, examples), labels(data, examples), options(number)),
    separate: true,
    tokens: data.tokens!.length,
  };
}

/** Pictures [B, H, W, C] with values from `low` to `high`. */
function pictures(
  { picture }: Pick<VaeConfig, "picture">,
  data: LessonData,
  backend: Backend,
  examples: Int32Array,
  [low, high]: readonly [number, number],
): Tensor {
  const { height, width, channels } = picture!;
  const each = height * width * channels;
  const values = new Float32Array(examples.length * each);
  const scale = (high - low) / 255;
  examples.forEach((example, i) => {
    for (let j = 0; j < each; j++) values[i * each + j] = low + scale * data.pictures![example * each + j]!;
  });
  return Tensor.from(backend, values, [examples.length, height, width, channels]);
}
function rows(width: number, data: LessonData, backend: Backend, examples: Int32Array): Tensor {
  const values = new Float32Array(examples.length * width);
  examples.forEach((example, i) => {
    values.set(data.rows!.subarray(example * width, (example + 1) * width), i * width);
  });
  return Tensor.from(backend, values, [examples.length, width]);
}
const labels = (data: LessonData, examples: Int32Array): Int32Array => examples.map((example) => data.labels![example]!);
/** Rows of tokens without the padding that all of them have. */
function texts({ tokens }: LessonData, examples: Int32Array): TokenRows {
  const { ids, length } = tokens!;
  const own = Array.from(examples, (example) => ids.subarray(example * length, (example + 1) * length));
  const T = Math.max(1, ...own.map((row) => row.findLastIndex((token) => token >= 0) + 1));
  const flat = new Int32Array(examples.length * T);
  own.forEach((row, i) => {
    flat.set(row.subarray(0, T), i * T);
  });
  return { tokens: flat, shape: [examples.length, T] };
}
const mean = (list: Float32Array): number => list.reduce((a, b) => a + b, 0) / list.length;
