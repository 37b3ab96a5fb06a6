import {
  type Random,
  scope,
  seededRandom,
  Tensor,
  toParameters,
  untracked,
  type WasmBackend,
  type Weights,
} from "@inkseal/lab";
import { grid } from "../../src/picture/autoencoder.ts";
import { styles } from "../../src/picture/controls.ts";
import { type FlowSize, flowLoss, initialFlow, type Wish } from "../../src/picture/flow.ts";
import type { Words } from "../../src/picture/words.ts";
import { caption } from "./captions.ts";
import type { Latents } from "./latents.ts";
import { type Stage, teach } from "./lesson.ts";
import type { TrainingSet } from "./training-set.ts";

export interface FlowCourse {
  readonly size: FlowSize;
  readonly batch: number;
  readonly stages: readonly (Stage & { readonly forms: Forms })[];
  readonly out: string;
  readonly seed: number;
  /** Goes on from there. */
  readonly from?: Weights;
}
export interface Lessons {
  readonly set: TrainingSet;
  readonly words: Words;
  readonly train: Latents;
  readonly held: Latents;
}
/** One grid in this many is learnt without words, for guidance. */
const wordless = 0.1;

/** How often a picture is learnt as it is, mirrored and shifted, and in other colours. */
export interface Forms {
  readonly still: number;
  readonly moved: number;
  readonly hued: number;
}
/** Grids with what one may say of them. Of the six forms of a picture the first is as it is, the last two are recoloured. */
function drawLesson(
  { set, words }: Lessons,
  { grids, of }: Latents,
  latent: number,
  forms: Forms,
  count: number,
  random: Random,
) {
  const width = grid * grid * latent;
  const data = new Float32Array(count * width);
  const wishes: Wish[] = [];
  while (wishes.length < count) {
    const first = 6 * Math.floor((random() * of.length) / 6);
    const draw = random();
    const form =
      draw < forms.still ? 0 : draw < forms.still + forms.moved ? 1 + Math.floor(3 * random()) : 4 + Math.floor(2 * random());
    const { concept, style, colour, recoloured } = of[first + form]!;
    data.set(grids.subarray((first + form) * width, (first + form + 1) * width), wishes.length * width);
    const told = recoloured || random() < 0.3 ? colour : undefined;
    const text = random() < wordless ? "" : caption(set.concepts[concept]!, told, recoloured, random);
    wishes.push({ words: words.read(text).tokens, style: styles.indexOf(style as (typeof styles)[number]) });
  }
  return { data, wishes };
}
export async function teachFlow(backend: WasmBackend, lessons: Lessons, course: FlowCourse): Promise<void> {
  const { size, batch, stages, out, seed } = course;
  const parameters = toParameters(backend, course.from ?? initialFlow(size, seededRandom(seed)));
  const loss = (of: Latents, forms: Forms, count: number, random: Random): Tensor => {
    const { data, wishes } = drawLesson(lessons, of, size.latent, forms, count, random);
    return flowLoss(size, parameters, Tensor.from(backend, data, [count, grid, grid, size.latent]), wishes, random);
  };
  const evaluate = (): number => {
    const random = seededRandom(7);
    let sum = 0;
    for (let i = 0; i < 3; i++)
      sum += scope(() => untracked(() => loss(lessons.held, stages[0]!.forms, 128, random))).valuesSync()[0]! / 3;
    return sum;
  };
  await teach(
    { parameters, batch, loss: (random, stage) => loss(lessons.train, stages[stage]!.forms, batch, random), evaluate },
    { name: "flow", out, stages, seed, weightDecay: 0.01, evaluations: 24 },
  );
}
