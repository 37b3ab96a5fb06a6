import {
  add,
  fillNormal,
  type Random,
  scale,
  scope,
  seededRandom,
  type Tensor as T,
  Tensor,
  toParameters,
  untracked,
  type WasmBackend,
} from "@inkseal/lab";
import { type AutoencoderSize, decode, drawingLoss, encode, initialAutoencoder } from "../../src/picture/autoencoder.ts";
import { drawChange, writeChanged } from "./augment.ts";
import { type Stage, teach } from "./lesson.ts";
import { type Drawn, side } from "./rasters.ts";
import { split, type TrainingSet } from "./training-set.ts";

const values = side * side * 4;
/** What the decoder is told to bear: deviation of the noise on places whose numbers have deviation 1. */
const noise = 0.25;

export interface AutoencoderCourse {
  readonly size: AutoencoderSize;
  readonly batch: number;
  readonly stages: readonly Stage[];
  readonly out: string;
  readonly seed: number;
}
export async function teachAutoencoder(backend: WasmBackend, set: TrainingSet, course: AutoencoderCourse): Promise<void> {
  const { size, batch, stages, out, seed } = course;
  const { train, held } = split(set);
  const parameters = toParameters(backend, initialAutoencoder(size, seededRandom(seed)));
  const pick = (pictures: readonly Drawn[], count: number, random: Random): Tensor => {
    const data = new Float32Array(count * values);
    for (let i = 0; i < count; i++) {
      const drawn = pictures[Math.floor(random() * pictures.length)]!;
      const { mirror } = set.concepts[drawn.concept]!;
      writeChanged(drawn.pixels, drawChange(random, { mirror, hues: 0.3 }), data, i * values);
    }
    return Tensor.from(backend, data, [count, side, side, 4]);
  };
  const loss = (pictures: Tensor, random: Random): T => {
    const z = encode(parameters, pictures);
    const off = Tensor.from(backend, fillNormal(random, new Float32Array(z.size)), z.shape);
    return drawingLoss(decode(parameters, add(z, scale(off, noise))), pictures);
  };
  const evaluate = (): number => {
    const random = seededRandom(7);
    let sum = 0;
    for (let i = 0; i < 4; i++) sum += scope(() => untracked(() => loss(pick(held, 16, random), random))).valuesSync()[0]! / 4;
    return sum;
  };
  await teach(
    { parameters, batch, loss: (random) => loss(pick(train, batch, random), random), evaluate },
    { name: "autoencoder", out, stages, seed, evaluations: 24 },
  );
}
